"""Where tools come from and how they are called."""

from toolgrad_dspy.tools.source import Isolation, ToolSession, ToolSource

__all__ = ["Isolation", "ToolSession", "ToolSource"]
