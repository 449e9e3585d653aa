"""All sessions of a run on one event loop of this process."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias, TypeVar

from toolgrad_dspy.runs.engines.base import Done, RunEngine, Work

T = TypeVar("T")

THREADS = 64
"""Threads of the loop's default executor. DSPy's ``LM.acall`` takes one per call in flight."""

STAGGER = 0.001
"""Seconds between the starts of the first sessions. Started at once they would go in step: send all their requests in
one burst, then wait together, and leave processor and model idle in turn."""

Pending: TypeAlias = "asyncio.Future[Any]"


class LocalEngine(RunEngine):
    """All sessions on one event loop of this process, at most ``max_concurrency`` at once.

    After :meth:`stop` sessions in flight get ``grace`` seconds to end; what ends in time is handed over.
    """

    def __init__(self, max_concurrency: int = 64, grace: float = 5.0) -> None:
        if max_concurrency < 1:
            raise ValueError(f"max_concurrency is {max_concurrency}, but one session at least has to run")
        self.max_concurrency = max_concurrency
        self.grace = grace
        self._stopping = asyncio.Event()
        self._cancelling = asyncio.Event()

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """See :meth:`RunEngine.stop`. Call it on the loop (a signal handler of the loop is)."""
        if self._stopping.is_set():
            self._cancelling.set()
        self._stopping.set()

    async def run(self, work: Work, indices: Sequence[int], done: Done) -> None:
        self._stopping, self._cancelling = asyncio.Event(), asyncio.Event()  # they belong to one loop
        left = iter(indices)

        async def worker(number: int) -> None:
            await asyncio.sleep(number * STAGGER)
            for index in left:
                if self._stopping.is_set():
                    return
                # Nothing awaits between the end of a session and `done`: a cancellation cannot lose it.
                done(await work(index))

        workers = [asyncio.create_task(worker(number)) for number in range(min(self.max_concurrency, len(indices)))]
        everything = asyncio.gather(*workers)
        try:
            await self._wait(everything)
        finally:
            await _end(everything, *workers)
        try:
            everything.result()
        except asyncio.CancelledError:
            if not self.stopped:
                raise

    async def _wait(self, everything: Pending) -> None:
        stopping: Pending = asyncio.create_task(self._stopping.wait())
        cancelling: Pending = asyncio.create_task(self._cancelling.wait())
        try:
            await asyncio.wait({everything, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not everything.done():
                await asyncio.wait({everything, cancelling}, timeout=self.grace, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(stopping, cancelling)


async def _end(*futures: Pending) -> None:
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


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
