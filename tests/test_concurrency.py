"""Coroutines run together, and from threads without an event loop."""

import asyncio
import contextvars
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from toolgrad_dspy.concurrency import gather_or_cancel, run_on_loop_thread


class Waiting:
    """Coroutines that wait until they are cancelled, and take some turns of the loop to end then."""

    def __init__(self, count: int) -> None:
        self.all_started = asyncio.Event()
        self.ended: list[int] = []
        self._count = count
        self._started = 0
        self.cancelled = asyncio.Event()

    async def wait(self, number: int) -> None:
        self._started += 1
        if self._started == self._count:
            self.all_started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
            for _ in range(5):
                await asyncio.sleep(0)
            self.ended.append(number)


def test_results_are_in_the_order_of_the_work_whatever_ends_first() -> None:
    ended: list[int] = []

    async def work(number: int) -> int:
        for _ in range(10 - number):
            await asyncio.sleep(0)
        ended.append(number)
        return number

    assert asyncio.run(gather_or_cancel(work(number) for number in range(5))) == [0, 1, 2, 3, 4]
    assert ended == [4, 3, 2, 1, 0]


def test_no_work_has_no_results() -> None:
    assert asyncio.run(gather_or_cancel([])) == []


def test_an_error_cancels_the_others_and_is_raised_when_they_have_ended() -> None:
    error = LookupError("it broke")

    async def main() -> None:
        waiting = Waiting(3)

        async def fail() -> None:
            await waiting.all_started.wait()
            raise error

        with pytest.raises(LookupError) as caught:
            await gather_or_cancel([waiting.wait(1), waiting.wait(2), fail(), waiting.wait(3)])
        assert caught.value is error
        assert sorted(waiting.ended) == [1, 2, 3]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_the_first_of_several_errors_is_raised_and_the_others_are_not_lost_in_a_warning() -> None:
    async def main() -> None:
        async def fail_at_once() -> None:
            raise ValueError("first")

        async def fail_when_cancelled() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                raise KeyError("second")

        with pytest.raises(ValueError, match="first"):
            await gather_or_cancel([fail_when_cancelled(), fail_at_once()])

    asyncio.run(main())


def test_a_cancelled_caller_has_ended_its_work() -> None:
    async def main() -> None:
        waiting = Waiting(3)
        caller = asyncio.create_task(gather_or_cancel(waiting.wait(number) for number in range(3)))
        await waiting.all_started.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert sorted(waiting.ended) == [0, 1, 2]

    asyncio.run(main())


def test_a_caller_that_is_cancelled_again_waits_for_its_work_all_the_same() -> None:
    async def main() -> None:
        waiting = Waiting(3)
        caller = asyncio.create_task(gather_or_cancel(waiting.wait(number) for number in range(3)))
        await waiting.all_started.wait()
        for _ in range(3):
            caller.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert sorted(waiting.ended) == [0, 1, 2]

    asyncio.run(main())


def test_a_cancellation_after_an_error_is_not_lost() -> None:
    async def main() -> None:
        waiting = Waiting(1)

        async def fail() -> None:
            await waiting.all_started.wait()
            raise LookupError

        caller = asyncio.create_task(gather_or_cancel([waiting.wait(1), fail()]))
        await waiting.all_started.wait()
        await waiting.cancelled.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert waiting.ended == [1]

    asyncio.run(main())


def test_work_of_all_threads_runs_on_one_loop_thread_from_the_first_call_on() -> None:
    """In a process of its own, whose threads all come before there is a loop."""
    code = (
        "import asyncio, sys, threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from toolgrad_dspy.concurrency import run_on_loop_thread\n"
        "sys.setswitchinterval(1e-6)\n"
        "together = threading.Barrier(8)\n"
        "async def where(): return id(asyncio.get_running_loop()), threading.get_ident()\n"
        "def call(_): together.wait(); return run_on_loop_thread(where())\n"
        "with ThreadPoolExecutor(8) as threads: places = set(threads.map(call, range(8)))\n"
        "assert len(places) == 1, places\n"
        "assert threading.get_ident() not in {thread for _, thread in places}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_work_on_the_loop_thread_sees_the_callers_context_variables() -> None:
    variable = contextvars.ContextVar[str]("variable", default="unset")

    async def read() -> str:
        await asyncio.sleep(0)
        return variable.get()

    def caller(value: str) -> str:
        variable.set(value)
        return run_on_loop_thread(read())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(caller, "abcd")) == ["a", "b", "c", "d"]
    assert run_on_loop_thread(read()) == "unset"


def test_an_error_on_the_loop_thread_is_raised_in_the_caller_and_the_loop_stays() -> None:
    async def fail() -> None:
        raise ZeroDivisionError("a bug")

    async def succeed() -> int:
        return 1

    with pytest.raises(ZeroDivisionError):
        run_on_loop_thread(fail())
    assert run_on_loop_thread(succeed()) == 1


def test_an_interrupted_caller_has_ended_its_work() -> None:
    """In a process of its own, which is interrupted as by Ctrl-C."""
    code = (
        "import asyncio, os, signal\n"
        "from toolgrad_dspy.concurrency import run_on_loop_thread\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # whoever started the tests may ignore it
        "ended = []\n"
        "async def work():\n"
        "    await asyncio.sleep(0.1)\n"  # the caller is waiting by then
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    try: await asyncio.Event().wait()\n"
        "    finally:\n"
        "        await asyncio.sleep(0.05)\n"
        "        ended.append(True)\n"
        "try: run_on_loop_thread(work())\n"
        "except KeyboardInterrupt: assert ended, 'it went on'\n"
        "else: raise AssertionError('not interrupted')\n"
        "async def again(): return 7\n"
        "assert run_on_loop_thread(again()) == 7\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
