"""The files that ``--tools`` takes, by kind."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from toolgrad_dspy.errors import Mistakes
from toolgrad_dspy.runs.tools_spec import McpTools, PythonTools, ToolsSpec, joined_tools

ToolsFiles: TypeAlias = str | Path | Sequence[str | Path] | None
"""One file or several, as ``--tools`` takes them."""

_IN_FILE = re.compile(r"(?P<path>.+\.py)(?::(?P<name>[^\W\d]\w*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ToolsKind:
    """A kind of tools file: whether ``given``, what stands after ``--tools``, is of it, and how it is read.

    ``load`` raises UsageError.
    """

    name: str
    is_of: Callable[[str], bool]
    load: Callable[[str], ToolsSpec]


def _python(given: str) -> ToolsSpec:
    parts = _IN_FILE.fullmatch(given)
    assert parts is not None, "is_of has said so"
    return PythonTools.of(Path(parts["path"]), parts["name"])


def _servers(given: str) -> ToolsSpec:
    from toolgrad_dspy.tools.mcp import load_mcp_config

    return McpTools(load_mcp_config(Path(given)))


KINDS = (
    ToolsKind("a Python file", lambda given: _IN_FILE.fullmatch(given) is not None, _python),
    # The last one: it says what is wrong with what is of no kind.
    ToolsKind("an MCP servers file", lambda given: True, _servers),
)
"""The kinds of files, in the order in which they are asked."""


def tools_spec(files: ToolsFiles = None) -> ToolsSpec:
    """The tools of a file, or of several together; the bundled world without one.

    A file is an MCP servers file or a Python file, of which ``tools.py:name`` takes one thing alone. Raises
    UsageError about all that are wrong.

    >>> tools_spec().name
    'the bundled world'
    """
    given = [files] if isinstance(files, (str, os.PathLike)) else files or ()
    mistakes = Mistakes("")
    read = [mistakes.attempt(partial(_part, os.fspath(file)), None) for file in given]
    mistakes.check()
    return joined_tools([part for part in read if part is not None])


def _part(given: str) -> ToolsSpec:
    return next(kind for kind in KINDS if kind.is_of(given)).load(given)
