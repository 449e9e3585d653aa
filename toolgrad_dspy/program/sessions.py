"""Running sessions of a program, lean: without DSPy's history and traces, which only optimizers read."""

import asyncio
from collections.abc import Iterable

import dspy

from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.program.toolgrad import ToolGrad
from toolgrad_dspy.records import Session


async def run_session(program: ToolGrad, seed: int, index: int) -> Session:
    """The session ``index`` of the run seeded by ``seed``."""
    with lean():
        prediction = await program.acall(seed=seed, index=index)
    session: Session = prediction.session
    return session


async def run_sessions(program: ToolGrad, tasks: Iterable[dspy.Example], max_concurrency: int = 64) -> list[Session]:
    """The sessions of ``tasks``, in their order, at most ``max_concurrency`` at once."""
    gate = asyncio.Semaphore(max_concurrency)

    async def one(task: dspy.Example) -> Session:
        async with gate:
            return await run_session(program, task.seed, task.index)

    return list(await asyncio.gather(*(one(task) for task in tasks)))
