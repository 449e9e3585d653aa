"""The one walker of JSON Schema: resolving and descending, sketches, examples, validation."""

from toolgrad_dspy.json_schema.sketch import sketch
from toolgrad_dspy.json_schema.walk import Schema, schema_at

__all__ = ["Schema", "schema_at", "sketch"]
