"""The town as a tool source in this process: the tools that are there when no others are configured."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jsonschema.protocols import Validator
from mcp import Client, MCPError, types

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.json_schema import argument_problem, compile_schema
from toolgrad_dspy.records import ErrorKind, Observation, Tool, ToolCall
from toolgrad_dspy.tools.base import Isolation, ToolSession, ToolSource
from toolgrad_dspy.tools.mcp.convert import observation_from_mcp, tool_from_mcp
from toolgrad_dspy.world.server import SESSION_META, SESSION_PREFIX, build_server
from toolgrad_dspy.world.sessions import Towns, template


class WorldSource(ToolSource):
    """The town of ``seed`` behind the official MCP client and server, without a process or a socket.

    All sessions start in the same town and share one client, which a task of its own opens and closes; a call
    names its session to the server. Nothing in the tools is random, so a session's seed has no effect.
    """

    isolation: Isolation = "session"

    def __init__(self, seed: int = 0, *, id: str = "world") -> None:
        self.id = id
        self.seed = seed
        self._towns = Towns(seed, capacity=None)
        self._numbers = itertools.count(1)
        self._client: Client | None = None
        self._owner: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()  # set: the owner closes the client and ends
        self._tools: list[Tool] = []
        self._validators: dict[str, Validator] = {}

    async def open(self) -> None:
        if self._owner is not None:
            return
        template(self.seed)
        self._stop, ready = asyncio.Event(), asyncio.Event()
        self._owner = asyncio.create_task(self._own(ready, self._stop), name=f"tool source {self.id}")
        started = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait({started, self._owner}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            started.cancel()
            if not ready.is_set():
                await self.close()

    async def _own(self, ready: asyncio.Event, stop: asyncio.Event) -> None:
        """Open and close the client in one task, as its task groups demand."""
        async with Client(build_server(self._towns), cache=None) as client:
            self._tools = [tool_from_mcp(tool, source=self.id) for tool in (await client.list_tools()).tools]
            self._validators = {tool.name: compile_schema(tool.parameters) for tool in self._tools}
            self._client = client
            ready.set()
            try:
                await stop.wait()
            finally:
                self._client = None

    async def close(self) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            self._stop.set()
            await owner
        self._towns.clear()

    async def tools(self) -> list[Tool]:
        self._open_client()
        return list(self._tools)

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator["WorldSession"]:
        self._open_client()
        name = str(next(self._numbers))
        self._towns.open(SESSION_PREFIX + name)
        try:
            yield WorldSession(self, name)
        finally:
            self._towns.close(SESSION_PREFIX + name)

    async def call(self, name: str, call: ToolCall) -> Observation:
        """Run ``call`` on the town of the session ``name``."""
        started = time.perf_counter()
        client = self._open_client()
        validator = self._validators.get(call.tool)
        if validator is None:
            return _failed("unknown_tool", f"Unknown tool: {call.tool}")
        if problem := argument_problem(validator, call.arguments):
            return _failed("invalid_arguments", problem)
        try:
            # Not client.call_tool: it validates every result against the output schema once more, which the server
            # has done, and that is two thirds of the time of a call.
            result = await client.session.send_request(
                types.CallToolRequest(
                    params=types.CallToolRequestParams.model_validate(
                        {"name": call.tool, "arguments": call.arguments, "_meta": {SESSION_META: name}}
                    )
                ),
                types.CallToolResult,
            )
        except MCPError as error:
            return _failed("connection", one_line(error))
        if SESSION_PREFIX + name not in self._towns:
            return _failed("connection", "The session was closed during the call.")
        return observation_from_mcp(result, time.perf_counter() - started)

    def _open_client(self) -> Client:
        if self._client is None:
            raise ToolSourceError(f"The tool source {self.id!r} is not open.")
        return self._client


class WorldSession(ToolSession):
    """One session's town."""

    def __init__(self, source: WorldSource, name: str) -> None:
        self._source = source
        self._name = name

    async def call(self, call: ToolCall) -> Observation:
        return await self._source.call(self._name, call)


def _failed(kind: ErrorKind, message: str) -> Observation:
    return Observation.failure(kind, message)
