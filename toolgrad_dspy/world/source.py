"""The world as a tool source in this process: the tools that are there when no others are configured."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp import Client, MCPError, types

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema import Validator, argument_problem, compile_schema
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools.base import Isolation, ToolSession, ToolSource
from toolgrad_dspy.tools.mcp.convert import observation_from_mcp, tool_from_mcp
from toolgrad_dspy.world.server import SESSION_META, SESSION_PREFIX, build_server
from toolgrad_dspy.world.sessions import Worlds, template


class WorldSource(ToolSource):
    """The world of ``seed`` behind the official MCP client and server, without a process or a socket.

    All sessions start in the same world and share one client, which a task of its own opens and closes; a call
    names its session to the server. Nothing in the tools is random, so a session's seed has no effect.

    >>> import asyncio
    >>> async def main() -> None:
    ...     async with WorldSource(seed=0) as source, source.session(seed=0) as session:
    ...         people = await session.call(ToolCall(tool="find_contacts", arguments={"name": "Ada Quill"}))
    ...         (contact,) = people.value["contacts"]
    ...         arguments = {"contact_id": contact["contact_id"], "text": "See you at seven."}
    ...         sent = await session.call(ToolCall(tool="send_message", arguments=arguments))
    ...         print(sent.value["name"], sent.value["sent_at"])
    >>> asyncio.run(main())
    Ada Quill 2026-05-12T09:00
    """

    isolation: Isolation = "session"

    def __init__(self, seed: int = 0, *, id: str = "world") -> None:
        self.id = id
        self.seed = seed
        self._worlds = Worlds(seed, capacity=None)
        self._numbers = itertools.count(1)
        self._client: Client | None = None
        self._owner: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()  # set: the owner closes the client and ends
        self._tools: list[Tool] = []
        self._validators: dict[str, Validator] = {}

    async def open(self) -> None:
        if self._owner is not None:
            return
        template(self.seed)  # here, and not while the first session waits for it
        self._stop, ready = asyncio.Event(), asyncio.Event()
        self._owner = asyncio.create_task(self._own(ready, self._stop), name=f"tool source {self.id}")
        started = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait({started, self._owner}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            started.cancel()
            if not ready.is_set():  # cancelled, or the owner failed: closing awaits it, and so raises its error
                await self.close()

    async def _own(self, ready: asyncio.Event, stop: asyncio.Event) -> None:
        """Open and close the client in one task, as its task groups demand."""
        async with Client(build_server(self._worlds), cache=None) as client:
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
        self._worlds.clear()

    async def tools(self) -> list[Tool]:
        self._open_client()
        return list(self._tools)

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator["WorldSession"]:
        self._open_client()
        name = str(next(self._numbers))
        self._worlds.open(SESSION_PREFIX + name)
        try:
            yield WorldSession(self, name)
        finally:
            self._worlds.close(SESSION_PREFIX + name)

    async def call(self, name: str, call: ToolCall) -> Observation:
        """Run ``call`` on the world of the session ``name``."""
        started = time.perf_counter()
        client = self._open_client()
        validator = self._validators.get(call.tool)
        if validator is None:
            return Observation.failure("unknown_tool", f"Unknown tool: {call.tool}")
        if problem := argument_problem(validator, call.arguments):
            return Observation.failure("invalid_arguments", problem)
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
            return Observation.failure("connection", one_line(error))
        # Closed meanwhile: what the server answered then is a refusal that no tool of the world has made.
        if SESSION_PREFIX + name not in self._worlds:
            return Observation.failure("connection", "The session was closed during the call.")
        return observation_from_mcp(result, time.perf_counter() - started)

    def _open_client(self) -> Client:
        if self._client is None:
            raise self.not_open()
        return self._client


class WorldSession(ToolSession):
    """One session's world."""

    def __init__(self, source: WorldSource, name: str) -> None:
        self._source = source
        self._name = name

    async def call(self, call: ToolCall) -> Observation:
        return await self._source.call(self._name, call)
