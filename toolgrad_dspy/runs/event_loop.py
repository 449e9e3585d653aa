"""An event loop that is fit for hundreds of sessions."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")

THREADS = 64
"""Threads of the loop's default executor. DSPy's ``LM.acall`` takes one per call in flight."""


def execute(main: Coroutine[Any, Any, T], on_interrupt: Callable[[], None] | None = None) -> T:
    """Run ``main`` on a new event loop that is fit for hundreds of sessions, and return its result.

    ``on_interrupt`` is called on the loop for every SIGINT (Ctrl-C) and SIGTERM; without it they end the
    program as usual. Call it from the main thread.
    """
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="toolgrad"))
        with _interrupts(loop, on_interrupt), _rare_collections():
            return runner.run(main)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Collect cyclic garbage less often, and never look at what was there before.

    Hundreds of sessions under way are many live objects, which Python's default thresholds make it walk through over
    and over: an eighth of a run's CPU time. Sessions leave few cycles behind.
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
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.getsignal(number) for number in signals]
    with suppress(NotImplementedError):  # Windows: Ctrl-C cancels the run at once
        for number in signals:
            loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number, before in zip(signals, previous, strict=True):
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, before)
