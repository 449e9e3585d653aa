"""Where tools come from and how they are called.

Sources over MCP servers are in ``toolgrad_dspy.tools.mcp`` and ``toolgrad_dspy.tools.mcp_config``, the conformance
suite for sources of one's own in ``toolgrad_dspy.tools.conformance``.
"""

from toolgrad_dspy.tools.functions import FunctionSource
from toolgrad_dspy.tools.library import Library, LibrarySession
from toolgrad_dspy.tools.selection import ToolFilter
from toolgrad_dspy.tools.source import Isolation, ToolSession, ToolSource

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
