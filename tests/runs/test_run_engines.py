"""Every engine keeps the contract of ``runs/engines/base.py``."""

import multiprocessing
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

import pytest

from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import LocalEngine, OpenRun, RunEngine, RunSpec, execute
from toolgrad_dspy.runs.engines.base import Done, Say, Spent, silent
from toolgrad_dspy.runs.engines.conformance import CHECKS, Case, Check, check_engine, small_spec

ENGINES = [
    pytest.param(partial(LocalEngine, 64), id="local 64"),
    pytest.param(partial(LocalEngine, 1), id="local 1", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", ENGINES)
def test_the_engine_keeps_the_contract(make: "partial[RunEngine]", check: Check) -> None:
    check(Case(make))


class Forgetful(LocalEngine):
    """An engine that loses the last session."""

    @asynccontextmanager
    async def open(self, spec: RunSpec, say: Say = silent) -> AsyncIterator[OpenRun]:
        async with super().open(spec, say) as run:
            play = run.run

            async def all_but_the_last(indices: Sequence[int], done: Done, spent: Spent | None = None) -> None:
                await play(list(indices)[:-1], done, spent)

            run.run = all_but_the_last  # type: ignore[method-assign]
            yield run


@pytest.mark.slow
def test_an_engine_that_breaks_a_promise_is_found_out() -> None:
    broken = {finding.check for finding in check_engine(Case(Forgetful))}
    assert {"plays_every_session_once", "gives_the_samples_of_the_local_engine"} <= broken


def play(spec: RunSpec) -> list[Session]:
    sessions: list[Session] = []

    async def main() -> None:
        async with LocalEngine(4).open(spec) as run:
            await run.run(range(spec.n), sessions.append)

    execute(main())
    return sorted(sessions, key=lambda session: session.index)


@pytest.mark.slow
def test_a_spec_gives_the_same_samples_in_another_process() -> None:
    """A spec is data: pickled, it builds the same program on the same tools elsewhere."""
    spec = small_spec()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as elsewhere:
        there = elsewhere.submit(play, spec).result()
    here = play(spec)
    assert [session.sample for session in there] == [session.sample for session in here]
