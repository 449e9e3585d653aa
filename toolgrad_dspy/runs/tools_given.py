"""Tools as a program gives them: files, Python functions and sources, alone or together."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from toolgrad_dspy.errors import UsageError, brief
from toolgrad_dspy.runs.tools_files import tools_spec
from toolgrad_dspy.runs.tools_spec import McpTools, SourceTools, ToolsSpec, joined_tools

if TYPE_CHECKING:
    from toolgrad_dspy.tools import ToolSource

Given: TypeAlias = "str | Path | Mapping[str, Any] | Callable[..., Any] | ToolSource | ToolsSpec"
"""A tools file, what a servers file would hold, a function, a source, or tools as data."""

ToolsGiven: TypeAlias = "Given | Sequence[Given] | None"
"""One or several of them; None: the bundled world."""

FUNCTIONS = "functions"
"""The name of the source that functions given by themselves are of."""


def tools_given(tools: ToolsGiven = None) -> ToolsSpec:
    """The tools of a run from what a program has at hand; the bundled world without any.

    Files are what ``--tools`` takes, a mapping is what a servers file holds (``{"mcpServers": ...}``). Functions are
    shared by all sessions and count as writing: a :class:`~toolgrad_dspy.tools.FunctionSource` says more about them.
    A source is used by one run at a time. Raises UsageError: ``not_a_tool``, ``no_tools``, ``duplicate_source``, and
    what is wrong with a file.

    >>> def double(number: int) -> int:
    ...     '''Twice a number.'''
    ...     return 2 * number
    >>> tools_given([double]).name
    'functions'
    """
    from toolgrad_dspy.tools import FunctionSource, ToolSource
    from toolgrad_dspy.tools.mcp import mcp_config

    given = [tools] if _is_one(tools) else list(tools or ())  # type: ignore[arg-type]
    if tools is not None and not given:
        raise UsageError("no tools were given; None stands for the bundled world", code="no_tools")
    parts: list[ToolsSpec] = []
    functions: list[Callable[..., Any]] = []
    for one in given:
        if isinstance(one, ToolsSpec):
            parts.append(one)
        elif isinstance(one, ToolSource):
            parts.append(_of(one))
        elif isinstance(one, (str, os.PathLike)):
            parts.append(tools_spec(one))
        elif isinstance(one, Mapping):
            parts.append(McpTools(mcp_config(one)))
        elif callable(one) and not isinstance(one, type):
            functions.append(one)
        else:
            raise UsageError(f"{brief(one)} is no tools file, no function and no ToolSource", code="not_a_tool")
    if functions:
        parts.append(_of(FunctionSource(FUNCTIONS, functions)))
    return joined_tools(parts)


def _is_one(tools: object) -> bool:
    return tools is not None and not isinstance(tools, (list, tuple, set, frozenset))


def _of(source: "ToolSource") -> SourceTools:
    return SourceTools(source.id, lambda: [source])
