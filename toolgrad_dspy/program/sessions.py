"""Sessions to run, as DSPy examples, and running them.

Sessions run lean: without DSPy's history and traces, which only optimizers read.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import dspy

from toolgrad_dspy.concurrency import gather_or_cancel
from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.program.toolgrad import ToolGrad
from toolgrad_dspy.records import Session


@dataclass(frozen=True, slots=True)
class Tasks:
    """Three sets of sessions of one run seed: training, validation and test tasks never share one."""

    train: list[dspy.Example]
    validation: list[dspy.Example]
    test: list[dspy.Example]


def draw(seed: int, train: int, validation: int, test: int) -> Tasks:
    """Tasks for compiling: each is a session of its own, identified by (seed, index).

    The index decides the mini-batches, the order in which tools are shown and the seed of the tools.
    """
    examples = [
        dspy.Example(seed=seed, index=i).with_inputs("seed", "index") for i in range(train + validation + test)
    ]
    return Tasks(examples[:train], examples[train : train + validation], examples[train + validation :])


async def run_session(program: ToolGrad, seed: int, index: int) -> Session:
    """The session ``index`` of the run seeded by ``seed``; the program's library has to be open.

    >>> from toolgrad_dspy import Library, Models
    >>> from toolgrad_dspy.world import WorldSource
    >>> async def first_session():
    ...     async with Library([WorldSource()]) as library:
    ...         return await run_session(ToolGrad(library, Models.from_environment()), seed=0, index=0)
    >>> asyncio.run(first_session()).status
    'accepted'
    """
    with lean():
        prediction = await program.acall(seed=seed, index=index)
    session: Session = prediction.session
    return session


async def run_sessions(
    program: ToolGrad,
    tasks: Iterable[dspy.Example],
    max_concurrency: int = 64,
    ended: Callable[[Session], None] = lambda session: None,
) -> list[Session]:
    """The sessions of ``tasks``, in their order, at most ``max_concurrency`` at once.

    ``ended`` is called with each session as soon as it has ended. An error that ends one of them cancels the others
    before it is raised.
    """
    gate = asyncio.Semaphore(max_concurrency)

    async def gated(task: dspy.Example) -> Session:
        async with gate:
            session = await run_session(program, task.seed, task.index)
        ended(session)
        return session

    return await gather_or_cancel(gated(task) for task in tasks)
