"""Gemini's structured output, ``responseJsonSchema``.

Source: ai.google.dev/api/generate-content, "responseJsonSchema", and ai.google.dev/gemini-api/docs/structured-output,
"JSON Schema support", as of 2026. Taken are ``$defs``, ``$ref`` (alone), ``type``, ``format``, ``enum`` of texts and
numbers, ``items``, ``minItems``, ``maxItems``, ``minimum``, ``maximum``, ``anyOf``, ``properties``,
``additionalProperties`` and ``required``. "Cyclic references [...] may only be used within non-required properties."
The limit on complexity ("too many states for serving") is not documented.
"""

from collections.abc import Iterator

from toolgrad_dspy.json_schema.dialects.base import (
    Node,
    UnconvertibleError,
    check_circles,
    inner,
    with_definitions,
    with_inner,
)
from toolgrad_dspy.json_schema.plain import JsonSchema

_FORMATS = frozenset(("date-time", "date", "time"))
_TAKEN = frozenset(
    (
        "$ref",
        "type",
        "enum",
        "items",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "properties",
        "additionalProperties",
        "required",
    )
)


def to_gemini(document: JsonSchema) -> JsonSchema:
    """Raises UnconvertibleError."""
    check_circles(document, _required)
    return with_definitions(document, _taken)


def _taken(node: Node, place: str) -> Node:
    if not node:
        raise UnconvertibleError("untyped_value", place)
    if node.get("type") == "object" and node["additionalProperties"] == {}:
        raise UnconvertibleError("open_object", place)
    taken = {keyword: value for keyword, value in with_inner(node, place, _taken).items() if keyword in _TAKEN}
    if "const" in node:
        taken["enum"] = [node["const"]]
    if node.get("type") == "boolean":
        taken.pop("enum", None)
    if node.get("format") in _FORMATS:
        taken["format"] = node["format"]
    return taken


def _required(node: Node, place: str) -> Iterator[tuple[Node, str]]:
    optional = node.get("properties", {}).keys() - set(node.get("required", ()))
    left_out = {f"{place}/properties/{name}" for name in optional}
    return ((part, at) for part, at in inner(node, place) if at not in left_out)
