"""Where tools come from and how they are called.

Sources over MCP servers are in ``toolgrad_dspy.tools.mcp`` and ``toolgrad_dspy.tools.mcp.config``, the conformance
suite for sources of one's own in ``toolgrad_dspy.tools.conformance``.
"""

from toolgrad_dspy.tools.base import Isolation, ToolSession, ToolSource
from toolgrad_dspy.tools.filters import ToolFilter
from toolgrad_dspy.tools.functions.source import FunctionSource
from toolgrad_dspy.tools.library import Library, LibrarySession

__all__ = [  # noqa: RUF022 - grouped by topic
    # the contract
    "Isolation",
    "ToolSession",
    "ToolSource",
    # sources
    "FunctionSource",
    # all tools of a run
    "Library",
    "LibrarySession",
    "ToolFilter",
]
