"""A source around a source."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.secrets import Hidden
from toolgrad_dspy.tools.base import SourceNote, ToolSession, ToolSource
from toolgrad_dspy.tools.server_pool import ServerPool


class WrappedSession(ToolSession):
    """A session that passes every call on."""

    def __init__(self, inner: ToolSession) -> None:
        self._inner = inner

    async def call(self, call: ToolCall) -> Observation:
        return await self._inner.call(call)


class WrappedSource(ToolSource):
    """A source that passes everything on. A subclass overrides :meth:`_wrap`, :meth:`tools` or :meth:`_opened`."""

    def __init__(self, inner: ToolSource) -> None:
        self._inner = inner
        self.id = inner.id
        self.isolation = inner.isolation
        self.secrets = inner.secrets

    def hide(self, hidden: Hidden) -> None:
        self._inner.hide(hidden)

    def use(self, pool: ServerPool) -> None:
        self._inner.use(pool)

    async def open(self) -> None:
        await self._inner.open()
        async with AsyncExitStack() as opened:
            opened.push_async_callback(self._inner.close)
            await self._opened()
            opened.pop_all()

    async def close(self) -> None:
        await self._inner.close()

    async def tools(self) -> list[Tool]:
        return await self._inner.tools()

    def notes(self) -> tuple[SourceNote, ...]:
        return self._inner.notes()

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator[ToolSession]:
        async with self._inner.session(seed) as session:
            yield self._wrap(session, seed)

    async def _opened(self) -> None:
        """What is to be done once the inner source is open; when it raises, that source is closed again."""

    def _wrap(self, session: ToolSession, seed: int) -> ToolSession:
        """The session that callers get instead of ``session``."""
        return session
