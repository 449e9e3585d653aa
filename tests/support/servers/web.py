"""A server on the official SDK: over streamable HTTP as a script, in process as ``make_server(seed)``."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel

READS = ToolAnnotations(read_only_hint=True)


class Item(BaseModel):
    name: str
    quantity: int = 1


@asynccontextmanager
async def notes(_: MCPServer) -> AsyncIterator[list[str]]:
    yield []


def make_server(seed: int = 0) -> MCPServer:
    server = MCPServer("web", lifespan=notes)

    @server.tool(annotations=READS)
    def add(a: int, b: int = 2) -> int:
        """Add two numbers."""
        return a + b

    @server.tool(annotations=READS)
    def order(items: list[Item], note: str | None = None) -> dict[str, int]:
        """Count items."""
        return {item.name: item.quantity for item in items}

    @server.tool(annotations=READS)
    def read_notes(ctx: Context[Any, Any]) -> list[str]:
        """All notes."""
        return list(ctx.request_context.lifespan_context)

    @server.tool(annotations=READS, meta={"toolgrad/category": "Numbers"})
    def seed_of() -> int:
        """The seed."""
        return seed

    @server.tool()
    def write_note(text: str, ctx: Context[Any, Any]) -> int:
        """Keep a note."""
        ctx.request_context.lifespan_context.append(text)
        return len(ctx.request_context.lifespan_context)

    @server.tool(annotations=READS)
    def fail(text: str) -> str:
        """Fail."""
        raise ValueError(text)

    return server


if __name__ == "__main__":
    port = int(sys.argv[1])
    if sys.argv[2] == "sse":
        make_server().run(transport="sse", port=port)
    else:
        make_server().run(transport="streamable-http", port=port)
