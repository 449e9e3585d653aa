"""How tools look in a prompt: a line each, in short for planning, with the full schema where a call is mended."""

import re
from collections.abc import Iterable
from typing import Self

from pydantic import JsonValue

from toolgrad_dspy.json_schema import key_outline, parameter_list, sketch
from toolgrad_dspy.records import Tool
from toolgrad_dspy.rendering.cutting import MORE, line
from toolgrad_dspy.rendering.useful_keys import UsefulKeys

# Characters of a tool's description, and of the outline of its result.
DESCRIPTION = 56
RESULT = 60
# A tool is shown with other examples in other sessions: so many lines of each are made.
VARIANTS = 8

_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
# Where a sentence can be cut without losing what it is about.
_CLAUSE = re.compile(r"[;:,(]\s|\s\(|\s-\s")


class ToolLines:
    """The tools of a library as prompts show them. Each line is made once: tools do not change while it is open."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.useful = UsefulKeys(tools)
        self._lines: dict[tuple[str, int], str] = {}

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # DSPy's optimizers copy programs deeply; the copies work on the same library

    def text(self, tools: Iterable[Tool], variant: int = 0) -> str:
        """``tools``, one per line, in their order; ``variant``, any number, chooses among the examples."""
        return "\n".join(self._line(tool, variant % VARIANTS) for tool in tools)

    def _line(self, tool: Tool, variant: int) -> str:
        known = self._lines.get((tool.name, variant))
        if known is None:
            known = self._lines[tool.name, variant] = signature_line(tool, self.useful, variant)
        return known


def signature_line(tool: Tool, useful: UsefulKeys, variant: int = 0) -> str:
    """``search_stops(text?: e.g. "Quay") -> {stops: [{stop_id, name}]} # Search the stops.``

    The notation is that of :func:`~toolgrad_dspy.json_schema.parameter_list`. Of the result the keys that a later
    call can use are shown, if the tool declares its result and any of its keys is known.
    """
    listed = parameter_list(tool.parameters, useful.returned, variant)
    result = "" if tool.returns is None else key_outline(tool.returns, useful, RESULT)
    described = short_description(tool.description)
    return f"{tool.name}{listed}{result and f' -> {result}'}{described and f' # {described}'}"


def schema_line(tool: Tool) -> str:
    """A tool as JSON: name, description, argument schema, and the shape of its result."""
    shown: dict[str, JsonValue] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    if tool.returns is not None:
        shown["returns"] = sketch(tool.returns)
    return line(shown)


def short_description(text: str, limit: int = DESCRIPTION) -> str:
    """The first sentence of a description on one line, cut between its clauses if it is longer than ``limit``.

    >>> short_description("Search the stops by name; the list is empty when there are none. Fast.", 40)
    'Search the stops by name…'
    """
    first = _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0].rstrip(".")
    if len(first) <= limit:
        return first
    clauses = [cut.start() for cut in _CLAUSE.finditer(first) if limit / 3 <= cut.start() <= limit]
    end = clauses[-1] if clauses else first.rfind(" ", 0, limit)
    return first[: end if end > 0 else limit].rstrip() + MORE
