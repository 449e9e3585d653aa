"""Which tools of a source can be used at all, found out when it is opened."""

from collections.abc import Sequence

from toolgrad_dspy.json_schema import may_be_object, schema_problem
from toolgrad_dspy.records import Tool
from toolgrad_dspy.tools.base import SourceNote

NOTED = 20
"""Tools of a source that have a note of their own; further ones share one."""


def usable(tools: Sequence[Tool], source: str) -> tuple[list[Tool], list[SourceNote]]:
    """The tools whose parameters are a JSON Schema of objects, and a note (``invalid_schema``) for each other one.

    Every schema is compiled as a run compiles it, so that none stops a run later on.
    """
    kept: list[Tool] = []
    refused: list[tuple[str, str]] = []
    for tool in tools:
        problem = _problem(tool)
        if problem is None:
            kept.append(tool)
        else:
            refused.append((tool.source_name, problem))
    notes = [_note(source, name, problem) for name, problem in refused[:NOTED]]
    if others := [name for name, _ in refused[NOTED:]]:
        text = f"{len(others)} more tools left out, whose JSON Schemas are invalid too"
        notes.append(SourceNote(source, "invalid_schema", text, tuple(others)))
    return kept, notes


def _problem(tool: Tool) -> str | None:
    problem = schema_problem(tool.parameters)
    if problem is None and not may_be_object(tool.parameters):
        return "the schema: the arguments of a tool are an object, and it describes none"
    return problem


def _note(source: str, name: str, problem: str) -> SourceNote:
    text = (
        f"tool {name!r} left out, its JSON Schema is invalid: {problem}; "
        f'report it to its authors, or set "deny": ["{name}"] to leave this line out, too'
    )
    return SourceNote(source, "invalid_schema", text, (name,))
