"""Plain Python functions as tools."""

from toolgrad_dspy.tools.functions.source import FunctionSource

__all__ = ["FunctionSource"]
