"""An event loop for hundreds of sessions."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from toolgrad_dspy.concurrency import IO_THREADS
from toolgrad_dspy.interrupts import SIGNALS

T = TypeVar("T")


def execute(main: Coroutine[Any, Any, T], on_interrupt: Callable[[], bool] | None = None) -> T:
    """Run ``main`` on a new event loop with room for hundreds of sessions, and return its result.

    ``on_interrupt`` is called on the loop for every SIGINT (Ctrl-C), SIGTERM and SIGHUP, and says whether ``main``
    will come to its end by itself. If not, ``main`` is cancelled, and KeyboardInterrupt raised when it has ended.
    Without it they end the program as usual. Call it from the main thread.

        figures = execute(generate_run(RunSpec(n=20), Path("runs/twenty"), engine=engine), on_interrupt=engine.stop)
    """
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(ThreadPoolExecutor(IO_THREADS, thread_name_prefix="toolgrad"))
        run = _Interruptible(main, on_interrupt)
        with _interrupts(loop, None if on_interrupt is None else run.interrupted), _rare_collections():
            try:
                return runner.run(run.ended())
            except asyncio.CancelledError:
                if not run.cancelled:
                    raise
                raise KeyboardInterrupt from None


class _Interruptible(Generic[T]):
    """A coroutine that is cancelled by an interruption after which it would not come to its end by itself."""

    def __init__(self, main: Coroutine[Any, Any, T], on_interrupt: Callable[[], bool] | None) -> None:
        self._main = main
        self._on_interrupt = on_interrupt
        self._task: asyncio.Task[Any] | None = None
        self.cancelled = False

    async def ended(self) -> T:
        """The result of the coroutine."""
        self._task = asyncio.current_task()
        return await self._main

    def interrupted(self) -> None:
        """An interruption has come."""
        if self._task is not None and self._on_interrupt is not None and not self._on_interrupt():
            self.cancelled = True
            self._task.cancel()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Collect cyclic garbage less often, and leave out the objects that were there before.

    Hundreds of sessions in flight are many live objects. With Python's default thresholds the collector walks through
    them over and over, an eighth of a run's CPU time, and sessions leave few cycles behind.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _interrupts(loop: asyncio.AbstractEventLoop, handler: Callable[[], None] | None) -> Iterator[None]:
    if handler is None:
        yield
        return
    previous = [signal.getsignal(number) for number in SIGNALS]
    with suppress(NotImplementedError):  # Windows: Ctrl-C cancels the run at once
        for number, before in zip(SIGNALS, previous, strict=True):
            if before is not signal.SIG_IGN:  # nohup: the user wants it to outlive the terminal
                loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number, before in zip(SIGNALS, previous, strict=True):
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, before)
