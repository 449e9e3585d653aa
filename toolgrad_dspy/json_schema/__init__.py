"""The one walker of JSON Schema: resolving and descending, sketches, examples, validation."""

from toolgrad_dspy.json_schema.adapt import adapt
from toolgrad_dspy.json_schema.closed import is_closed
from toolgrad_dspy.json_schema.dialects import DIALECTS, Dialect, Reason, Refusal, convert
from toolgrad_dspy.json_schema.example import example
from toolgrad_dspy.json_schema.plain import JsonSchema, Plain, TooLargeError, any_of
from toolgrad_dspy.json_schema.scalars import MADE_UP
from toolgrad_dspy.json_schema.signature import key_outline, parameter_list
from toolgrad_dspy.json_schema.sketch import sketch
from toolgrad_dspy.json_schema.unknown_arguments import unknown_argument
from toolgrad_dspy.json_schema.validate import accepts, argument_problem, compile_schema, schema_problem
from toolgrad_dspy.json_schema.validator import Validator
from toolgrad_dspy.json_schema.value_types import may_be_object
from toolgrad_dspy.json_schema.walk import Schema, schema_at

__all__ = [
    "DIALECTS",
    "MADE_UP",
    "Dialect",
    "JsonSchema",
    "Plain",
    "Reason",
    "Refusal",
    "Schema",
    "TooLargeError",
    "Validator",
    "accepts",
    "adapt",
    "any_of",
    "argument_problem",
    "compile_schema",
    "convert",
    "example",
    "is_closed",
    "key_outline",
    "may_be_object",
    "parameter_list",
    "schema_at",
    "schema_problem",
    "sketch",
    "unknown_argument",
]
