"""Other names for a source's tools, so that two sources can offer tools of the same name."""

from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools.base import ToolSession, ToolSource
from toolgrad_dspy.tools.names import safe_name
from toolgrad_dspy.tools.wrappers.base import WrappedSession, WrappedSource


class Prefixed(WrappedSource):
    """Puts ``prefix`` before the name of every tool; ``source_name`` stays what it is."""

    def __init__(self, inner: ToolSource, prefix: str) -> None:
        super().__init__(inner)
        self._prefix = prefix
        self._inner_names: dict[str, str] = {}

    async def _opened(self) -> None:
        self._inner_names = {safe_name(self._prefix + tool.name): tool.name for tool in await self._inner.tools()}

    async def tools(self) -> list[Tool]:
        return [
            tool.model_copy(update={"name": safe_name(self._prefix + tool.name)})
            for tool in await self._inner.tools()
        ]

    def _wrap(self, session: ToolSession, seed: int) -> ToolSession:
        return _PrefixedSession(session, self._inner_names)


class _PrefixedSession(WrappedSession):
    def __init__(self, inner: ToolSession, names: dict[str, str]) -> None:
        super().__init__(inner)
        self._names = names

    async def call(self, call: ToolCall) -> Observation:
        # Looked up rather than cut off: a long name with its prefix was shortened, so the prefix is not all of it.
        name = self._names.get(call.tool)
        if name is None:
            return Observation.failure("unknown_tool", f"there is no tool {call.tool!r}")
        return await self._inner.call(call.model_copy(update={"tool": name}))
