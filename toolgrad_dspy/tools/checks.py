"""Whether the tools of a source can be used at all, checked when it is opened."""

from collections.abc import Iterable

from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.json_schema import schema_problem
from toolgrad_dspy.records import Tool


def check_tools(tools: Iterable[Tool]) -> None:
    """Raises ToolSourceError, naming the tool, when a tool's parameters are not a JSON Schema."""
    for tool in tools:
        problem = schema_problem(tool.parameters)
        if problem:
            raise ToolSourceError(
                f"tool {tool.source_name!r} of source {tool.source!r} has an invalid JSON Schema: {problem}; "
                f'set "deny": ["{tool.source_name}"] to do without it',
                code="invalid_schema",
            )
