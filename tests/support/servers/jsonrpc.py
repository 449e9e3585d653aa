"""A stdio MCP server of a few lines, without the SDK: it starts in 30 ms instead of a second."""

import json
import sys
from collections.abc import Callable
from typing import Any

Handler = Callable[[dict[str, Any]], dict[str, Any]]


def text(*lines: str, error: bool = False, structured: object = None) -> dict[str, Any]:
    """A tool's result: a block of text per line."""
    result: dict[str, Any] = {"content": [{"type": "text", "text": line} for line in lines], "isError": error}
    if structured is not None:
        result["structuredContent"] = structured
    return result


def tool(name: str, properties: dict[str, Any] | None = None, *, reads: bool = False, **more: Any) -> dict[str, Any]:
    """An entry of the tool list. All ``properties`` are required; ``more`` is added to the entry."""
    schema = {"type": "object", "properties": properties or {}, "required": list(properties or {})}
    hints = {"readOnlyHint": True} if reads else {}
    return {"name": name, "description": "", "inputSchema": schema, "annotations": hints, **more}


def serve(tools: list[dict[str, Any]], handlers: dict[str, Handler], page: int = 1000) -> None:
    """Answer requests until standard input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        sys.stdout.write(json.dumps(reply(message, tools, handlers, page)) + "\n")
        sys.stdout.flush()


def reply(
    message: dict[str, Any], tools: list[dict[str, Any]], handlers: dict[str, Handler], page: int = 1000
) -> dict[str, Any]:
    """The answer to one request."""
    return {"jsonrpc": "2.0", "id": message["id"], **_answer(message, tools, handlers, page)}


def _answer(
    message: dict[str, Any], tools: list[dict[str, Any]], handlers: dict[str, Handler], page: int
) -> dict[str, Any]:
    params = message.get("params") or {}
    match message["method"]:
        case "initialize":
            info = {"name": "test", "version": "1"}
            return {"result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}}
        case "tools/list":
            start = int(params.get("cursor", 0))
            more = {"nextCursor": str(start + page)} if start + page < len(tools) else {}
            return {"result": {"tools": tools[start : start + page], **more}}
        case "tools/call" if params["name"] in handlers:
            return {"result": handlers[params["name"]](params.get("arguments") or {})}
        case "tools/call":
            return {"error": {"code": -32602, "message": f"Unknown tool: {params['name']}"}}
        case method:
            return {"error": {"code": -32601, "message": f"Method not found: {method}"}}
