"""A part of a source's tools."""

from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools.base import SourceNote, ToolSession, ToolSource
from toolgrad_dspy.tools.filters import ToolFilter
from toolgrad_dspy.tools.wrappers.base import WrappedSession, WrappedSource


class Filtered(WrappedSource):
    """Offers the tools that ``keep`` keeps; a call of another is refused (``not_permitted``) and never sent.

    :meth:`notes` says what was left out. ``open`` raises ToolSourceError (``no_tools``) when nothing remains.
    """

    def __init__(self, inner: ToolSource, keep: ToolFilter) -> None:
        super().__init__(inner)
        self._keep = keep
        self._kept: list[Tool] = []
        self._refused: frozenset[str] = frozenset()
        self._own_notes: tuple[SourceNote, ...] = ()

    async def _opened(self) -> None:
        tools = await self._inner.tools()
        self._kept, notes = self._keep.apply(tools, self.id)
        self._own_notes = tuple(notes)
        self._refused = frozenset(tool.name for tool in tools) - {tool.name for tool in self._kept}

    async def tools(self) -> list[Tool]:
        return list(self._kept)

    def notes(self) -> tuple[SourceNote, ...]:
        return (*self._inner.notes(), *self._own_notes)

    def _wrap(self, session: ToolSession, seed: int) -> ToolSession:
        return _FilteredSession(session, self._refused)


def read_only(inner: ToolSource) -> Filtered:
    """``inner`` without the tools that are not declared read-only."""
    return Filtered(inner, ToolFilter(writes=False))


class _FilteredSession(WrappedSession):
    def __init__(self, inner: ToolSession, refused: frozenset[str]) -> None:
        super().__init__(inner)
        self._refused = refused

    async def call(self, call: ToolCall) -> Observation:
        # A name that the source does not know either is passed on: that is the source's to report.
        if call.tool in self._refused:
            return Observation.failure("not_permitted", f"tool {call.tool!r} was left out of this run")
        return await self._inner.call(call)
