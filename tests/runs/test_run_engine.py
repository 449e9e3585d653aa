"""What every engine promises, and what the local one does when it is stopped."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.support.scripted_run import CONFIG, TOOLS, make_session, quick
from toolgrad_dspy.errors import ModelError, StoreError
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import LocalEngine, RunEngine, RunStore, Work, execute

ENGINES = [pytest.param(partial(LocalEngine, 1), id="local 1"), pytest.param(partial(LocalEngine, 64), id="local 64")]


def collect(engine: RunEngine, work: Work, indices: Sequence[int]) -> list[int]:
    done: list[int] = []
    execute(engine.run(work, indices, lambda session: done.append(session.index)))
    return done


@pytest.mark.parametrize("make", ENGINES)
def test_every_index_is_worked_on_once(make: Callable[[], RunEngine]) -> None:
    assert sorted(collect(make(), quick, range(100))) == list(range(100))
    assert collect(make(), quick, []) == []


@pytest.mark.parametrize("make", ENGINES)
def test_an_engine_runs_again_on_another_loop(make: Callable[[], RunEngine]) -> None:
    engine = make()
    assert [sorted(collect(engine, quick, indices)) for indices in ([1, 2], [3])] == [[1, 2], [3]]


def test_no_more_sessions_than_allowed_run_at_once() -> None:
    running, most = 0, 0

    async def work(index: int) -> Session:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return make_session(index)

    collect(LocalEngine(5), work, range(40))
    assert most == 5


@pytest.mark.parametrize("error", [ModelError("no credentials"), ZeroDivisionError("a bug")])
@pytest.mark.parametrize("make", ENGINES)
def test_an_error_ends_the_run_once_and_what_ended_before_is_handed_over(
    make: Callable[[], RunEngine], error: Exception
) -> None:
    done: list[int] = []
    cancelled: list[int] = []

    async def work(index: int) -> Session:
        if index < 5:
            return make_session(index)
        if index in (5, 6):
            await asyncio.sleep(0.1)  # by then all have started
            raise error
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            cancelled.append(index)
            raise
        raise AssertionError

    engine = make()
    with pytest.raises(type(error)) as caught:
        execute(engine.run(work, range(20), lambda session: done.append(session.index)))
    assert caught.value is error
    assert done == [0, 1, 2, 3, 4]
    assert cancelled in ([], list(range(7, 20)))
    assert not engine.stopped


def test_an_error_while_storing_ends_the_run() -> None:
    def full(session: Session) -> None:
        raise StoreError("disk full")

    with pytest.raises(StoreError, match="disk full"):
        execute(LocalEngine(8).run(quick, range(100), full))


def test_stop_lets_running_sessions_end() -> None:
    engine = LocalEngine(4, grace=30.0)

    async def work(index: int) -> Session:
        if index == 3:
            engine.stop()
        await asyncio.sleep(0.01)
        return make_session(index)

    assert sorted(collect(engine, work, range(100))) == [0, 1, 2, 3]
    assert engine.stopped


@pytest.mark.parametrize(("grace", "stops"), [(0.01, 1), (60.0, 2)])
def test_sessions_that_do_not_end_in_time_are_cancelled(grace: float, stops: int) -> None:
    engine = LocalEngine(4, grace=grace)

    async def work(index: int) -> Session:
        if index == 3:
            for _ in range(stops):
                engine.stop()
        if index != 1:
            await asyncio.Event().wait()
        return make_session(index)

    assert collect(engine, work, range(4)) == [1]


def test_a_cancelled_run_has_ended_its_sessions() -> None:
    ended: list[int] = []

    async def work(index: int) -> Session:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(index)
        raise AssertionError

    async def main() -> None:
        run = asyncio.create_task(LocalEngine(3).run(work, range(3), lambda session: None))
        await asyncio.sleep(0.01)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    execute(main())
    assert sorted(ended) == [0, 1, 2]


def test_the_loop_has_threads_for_many_calls_in_flight() -> None:
    together = threading.Barrier(64, timeout=20)

    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(together.wait) for _ in range(64)))

    execute(main())


def test_no_concurrency_is_an_error() -> None:
    with pytest.raises(ValueError, match="max_concurrency is 0"):
        LocalEngine(0)


def test_samples_have_the_same_bytes_whatever_the_concurrency(tmp_path: Path) -> None:
    columns = []
    for concurrency in (1, 64):
        folder = tmp_path / str(concurrency)
        with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
            execute(LocalEngine(concurrency).run(quick, range(150), store.save))
        connection = sqlite3.connect(folder / "run.db")
        columns.append(connection.execute('SELECT "index", sample FROM sessions ORDER BY "index"').fetchall())
        connection.close()
    assert len(columns[0]) == 150
    assert columns[0] == columns[1]
