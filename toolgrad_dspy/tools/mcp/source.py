"""Tools of a Model Context Protocol server."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.secrets import Hidden
from toolgrad_dspy.tools.base import Isolation, SourceNote, ToolSession, ToolSource
from toolgrad_dspy.tools.checks import NOTED, usable
from toolgrad_dspy.tools.filters import ALLOW_WRITES, ToolFilter
from toolgrad_dspy.tools.mcp.convert import tool_from_mcp
from toolgrad_dspy.tools.mcp.launcher import Launcher
from toolgrad_dspy.tools.mcp.scratch import Scratch
from toolgrad_dspy.tools.mcp.server import McpServer, remove
from toolgrad_dspy.tools.mcp.spares import Spares
from toolgrad_dspy.tools.mcp.targets import StdioTarget, Target
from toolgrad_dspy.tools.mcp.workspace import Workspace
from toolgrad_dspy.tools.result_size import RESULT_BYTES
from toolgrad_dspy.tools.server_pool import ServerPool
from toolgrad_dspy.tools.together import all_ended

OWN_STATE = (
    "a session has its own server, but nothing says that it writes nowhere else; give it a folder of its own "
    '("workspace" or ${WORKSPACE}), a name for its state (${SESSION}), or set "allow_writes": true'
)
"""What to do about the tools of a session's own server that are left out for not being declared read-only."""


class McpSource(ToolSource):
    """A source over one MCP server: a child process, a URL, or a server object in this process.

    ``isolation`` ``"shared"``: one server for all sessions. ``"session"``: a child process of its own for every
    session; for a URL or a server object a connection of its own, so say it only of a server whose state belongs to
    the connection. Default: ``"session"`` with a ``workspace``, else ``"shared"``.

    ``workspace`` is a folder that is copied into a temporary directory, per session, or once where the server is
    shared; ``${WORKSPACE}`` in the target's arguments and environment is the copy's path. Without ``workspace``,
    ``${WORKSPACE}`` is a new empty folder. Calls and results name it ``/workspace``. The folder itself is never
    written to.

    ``allow_writes`` None: tools that are not declared read-only are offered only where it is known that nothing but
    a session's own state is written to: with isolation ``"session"``, and a ``workspace``, ``${WORKSPACE}`` or
    ``${SESSION}`` in the target. A process of a session's own may still write to a database that all share; if it
    does not, say ``allow_writes=True``. ``max_parallel`` None: 32 calls at once to a shared server; one at a
    time in a session, so that the order of its calls is the order in which they run. Times are in seconds.

    A result of more than ``max_result_bytes`` is a failure of its call (``too_large``).

    >>> import asyncio, sys
    >>> from toolgrad_dspy.tools.mcp import McpSource, StdioTarget
    >>> target = StdioTarget(sys.executable, ("-m", "toolgrad_dspy.world", "--seed", "${SEED}"))
    >>> async def main() -> None:
    ...     async with McpSource("town", target, isolation="session", allow=["*_contacts"]) as source:
    ...         print([tool.name for tool in await source.tools()], *source.notes())
    ...         async with source.session(seed=7) as session:
    ...             observation = await session.call(ToolCall(tool="find_contacts", arguments={"limit": 1}))
    ...             print(observation.value["total"])
    >>> asyncio.run(main())
    ['find_contacts'] town: 47 of 48 tools left out by "allow" and "deny"
    60

    A folder that tools may write to, each session on its own copy (needs Node.js)::

        target = StdioTarget("npx", ("-y", "@modelcontextprotocol/server-filesystem", "${WORKSPACE}"))
        McpSource("files", target, workspace=Path("fixtures"))
    """

    def __init__(
        self,
        id: str,
        target: Target,
        *,
        isolation: Isolation | None = None,
        workspace: Path | None = None,
        allow: Sequence[str] = (),
        deny: Sequence[str] = (),
        allow_writes: bool | None = None,
        prefix: str = "",
        category: str | None = None,
        max_parallel: int | None = None,
        timeout: float = 60.0,
        start_timeout: float = 60.0,
        max_result_bytes: int = RESULT_BYTES,
        max_restarts: int = 8,
    ) -> None:
        if workspace is not None and not isinstance(target, StdioTarget):
            raise ValueError("a workspace needs a StdioTarget: only a child process can be given a copy of a folder")
        self.id = id
        self.isolation = isolation or ("session" if workspace is not None else "shared")
        own = self.isolation == "session"  # nobody else sees what such a server writes
        self.secrets = target.secrets
        self._target = target
        self._hidden = Hidden(target.secrets)
        self._workspace = workspace
        writes = own and (self._has_folder or target.uses("SESSION"))
        self._filter = ToolFilter(
            tuple(allow),
            tuple(deny),
            writes=writes if allow_writes is None else allow_writes,
            advice=OWN_STATE if own else ALLOW_WRITES,
        )
        self._prefix = prefix
        self._category = category
        self._max_parallel = max_parallel or (1 if own else 32)
        self._timeout = timeout
        self._start_timeout = start_timeout
        self._max_restarts = max_restarts
        self._max_result_bytes = max_result_bytes
        self._executor: ThreadPoolExecutor | None = None
        self._tools: tuple[Tool, ...] = ()
        self._listed: frozenset[str] = frozenset()
        self._notes: tuple[SourceNote, ...] = ()
        self._shared: McpServer | None = None
        self._running: set[McpServer] = set()
        self._ending: dict[McpServer, asyncio.Task[None]] = {}
        self._pool = ServerPool()
        self._making_scratch: Future[Scratch] | None = None
        self._launcher: Launcher | None = None
        self._spares: Spares | None = None

    def hide(self, hidden: Hidden) -> None:
        self._hidden = hidden

    def use(self, pool: ServerPool) -> None:
        if isinstance(self._target, StdioTarget):
            self._pool = pool
            pool.expect(isolated=self.isolation == "session")

    async def open(self) -> None:
        """Start its server and list its tools. A server that every session has for itself is closed again."""
        self._executor = ThreadPoolExecutor(4, thread_name_prefix=f"toolgrad-{self.id}")
        async with AsyncExitStack() as opened:  # no server is left running, whatever goes wrong
            opened.push_async_callback(self.close)
            if isinstance(self._target, StdioTarget):
                self._launcher = Launcher(self._target, (await self._scratch()).owner)
            if self.isolation == "shared":
                self._shared = await self._started(0, proven=False)
                await self._list(self._shared)
            else:
                async with self._lent(), self._own(0, proven=False) as server:
                    await self._list(server)
                    if self._launcher is not None:
                        self._launcher.learn()
                if self._launcher is not None and not self._launcher.uses("SEED"):
                    self._spares = Spares(self._pool, partial(self._server, 0, proven=True), self._end)
            opened.pop_all()

    async def close(self) -> None:
        self._shared = None
        if self._spares is not None:
            self._spares.close()
            self._spares = None
        try:
            await all_ended(self._ended(server) for server in tuple(self._running))
        finally:
            executor, self._executor = self._executor, None
            if executor is not None:
                if self._making_scratch is not None:
                    await asyncio.shield(asyncio.wrap_future(executor.submit(remove, self._making_scratch)))
                    self._making_scratch = None
                executor.shutdown(wait=False)

    async def tools(self) -> list[Tool]:
        return list(self._tools)

    def notes(self) -> tuple[SourceNote, ...]:
        return self._notes

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator[ToolSession]:
        if self.isolation == "shared":
            if self._shared is None:
                raise self.not_open()
            yield McpSession(self._shared, self._tools, self._listed, survives=False)
            return
        async with self._lent(), self._own(seed, proven=True) as server:
            yield McpSession(server, self._tools, self._listed, survives=True)

    def _lent(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._launcher is None else self._pool.lent()

    @asynccontextmanager
    async def _own(self, seed: int, *, proven: bool) -> AsyncIterator[McpServer]:
        """A server for one session, which ends in the background afterwards."""
        server = await self._spares.take() if self._spares is not None else None
        if server is None:
            server = await self._started(seed, proven=proven)
        try:
            if self._spares is not None:
                self._spares.fill()
            yield server
        finally:
            self._end(server)

    async def _started(self, seed: int, *, proven: bool) -> McpServer:
        if self._launcher is not None:
            await self._pool.enter()
        try:
            server = self._server(seed, proven=proven)
        except ToolSourceError:  # it was closed meanwhile
            self._pool.leave()
            raise
        async with AsyncExitStack() as started:
            started.callback(self._end, server)
            await server.start()
            started.pop_all()
        return server

    def _server(self, seed: int, *, proven: bool) -> McpServer:
        if self._executor is None:
            raise self.not_open()
        place = self._making_scratch.result().path if self._making_scratch is not None else None
        server = McpServer(
            self.id,
            self._target,
            seed,
            make_workspace=partial(Workspace, self._workspace, place) if self._has_folder else None,
            executor=self._executor,
            start_timeout=self._start_timeout,
            call_timeout=self._timeout,
            max_parallel=self._max_parallel,
            max_restarts=self._max_restarts,
            proven=proven,
            result_bytes=self._max_result_bytes,
            hidden=self._hidden,
            launcher=self._launcher,
        )
        self._running.add(server)
        return server

    @property
    def _has_folder(self) -> bool:
        """Whether a session, or the shared server, gets a folder: a URL cannot be given one."""
        return self._workspace is not None or (
            isinstance(self._target, StdioTarget) and self._target.uses("WORKSPACE")
        )

    def _end(self, server: McpServer) -> None:
        """End the server in the background. Safe to call twice."""
        if server in self._running and server not in self._ending:
            self._ending[server] = asyncio.create_task(self._close(server))

    async def _ended(self, server: McpServer) -> None:
        """End the server, and wait for that."""
        self._end(server)
        if server in self._ending:
            await asyncio.shield(self._ending[server])

    async def _close(self, server: McpServer) -> None:
        try:
            await server.close()
        finally:
            self._running.discard(server)
            self._ending.pop(server, None)
            if self._launcher is not None:
                self._pool.leave()
            if self._spares is not None:
                self._spares.fill()

    async def _scratch(self) -> Scratch:
        """A folder for this source. Raises ToolSourceError (``scratch_not_made``)."""
        assert self._executor is not None, "it is being opened"
        self._making_scratch = self._executor.submit(Scratch)
        try:
            return await asyncio.wrap_future(self._making_scratch)
        except OSError as error:
            raise ToolSourceError(
                f"tool source {self.id!r} cannot have a temporary folder: {one_line(error)}; set TMPDIR to one that "
                "can be written to",
                code="scratch_not_made",
            ) from error

    async def _list(self, server: McpServer) -> None:
        listed = [
            server.public(tool_from_mcp(tool, source=self.id, name=self._prefix + tool.name, category=self._category))
            for tool in await server.list_tools()
        ]
        kept, notes = self._filter.apply(listed, self.id)
        tools, problems = usable(kept, self.id)
        if not tools:
            reason = one_line("; ".join(note.text for note in problems), 600)
            raise ToolSourceError(f"tool source {self.id!r} has no tool to offer: {reason}", code="no_tools")
        malformed = tuple(_malformed(self.id, server.malformed))
        self._tools = tuple(tools)
        self._notes = (*notes, *problems, *malformed, *_left_out(self.id, server.left_out))
        self._listed = frozenset(tool.name for tool in listed)


def _malformed(source: str, tools: Mapping[str, str]) -> Iterator[SourceNote]:
    """Notes on the tools that the protocol does not allow: it is not known how they would be called."""
    for name, problem in list(tools.items())[:NOTED]:
        text = f"tool {name!r} left out, the protocol does not allow it: {problem}; report it to its authors"
        yield SourceNote(source, "malformed_tool", text, (name,))
    if others := tuple(tools)[NOTED:]:
        text = f"{len(others)} more tools left out, which the protocol does not allow either"
        yield SourceNote(source, "malformed_tool", text, others)


def _left_out(source: str, left_out: Mapping[str, Sequence[str]]) -> Iterator[SourceNote]:
    """Notes on what of a workspace is not in its copies."""
    words = {"links_left_out": "links that lead out of it", "special_files_left_out": "pipes, sockets and devices"}
    for code, paths in left_out.items():
        if paths:
            shown = one_line(", ".join(paths[:3]), 120) + (", ..." if len(paths) > 3 else "")
            yield SourceNote(source, code, f"copies of the workspace have no {words[code]}: {len(paths)} ({shown})")


class McpSession(ToolSession):
    """A session on a server.

    One that has the server for itself ``survives`` its end: later calls fail, as data, and the run goes on with other
    sessions. A crash is its end once something was written. The end of a shared server is the end of the run.
    """

    def __init__(self, server: McpServer, tools: tuple[Tool, ...], listed: frozenset[str], *, survives: bool) -> None:
        self._server = server
        self._tools = {tool.name: tool for tool in tools}
        self._listed = listed
        self._survives = survives

    async def call(self, call: ToolCall) -> Observation:
        tool = self._tools.get(call.tool)
        if tool is None and call.tool in self._listed:
            return Observation.failure("not_permitted", f"tool {call.tool!r} was left out of this run")
        if tool is None:
            return Observation.failure("unknown_tool", f"there is no tool {call.tool!r}")
        if tool.writes and self._survives:
            self._server.holds_state()
        try:
            return await self._server.call(tool.source_name, call.arguments)
        except ToolSourceError as error:
            if not self._survives:
                raise
            return Observation.failure("connection", str(error))
