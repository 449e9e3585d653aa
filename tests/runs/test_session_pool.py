"""How many sessions are played at once, and what becomes of them when one fails or the pool is stopped."""

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
from toolgrad_dspy.runs import RunStore, execute
from toolgrad_dspy.runs.engines import SessionPool
from toolgrad_dspy.runs.engines.pool import Play

POOLS = [pytest.param(partial(SessionPool, 1), id="1"), pytest.param(partial(SessionPool, 64), id="64")]


def collect(pool: SessionPool, work: Play, indices: Sequence[int]) -> list[int]:
    done: list[int] = []
    execute(pool.run(work, indices, lambda session: done.append(session.index)))
    return done


@pytest.mark.parametrize("make", POOLS)
def test_every_index_is_worked_on_once(make: Callable[[], SessionPool]) -> None:
    assert sorted(collect(make(), quick, range(100))) == list(range(100))
    assert collect(make(), quick, []) == []


@pytest.mark.parametrize("make", POOLS)
def test_a_pool_runs_again_on_another_loop(make: Callable[[], SessionPool]) -> None:
    pool = make()

    def played(indices: Sequence[int]) -> list[int]:
        pool.ready()
        return sorted(collect(pool, quick, indices))

    assert [played(indices) for indices in ([1, 2], [3])] == [[1, 2], [3]]


@pytest.mark.parametrize("make", POOLS)
def test_a_pool_that_was_stopped_before_it_runs_plays_nothing(make: Callable[[], SessionPool]) -> None:
    pool = make()
    pool.stop()
    assert collect(pool, quick, [1, 2]) == []
    assert pool.stopped


def test_no_more_sessions_than_allowed_run_at_once() -> None:
    running, most = 0, 0

    async def work(index: int) -> Session:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return make_session(index)

    collect(SessionPool(5), work, range(40))
    assert most == 5


@pytest.mark.parametrize("error", [ModelError("no credentials"), ZeroDivisionError("a bug")])
@pytest.mark.parametrize("make", POOLS)
def test_an_error_ends_the_run_once_and_what_ended_before_is_handed_over(
    make: Callable[[], SessionPool], error: Exception
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

    pool = make()
    with pytest.raises(type(error)) as caught:
        execute(pool.run(work, range(20), lambda session: done.append(session.index)))
    assert caught.value is error
    assert done == [0, 1, 2, 3, 4]
    assert cancelled in ([], list(range(7, 20)))
    assert not pool.stopped


def test_an_error_while_storing_ends_the_run() -> None:
    def full(session: Session) -> None:
        raise StoreError("disk full")

    with pytest.raises(StoreError):
        execute(SessionPool(8).run(quick, range(100), full))


def test_stop_lets_running_sessions_end() -> None:
    pool = SessionPool(4, grace=30.0)

    async def work(index: int) -> Session:
        if index == 3:
            pool.stop()
        await asyncio.sleep(0.01)
        return make_session(index)

    assert sorted(collect(pool, work, range(100))) == [0, 1, 2, 3]
    assert pool.stopped


@pytest.mark.parametrize(("grace", "stops"), [(0.01, 1), (60.0, 2)])
def test_sessions_that_do_not_end_in_time_are_cancelled(grace: float, stops: int) -> None:
    pool = SessionPool(4, grace=grace)

    async def work(index: int) -> Session:
        if index == 3:
            for _ in range(stops):
                pool.stop()
        if index != 1:
            await asyncio.Event().wait()
        return make_session(index)

    assert collect(pool, work, range(4)) == [1]


def test_a_cancelled_run_has_ended_its_sessions() -> None:
    ended: list[int] = []

    async def work(index: int) -> Session:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(index)
        raise AssertionError

    async def main() -> None:
        run = asyncio.create_task(SessionPool(3).run(work, range(3), lambda session: None))
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
    with pytest.raises(ValueError, match="max_concurrency"):
        SessionPool(0)


def test_samples_have_the_same_bytes_whatever_the_concurrency(tmp_path: Path) -> None:
    columns = []
    for concurrency in (1, 64):
        folder = tmp_path / str(concurrency)
        with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
            execute(SessionPool(concurrency).run(quick, range(150), store.save))
        connection = sqlite3.connect(folder / "run.db")
        columns.append(connection.execute('SELECT "index", sample FROM sessions ORDER BY "index"').fetchall())
        connection.close()
    assert len(columns[0]) == 150
    assert columns[0] == columns[1]
