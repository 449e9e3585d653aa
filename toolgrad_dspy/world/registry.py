"""How a plain function on a :class:`World` becomes an MCP tool."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel

from toolgrad_dspy.tools.functions.schema import UntitledSchema
from toolgrad_dspy.tools.mcp.convert import CATEGORY_META
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.errors import WorldError

FindWorld = Callable[[Context[Any, Any]], World]
"""Finds the copy of the world that a request works on."""

ToolFunction = Callable[..., BaseModel]
"""A tool as it is written: ``(world, ...parameters) -> result``. It refuses by raising WorldError."""

FunctionT = TypeVar("FunctionT", bound=ToolFunction)


class Toolbox:
    """The tools of one category. Its decorators register a function and return it unchanged."""

    def __init__(self, category: str) -> None:
        self.category = category
        self._entries: list[tuple[ToolFunction, ToolAnnotations]] = []

    def reads(self, function: FunctionT) -> FunctionT:
        """Register a tool that changes nothing."""
        hints = ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        )
        self._entries.append((function, hints))
        return function

    def writes(self, *, destructive: bool = False, idempotent: bool = False) -> Callable[[FunctionT], FunctionT]:
        """Register a tool that changes the world; one that raises leaves it as it was.

        ``destructive``: it can take something away. ``idempotent``: doing it again changes nothing more.
        """
        hints = ToolAnnotations(
            read_only_hint=False, destructive_hint=destructive, idempotent_hint=idempotent, open_world_hint=False
        )

        def register(function: FunctionT) -> FunctionT:
            self._entries.append((function, hints))
            return function

        return register

    def build(self, find_world: FindWorld) -> list[Tool]:
        """The registered functions as tools for an ``MCPServer``, in the order they were registered."""
        return [self._tool(function, hints, find_world) for function, hints in self._entries]

    def _tool(self, function: ToolFunction, hints: ToolAnnotations, find_world: FindWorld) -> Tool:
        tool = Tool.from_function(
            _handler(function, find_world, writes=not hints.read_only_hint),
            name=function.__name__,
            description=inspect.cleandoc(function.__doc__ or ""),
            annotations=hints,
            meta={CATEGORY_META: self.category},
        )
        # The SDK ignores an argument it does not know. A misspelt filter would then look as if it had been applied.
        arguments = tool.fn_metadata.arg_model
        arguments.model_config["extra"] = "forbid"
        arguments.model_rebuild(force=True)
        tool.parameters = arguments.model_json_schema(schema_generator=UntitledSchema)
        return tool


def _handler(function: ToolFunction, find_world: FindWorld, *, writes: bool) -> Callable[..., Any]:
    """``function`` as the SDK wants it: asynchronous (a plain one would run in a thread of its own, where calls of
    one session could overtake each other), with the world found through the request."""

    async def handle(context: Context[Any, Any], **arguments: Any) -> CallToolResult:
        try:
            world = find_world(context)
            if writes:
                with world.transaction():
                    result = function(world, **arguments)
            else:
                result = function(world, **arguments)
        except WorldError as refusal:
            return CallToolResult(content=[TextContent(type="text", text=str(refusal))], is_error=True)
        return CallToolResult(
            content=[TextContent(type="text", text=result.model_dump_json())],
            structured_content=result.model_dump(mode="json"),
        )

    signature = inspect.signature(function, eval_str=True)
    own = list(signature.parameters.values())[1:]
    injected = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Context[Any, Any])
    returns = Annotated[CallToolResult, signature.return_annotation]
    handle.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [injected, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own)], return_annotation=returns
    )
    handle.__annotations__ = {p.name: p.annotation for p in (injected, *own)} | {"return": returns}
    handle.__name__ = function.__name__
    return handle
