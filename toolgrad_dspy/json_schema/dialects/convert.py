"""From the plain form to a dialect."""

from collections.abc import Callable, Mapping

from toolgrad_dspy.json_schema.dialects.anthropic import to_anthropic
from toolgrad_dspy.json_schema.dialects.base import Dialect, Refusal, UnconvertibleError
from toolgrad_dspy.json_schema.dialects.gemini import to_gemini
from toolgrad_dspy.json_schema.dialects.grammar import to_grammar
from toolgrad_dspy.json_schema.dialects.openai import to_openai
from toolgrad_dspy.json_schema.plain import JsonSchema

DIALECTS: Mapping[Dialect, Callable[[JsonSchema], JsonSchema]] = {
    "openai": to_openai,
    "gemini": to_gemini,
    "anthropic": to_anthropic,
    "grammar": to_grammar,
}


def convert(document: JsonSchema, dialect: Dialect) -> JsonSchema | Refusal:
    """``document``, an object in the plain form with its definitions under ``$defs``, as ``dialect`` takes it.

    What the dialect cannot say is left out where that only makes the schema accept more; otherwise it is refused.

    >>> closed = {"type": "object", "properties": {"a": {}}, "required": [], "additionalProperties": False}
    >>> convert(closed, "openai")
    Refusal(reason='untyped_value', place='/properties/a')
    """
    try:
        return DIALECTS[dialect](document)
    except UnconvertibleError as error:
        return error.refusal
