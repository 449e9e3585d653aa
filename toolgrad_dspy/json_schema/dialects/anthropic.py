"""Anthropic's structured outputs, ``output_config.format``.

Source: platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema limitations", as of 2026: every
object is closed, definitions are not circular, there are no bounds of numbers and lengths and none of lists but
``minItems`` 0 or 1. All schemas of a request have at most 24 optional properties and 16 with alternatives; the limit
on the size of the compiled grammar is not documented.
"""

from toolgrad_dspy.json_schema.dialects.base import (
    Node,
    UnconvertibleError,
    check_circles,
    check_values,
    inner,
    nodes,
    with_definitions,
    with_inner,
)
from toolgrad_dspy.json_schema.plain import JsonSchema

OPTIONAL = 24
ALTERNATIVES = 16

_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"))
_TAKEN = frozenset(
    ("$ref", "type", "enum", "const", "items", "anyOf", "properties", "additionalProperties", "required")
)


def to_anthropic(document: JsonSchema) -> JsonSchema:
    """Raises UnconvertibleError."""
    check_circles(document, inner)
    written = with_definitions(document, _taken)
    optional = alternatives = 0
    for node, _ in nodes(document):
        optional += len(node.get("properties", ())) - len(node.get("required", ()))
        alternatives += "anyOf" in node
    if optional > OPTIONAL:
        raise UnconvertibleError("too_many_optional", "")
    if alternatives > ALTERNATIVES:
        raise UnconvertibleError("too_many_alternatives", "")
    return written


def _taken(node: Node, place: str) -> Node:
    check_values(node, place)
    taken = {keyword: value for keyword, value in with_inner(node, place, _taken).items() if keyword in _TAKEN}
    if node.get("format") in _FORMATS:
        taken["format"] = node["format"]
    if node.get("minItems", 0) >= 1:
        taken["minItems"] = 1
    return taken
