"""Servers that are started before a session asks for one."""

import asyncio
import os
from collections.abc import Callable
from functools import partial

from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.tools.mcp.server import McpServer
from toolgrad_dspy.tools.server_pool import ServerPool

MOST = min(4, os.cpu_count() or 1)
"""Spare servers of one source: starting one keeps a processor busy, so more would not be ready any sooner."""


class Spares:
    """Spare servers, ``make`` makes one and ``end`` ends one in the background. They take no place that is wanted."""

    def __init__(self, pool: ServerPool, make: Callable[[], McpServer], end: Callable[[McpServer], None]) -> None:
        self._pool = pool
        self._make = make
        self._end = end
        self._starting: dict[McpServer, asyncio.Task[None]] = {}
        self._closed = False

    def fill(self) -> None:
        """Start what is missing, as far as there is room."""
        while not self._closed and len(self._starting) < MOST and self._pool.enter_at_once():
            server = self._make()
            starting = self._starting[server] = asyncio.create_task(server.start())
            starting.add_done_callback(_looked_at)
            self._pool.offer(server, partial(self._discard, server))

    async def take(self) -> McpServer | None:
        """A server that has started, and its place; None if there is none."""
        while self._starting:
            server, starting = next(iter(self._starting.items()))
            del self._starting[server]
            self._pool.withdraw(server)
            try:
                await starting
            except ToolSourceError:  # whoever asked starts one, and hears why that is not possible
                self._end(server)
            except BaseException:  # boundary: whoever asked is gone
                starting.cancel()
                self._end(server)
                raise
            else:
                return server
        return None

    def close(self) -> None:
        """End all spare servers, and start no more."""
        self._closed = True
        for server in tuple(self._starting):
            self._discard(server)

    def _discard(self, server: McpServer) -> None:
        starting = self._starting.pop(server, None)
        self._pool.withdraw(server)
        if starting is not None:
            starting.cancel()
            self._end(server)


def _looked_at(starting: "asyncio.Task[None]") -> None:
    """Nobody may ever ask for a spare server that did not start, nor for the reason."""
    if not starting.cancelled():
        starting.exception()
