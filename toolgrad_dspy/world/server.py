"""The world as an MCP server.

Which copy of the world a call works on, by what the request carries, the first that applies:

1. ``_meta["toolgrad/session"]``, on any transport;
2. over HTTP, the header ``X-Toolgrad-Session``;
3. over HTTP with the initialize handshake (protocol versions up to 2025-11-25), the connection's own
   ``Mcp-Session-Id``;
4. none of these: one copy that all such calls share. Over stdio that is the session, since a process serves one
   client. Over HTTP, protocol 2026-07-28 has no sessions and every request stands alone, so clients that want
   to be isolated have to name a session by 1 or 2.

Names are not secrets: whoever knows another client's session name works on its copy.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.tools import Tool

from toolgrad_dspy.world.clock import NOW
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.sessions import Worlds
from toolgrad_dspy.world.tools import TOOLBOXES

SESSION_META = "toolgrad/session"
SESSION_HEADER = "x-toolgrad-session"
SESSION_PREFIX = "named:"
"""Prefix of the key of a session that a client named, so that it never equals a key of another kind."""

INSTRUCTIONS = (
    f"Tools of Alderbrook, a small town, for its resident Robin Vale. It is always {NOW:%A, %Y-%m-%d, %H:%M}. "
    "Dates are written YYYY-MM-DD and times HH:MM. Ids come from the results of other tools."
)


def build_server(worlds: Worlds) -> MCPServer[Worlds]:
    """A server whose calls work on ``worlds``. Serves any number of clients of one event loop."""

    @contextlib.asynccontextmanager
    async def lifespan(_: MCPServer[Worlds]) -> AsyncIterator[Worlds]:
        yield worlds

    with _root_logger_untouched():
        return MCPServer(
            "alderbrook", instructions=INSTRUCTIONS, tools=list(_tools()), lifespan=lifespan, log_level="WARNING"
        )


@cache
def _tools() -> tuple[Tool, ...]:
    """The tools, shared by all servers: building the models of their arguments takes a tenth of a second."""
    return tuple(tool for toolbox in TOOLBOXES for tool in toolbox.build(find_world))


def find_world(context: Context[Worlds, Any]) -> World:
    """The copy that a request works on."""
    worlds: Worlds = context.request_context.lifespan_context
    return worlds.get(session_key(context))


def session_key(context: Context[Worlds, Any]) -> str:
    """The key of that copy, by the rules in the module's docstring."""
    named = (context.request_context.meta or {}).get(SESSION_META)
    if isinstance(
        named, str
    ):  # whatever else stands there is from a client that means something different by the key
        return SESSION_PREFIX + named
    headers = context.headers or {}  # None over stdio and in process
    if named := headers.get(SESSION_HEADER):
        return SESSION_PREFIX + named
    return f"connection:{headers.get('mcp-session-id', '')}"


@contextlib.contextmanager
def _root_logger_untouched() -> Iterator[None]:
    """Undo what MCPServer's constructor does to the root logger, which belongs to the application."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
