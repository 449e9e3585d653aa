"""Many sessions at once on one event loop."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from toolgrad_dspy.errors import UnansweredError
from toolgrad_dspy.lm import BudgetSpentError
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.engines.admission import Admission
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

    async def run(self, play: Play, indices: Sequence[int], done: Done, admission: Admission | None = None) -> None:
        """Play the sessions ``indices``, and hand each to ``done`` when it has ended.

        None is begun after :meth:`stop`, not even if that came before this, and none that ``admission`` refuses. A
        session in which a model did not answer is played again at the end. Raises UnansweredError if that did not
        help, and BudgetSpentError, both when all other sessions have ended.
        """
        queue = _Queue(play, indices, done, admission, self._stopping)

        async def worker(number: int) -> None:
            await asyncio.sleep(number * STAGGER)
            await queue.work()

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
        if not self.stopped:
            queue.check()

    async def _wait(self, everything: Pending) -> None:
        stopping: Pending = asyncio.create_task(self._stopping.wait())
        cancelling: Pending = asyncio.create_task(self._cancelling.wait())
        try:
            await asyncio.wait({everything, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not everything.done():
                await asyncio.wait({everything, cancelling}, timeout=self.grace, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(stopping, cancelling)


class _Queue:
    """The sessions that are left to play, which all workers of a pool take from."""

    def __init__(
        self, play: Play, indices: Sequence[int], done: Done, admission: Admission | None, stopping: asyncio.Event
    ) -> None:
        self._play = play
        self._done = done
        self._admission = admission
        self._stopping = stopping
        self._left = iter(indices)
        self._again: deque[int] = deque()
        self._unanswered: list[int] = []
        self._last: UnansweredError | None = None
        self._spent: BudgetSpentError | None = None
        self._under_way = 0
        self._changed = asyncio.Event()

    async def work(self) -> None:
        """Play sessions until none is left that may begin."""
        while await self._admitted():
            again = self._again  # those that wait for a second try come last
            index = next(self._left, None)
            second = index is None and bool(again)
            if index is None:
                if not again:
                    return
                index = again.popleft()
            await self._played(index, second)

    def check(self) -> None:
        """Raise what kept sessions from being played."""
        if self._spent is not None:
            raise self._spent
        if self._last is not None and self._unanswered:
            count = len(self._unanswered)
            raise UnansweredError(
                f"{count} session{'s were' if count > 1 else ' was'} left out, in which a model did not answer: "
                f"{self._last}"
            ) from self._last.__cause__

    async def _played(self, index: int, second: bool) -> None:
        self._under_way += 1
        try:
            session = await self._play(index)
            # Nothing awaits between the end of a session and `done`: a cancellation cannot lose it.
            if self._admission is not None:
                self._admission.ended(session)
            self._done(session)
        except UnansweredError as error:
            self._last = error
            (self._unanswered if second else self._again).append(index)
            self._lost()
        except BudgetSpentError as error:  # those under way may be able to end
            self._spent = self._spent or error
            self._lost()
        finally:
            self._under_way -= 1
            self._changed.set()

    def _lost(self) -> None:
        if self._admission is not None:
            self._admission.lost()

    async def _admitted(self) -> bool:
        """Whether another session may begin; it waits for one that ends if that may change it."""
        while not self._stopping.is_set() and self._spent is None:
            refusal = self._admission.refusal(self._under_way) if self._admission is not None else None
            if refusal is None:
                return True
            if not self._under_way:
                self._spent = refusal
                break
            self._changed.clear()
            await self._changed.wait()
        return False


async def _end(*futures: Pending) -> None:
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)
