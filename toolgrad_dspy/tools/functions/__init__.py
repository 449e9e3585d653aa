"""Plain Python functions as tools."""

from toolgrad_dspy.tools.functions.file import python_sources, source_digest
from toolgrad_dspy.tools.functions.source import FunctionSource

__all__ = ["FunctionSource", "python_sources", "source_digest"]
