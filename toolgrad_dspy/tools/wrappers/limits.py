"""How long a call may take, and how many may run at once."""

import asyncio
import time

from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools.base import ToolSession, ToolSource
from toolgrad_dspy.tools.wrappers.base import WrappedSession, WrappedSource


class Timeout(WrappedSource):
    """Ends a call after ``seconds`` with an observation of kind ``timeout``."""

    def __init__(self, inner: ToolSource, seconds: float) -> None:
        super().__init__(inner)
        self._seconds = seconds

    def _wrap(self, session: ToolSession, seed: int) -> ToolSession:
        return _TimedSession(session, self._seconds)


class _TimedSession(WrappedSession):
    def __init__(self, inner: ToolSession, seconds: float) -> None:
        super().__init__(inner)
        self._seconds = seconds

    async def call(self, call: ToolCall) -> Observation:
        start = time.perf_counter()
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                return await self._inner.call(call)
        except TimeoutError:
            if not limit.expired():  # then it is another's
                raise
            latency = time.perf_counter() - start
            return Observation.failure("timeout", f"no answer within {self._seconds:g} s", latency=latency)


class ParallelLimit(WrappedSource):
    """Lets ``calls`` run at once, over all sessions; further calls wait in the order in which they came."""

    def __init__(self, inner: ToolSource, calls: int) -> None:
        super().__init__(inner)
        self._slots = asyncio.Semaphore(calls)

    def _wrap(self, session: ToolSession, seed: int) -> ToolSession:
        return _LimitedSession(session, self._slots)


class _LimitedSession(WrappedSession):
    def __init__(self, inner: ToolSession, slots: asyncio.Semaphore) -> None:
        super().__init__(inner)
        self._slots = slots

    async def call(self, call: ToolCall) -> Observation:
        async with self._slots:
            return await self._inner.call(call)
