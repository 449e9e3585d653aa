"""Running coroutines together, and from threads that have no event loop."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

# DSPy hops through the loop's default executor several times per LM call; asyncio's own default is cores + 4.
IO_THREADS = 64


async def gather_or_cancel(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of ``work``, run at once, in the order of ``work``.

    When one of the coroutines raises, or the caller is cancelled, the others are cancelled and have ended when this
    raises, also when the caller is cancelled again meanwhile: nothing keeps calling tools or models for a result that
    nobody waits for. ``asyncio.gather`` leaves them running, and a ``TaskGroup`` wraps the error in a group.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        if tasks:  # unlike gather(), wait() leaves them alone when the caller is cancelled: each is cancelled once
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for ended in (task for task in tasks if task.done()):
            ended.result()  # raises if it failed
        return [task.result() for task in tasks]
    except BaseException as error:  # boundary of the tasks: also a cancellation is passed on when all have ended
        for task in tasks:
            task.cancel()
        again: asyncio.CancelledError | None = None
        while not all(task.done() for task in tasks):
            try:
                await asyncio.wait(tasks)
            except asyncio.CancelledError as cancellation:
                again = cancellation
        for task in tasks:
            if not task.cancelled():
                task.exception()  # looked at: of several errors, only one can be raised
        if again is not None:
            raise again from error
        raise


async def beside(large: bool, work: Callable[[], T]) -> T:
    """What ``work`` gives, done in a thread if it is ``large``: nothing else waits for it then."""
    return await asyncio.to_thread(work) if large else work()


class LoopThread:
    """An event loop on a thread of its own, started when it is first used, for callers that have none."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` on the loop and wait for its result. Called from that loop it would wait forever.

        ``work`` sees the caller's context variables (``dspy.context``). When the caller is interrupted, ``work`` is
        cancelled, and has ended when this raises.
        """
        tasks: set[asyncio.Task[Any]] = set()

        async def remembered() -> T:
            if task := asyncio.current_task():
                tasks.add(task)
            return await work

        future = asyncio.run_coroutine_threadsafe(remembered(), self.loop)
        try:
            return future.result()
        except BaseException:  # boundary between threads: the caller's interruption ends the work, and is passed on
            if future.cancel():  # it was not what raised: an interruption was
                asyncio.run_coroutine_threadsafe(_ended(tasks), self.loop).result()
                if not tasks:  # cancelled before it began
                    work.close()
            raise

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, which runs as long as the process does."""
        with self._lock:  # threads that come first at the same time would each start a loop of their own
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.set_default_executor(ThreadPoolExecutor(IO_THREADS, thread_name_prefix=f"{self._name}-io"))
                threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True).start()
            return self._loop


_SESSIONS = LoopThread("toolgrad")


def run_on_loop_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on the one background loop of all sessions and wait for its result: see :meth:`LoopThread.run`.

    DSPy's optimizers call programs from many threads, and tool sessions belong to the event loop that opened them:
    every such call runs on the same loop.
    """
    return _SESSIONS.run(work)


async def _ended(tasks: set[asyncio.Task[Any]]) -> None:
    if tasks:
        await asyncio.wait(tasks)
