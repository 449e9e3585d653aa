"""Many sessions at once on one event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.engines.base import Done

STAGGER = 0.001
"""Seconds between the starts of the first sessions. Sessions that start together stay in step: they send all their
requests in one burst, then all wait, and leave processor and model idle in turn."""

Play = Callable[[int], Awaitable[Session]]
Pending: TypeAlias = "asyncio.Future[Any]"


class SessionPool:
    """Plays sessions on the running event loop, at most ``max_concurrency`` at once.

    It keeps the promises of :meth:`OpenRun.run` and :meth:`RunEngine.stop`. After :meth:`stop` sessions in flight get
    ``grace`` seconds to end; those that do are handed over.
    """

    def __init__(self, max_concurrency: int = 64, grace: float = 5.0) -> None:
        if max_concurrency < 1:
            raise ValueError(f"max_concurrency is {max_concurrency}; it has to be at least 1")
        self.max_concurrency = max_concurrency
        self.grace = grace
        self._stopping = asyncio.Event()
        self._cancelling = asyncio.Event()

    def ready(self) -> None:
        """Forget an earlier :meth:`stop`. The events belong to one loop: call it on that of :meth:`run`."""
        self._stopping, self._cancelling = asyncio.Event(), asyncio.Event()

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """Start no more sessions; a second call cancels those in flight at once. Call it on the loop."""
        if self._stopping.is_set():
            self._cancelling.set()
        self._stopping.set()

    async def run(self, play: Play, indices: Sequence[int], done: Done) -> None:
        """Play the sessions ``indices``, and hand each to ``done`` when it has ended.

        None is begun after :meth:`stop`, not even if that came before this.
        """
        left = iter(indices)

        async def worker(number: int) -> None:
            await asyncio.sleep(number * STAGGER)
            for index in left:
                if self._stopping.is_set():
                    return
                # Nothing awaits between the end of a session and `done`: a cancellation cannot lose it.
                done(await play(index))

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
