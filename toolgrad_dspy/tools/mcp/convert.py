"""From the Model Context Protocol's types to our records.

Works on the objects of the official SDK without importing it.
"""

import json
import re
from typing import TYPE_CHECKING

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from toolgrad_dspy.records import ErrorKind, Observation, Tool, ToolAnnotations, ToolError
from toolgrad_dspy.tools.names import safe_name

if TYPE_CHECKING:
    from mcp import types as mcp_types

CATEGORY_META = "toolgrad/category"
"""The ``_meta`` key by which a server may say what category a tool belongs to."""

INVALID_PARAMS = -32602
"""JSON-RPC 2.0, section 5.1."""

# How the SDKs word an argument error that they return as a result instead of as a JSON-RPC error. Anchored: a
# tool that only quotes such a text somewhere in its own message did run.
_ARGUMENT_ERROR = re.compile(
    rf"(?:MCP error {INVALID_PARAMS}: )?Input validation error\b"  # TypeScript 1.x; Python 1.x, low level
    rf"|MCP error {INVALID_PARAMS}: Invalid arguments\b"  # TypeScript before 1.20
    r"|Error executing tool \S+: \d+ validation errors? for \w*Arguments\b"  # Python, MCPServer and FastMCP 1
    r"|(?:Error calling tool \S+: )?\d+ validation errors? for call\["  # FastMCP 2
)
_UNKNOWN_TOOL = re.compile(rf"(?:MCP error {INVALID_PARAMS}: )?(?:Unknown tool: |Tool \S+ (?:not found|disabled)\b)")


def tool_from_mcp(
    tool: "mcp_types.Tool", *, source: str, name: str | None = None, category: str | None = None
) -> Tool:
    """``tool`` as a record of the source ``source``, with its schemas unchanged.

    ``name`` (default: the server's own) is made valid for every provider by :func:`safe_name`. The category is
    what the server says under the ``_meta`` key :data:`CATEGORY_META`, else ``category``, else the source's id.
    """
    declared = (tool.meta or {}).get(CATEGORY_META)
    hints = tool.annotations
    return Tool(
        name=safe_name(name if name is not None else tool.name),
        source_name=tool.name,
        description=tool.description or "",
        parameters=tool.input_schema,
        returns=tool.output_schema,
        source=source,
        category=declared if isinstance(declared, str) and declared else category or source,
        annotations=ToolAnnotations()
        if hints is None
        else ToolAnnotations(
            read_only=hints.read_only_hint,
            destructive=hints.destructive_hint,
            idempotent=hints.idempotent_hint,
            open_world=hints.open_world_hint,
        ),
    )


def observation_from_mcp(result: "mcp_types.CallToolResult", latency: float) -> Observation:
    """``result`` as an observation; ``latency`` in seconds.

    ``content`` is the structured content as the server sent it. ``text`` joins the text blocks by newlines, and
    shows every other block as a line such as ``[image image/png, 4 kB]``; where there is no block at all it is
    the structured content as JSON. A result marked as an error has an error of kind ``tool``, or
    ``invalid_arguments`` or ``unknown_tool`` where it is worded as the common SDKs word these.
    """
    # NaN and the infinities are no JSON (RFC 8259, section 6): a store would read back another value.
    content: JsonValue = to_jsonable_python(result.structured_content, inf_nan_mode="null")
    text = "\n".join(_block_text(block) for block in result.content)
    if not result.content and content is not None:
        text = json.dumps(content, ensure_ascii=False)
    error = ToolError(kind=error_kind(text), message=text or "the tool reports an error") if result.is_error else None
    return Observation(content=content, text=text, error=error, latency=latency)


def error_kind(text: str) -> ErrorKind:
    """The kind of an error that a server reports with ``text`` alone."""
    if _UNKNOWN_TOOL.match(text):
        return "unknown_tool"
    return "invalid_arguments" if _ARGUMENT_ERROR.match(text) else "tool"


def _block_text(block: "mcp_types.ContentBlock") -> str:
    if block.type == "text":
        return block.text
    if block.type == "resource_link":
        return f"[link {block.uri}]"
    if block.type == "resource":
        resource = block.resource
        if hasattr(resource, "text"):
            return resource.text
        return f"[resource {resource.uri} {resource.mime_type or 'binary'}, {_size(resource.blob)}]"
    return f"[{block.type} {block.mime_type}, {_size(block.data)}]"


def _size(base64_data: str) -> str:
    """The size of the decoded data, rounded up to kB."""
    return f"{max(1, -(-len(base64_data) * 3 // 4 // 1000))} kB"
