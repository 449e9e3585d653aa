"""One running MCP server with what belongs to it: its folder, its standard error, its connection."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from pydantic import JsonValue

from toolgrad_dspy.concurrency import beside
from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import Observation, Tool
from toolgrad_dspy.secrets import Hidden
from toolgrad_dspy.tools.mcp.connection import Connection
from toolgrad_dspy.tools.mcp.errors import explain
from toolgrad_dspy.tools.mcp.incoming import Incoming
from toolgrad_dspy.tools.mcp.launcher import Launcher
from toolgrad_dspy.tools.mcp.targets import ErrorLog, InProcessTarget, Target, open_client
from toolgrad_dspy.tools.mcp.workspace import Workspace
from toolgrad_dspy.tools.result_size import RESULT_BYTES, bounded
from toolgrad_dspy.tools.rewriting import rewritten_observation, rewritten_tool

if TYPE_CHECKING:
    from mcp import types as mcp_types

TOOLS = 100_000
"""Tools of one server that are read: a list of more is taken for endless. The largest known have a few thousand."""

LAST_WORDS, LAST_WORDS_CHARS = 3, 300
"""Lines of its standard error that are told of a server that crashed, and characters of them together."""


class McpServer:
    """A server that is started once, called many times, and closed with all that it left behind."""

    def __init__(
        self,
        source: str,
        target: Target,
        seed: int,
        *,
        make_workspace: Callable[[], Workspace] | None,
        executor: Executor,
        start_timeout: float,
        call_timeout: float,
        max_parallel: int,
        max_restarts: int,
        proven: bool,
        result_bytes: int = RESULT_BYTES,
        hidden: Hidden | None = None,
        launcher: Launcher | None = None,
    ) -> None:
        self._source = source
        self._target = target
        self._hidden = hidden or Hidden(target.secrets)
        self._make_workspace = make_workspace
        self._executor = executor
        self._start_timeout = start_timeout
        self._variables = {"SEED": str(seed), "SESSION": uuid.uuid4().hex}
        self._copying: Future[Workspace] | None = None
        self._workspace: Workspace | None = None
        self._log = ErrorLog()
        self._incoming = Incoming(result_bytes)
        self._connection = Connection(
            source,
            lambda on_end: open_client(target, self._variables, self._log, self._incoming, on_end, launcher),
            self._explain,
            start_timeout=start_timeout,
            call_timeout=call_timeout,
            max_parallel=max_parallel,
            max_restarts=max_restarts,
            proven=proven,
            # In this process each session has one of its own: that is nothing to tell.
            level=logging.DEBUG if isinstance(target, InProcessTarget) else logging.INFO,
        )

    async def start(self) -> None:
        """Start the server. Raises ToolSourceError. It has to be closed also when this fails."""
        if self._make_workspace is not None:
            self._copying = self._executor.submit(self._make_workspace)
            self._workspace = await asyncio.wrap_future(self._copying)
            self._variables["WORKSPACE"] = str(self._workspace.path)
        await self._connection.start()

    async def close(self) -> None:
        """End the server and remove its folder. Safe to call twice."""
        try:
            await self._connection.close()
        finally:
            self._log.close()
            copying, self._copying = self._copying, None
            if copying is not None:
                # Shielded: cancelling the wait would take a removal that has not begun out of the queue.
                await asyncio.shield(asyncio.wrap_future(self._executor.submit(remove, copying)))

    async def list_tools(self) -> "list[mcp_types.Tool]":
        """All pages of the server's tool list, which may be any number.

        Raises ToolSourceError, also for a list without an end: one that comes back to a page (``endless_tool_list``),
        has more than :data:`TOOLS` tools, or takes longer than the start may.
        """
        from mcp import MCPError
        from pydantic import ValidationError

        client = await self._connection.client()
        tools: list[mcp_types.Tool] = []
        cursors: set[str | None] = {None}
        try:
            with self._incoming.listed():
                async with asyncio.timeout(self._start_timeout):
                    page = await client.list_tools()
                    while (cursor := page.next_cursor) is not None:
                        tools += page.tools
                        if cursor in cursors:
                            raise self._endless("comes back to a page that it has given")
                        if len(tools) > TOOLS:
                            raise self._endless(f"has more than {TOOLS:,} tools")
                        cursors.add(cursor)
                        page = await client.list_tools(cursor=cursor)
                    return tools + page.tools
        except (MCPError, ValidationError, TimeoutError) as error:
            raise self._explain(error) from error

    @property
    def malformed(self) -> Mapping[str, str]:
        """The tools of the list that the protocol does not allow, and why."""
        return self._incoming.malformed

    @property
    def left_out(self) -> Mapping[str, Sequence[str]]:
        """What the copy of the workspace lacks: see :class:`Workspace`."""
        return {} if self._workspace is None else self._workspace.left_out

    def public(self, tool: Tool) -> Tool:
        """``tool`` without the real path of the folder and without secrets, which some servers write into
        descriptions and defaults.
        """
        virtual = tool if self._workspace is None else rewritten_tool(tool, self._workspace.to_virtual)
        return rewritten_tool(virtual, self._hidden.results.json)

    def holds_state(self) -> None:
        """From here on the server has written what a new one would not have: it is not started again."""
        self._connection.holds_state = True

    async def call(self, name: str, arguments: dict[str, JsonValue]) -> Observation:
        """Call a tool by the server's own name for it. Raises ToolSourceError when the server is gone for good.

        The result has virtual paths only, and none of the secrets.
        """
        workspace = self._workspace
        # Values only: a key is the name of a parameter, never a path.
        real = arguments if workspace is None else {key: workspace.to_real(it) for key, it in arguments.items()}
        start = time.perf_counter()
        observation = await self._connection.call(name, real)
        if observation.error is not None:
            observation = self._explained(observation, start)
        self._log.trim()
        return await beside(observation.is_large, partial(self._shown, observation))

    def _shown(self, observation: Observation) -> Observation:
        """``observation`` as others may see it, if it is not too large."""
        observation = bounded(observation, self._incoming.result_bytes)
        if self._workspace is not None:
            observation = rewritten_observation(observation, self._workspace.to_virtual)
        return rewritten_observation(observation, self._hidden.results.json)

    def _explained(self, failed: Observation, start: float) -> Observation:
        """A call that failed after its ``start``, with what else the server has said.

        That is, if it crashed, on standard error; and if it did not answer, in place of an answer.
        """
        assert failed.error is not None
        kind, told, odd = failed.error.kind, [failed.text], self._incoming.odd_since(start)
        said = " | ".join(self._log.last_lines(LAST_WORDS)) if kind == "connection" else ""
        if kind not in ("connection", "timeout") or not (odd or said):
            return failed
        hide = self._hidden.errors.text
        if said:
            told.append(f'it said: "{one_line(hide(said), LAST_WORDS_CHARS)}"')
        if odd:
            told.append(f'the server wrote something that is no message: "{one_line(hide(odd), LAST_WORDS_CHARS)}"')
        return Observation.failure(kind, "; ".join(told), latency=failed.latency)

    def _endless(self, how: str) -> ToolSourceError:
        return ToolSourceError(
            f"tool source {self._source!r}: its tool list {how}, as if it had no end; "
            "report it to the authors of the server",
            code="endless_tool_list",
        )

    def _explain(self, error: BaseException) -> ToolSourceError:
        return explain(self._source, self._target, error, self._log, self._start_timeout, self._hidden)


class Removable(Protocol):
    """What is made on disk, and can be removed."""

    def remove(self) -> None: ...


RemovableT = TypeVar("RemovableT", bound=Removable)


def remove(making: "Future[RemovableT]") -> None:
    """Remove what is being made once it is all there: a thread cannot be stopped.

    It never waits for a thing that waits for its thread: the executor takes things in turn, and the thing came first.
    """
    wait((making,))
    if not making.cancelled() and making.exception() is None:
        making.result().remove()
