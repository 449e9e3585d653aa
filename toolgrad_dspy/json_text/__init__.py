"""What models write as JSON or as text, read as what it means: nearly JSON, Python, fences, thoughts, cut off."""

from toolgrad_dspy.json_text.extent import Extent, UnreadableError, extent
from toolgrad_dspy.json_text.literals import python_value
from toolgrad_dspy.json_text.texts import text_of, unquoted
from toolgrad_dspy.json_text.values import CUT, Value, read_value
from toolgrad_dspy.json_text.visible import LONGEST, Visible, trimmed, visible, whole_characters

__all__ = [
    "CUT",
    "LONGEST",
    "Extent",
    "UnreadableError",
    "Value",
    "Visible",
    "extent",
    "python_value",
    "read_value",
    "text_of",
    "trimmed",
    "unquoted",
    "visible",
    "whole_characters",
]
