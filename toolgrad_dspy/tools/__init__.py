"""Where tools come from and how they are called.

Tools of MCP servers are in ``toolgrad_dspy.tools.mcp``, behaviour around a source (limits, filters, logs) in
``toolgrad_dspy.tools.wrappers``, and the checks for a source of one's own in ``toolgrad_dspy.tools.conformance``.
"""

from toolgrad_dspy.tools.base import Isolation, SourceNote, ToolSession, ToolSource
from toolgrad_dspy.tools.filters import ToolFilter
from toolgrad_dspy.tools.functions.source import FunctionSource
from toolgrad_dspy.tools.library import Library, LibrarySession

__all__ = [  # noqa: RUF022 - grouped by topic
    # the contract
    "Isolation",
    "SourceNote",
    "ToolSession",
    "ToolSource",
    # sources
    "FunctionSource",
    # all tools of a run
    "Library",
    "LibrarySession",
    "ToolFilter",
]
