"""What model servers take as the schema of an answer: plain schemas, converted to each dialect or refused."""

from toolgrad_dspy.json_schema.dialects.base import Dialect, Reason, Refusal
from toolgrad_dspy.json_schema.dialects.convert import DIALECTS, convert

__all__ = ["DIALECTS", "Dialect", "Reason", "Refusal", "convert"]
