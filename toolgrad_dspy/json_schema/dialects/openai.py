"""OpenAI's structured outputs.

Source: developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas", as of 2026; most providers with
OpenAI's protocol take this or more. The root is an object, every object is closed and requires all its properties, so
one that may be absent may be null instead (``without_filled_nulls`` takes such nulls out again). There are no
``allOf``, ``not``, ``if``, ``oneOf`` and ``patternProperties``; circular definitions are allowed. "Objects provided
via 'anyOf' must not share identical first keys" unless the values of that key tell them apart.
"""

from typing import Any

from toolgrad_dspy.json_schema.dialects.base import (
    Node,
    UnconvertibleError,
    check_values,
    inner,
    nodes,
    target,
    with_definitions,
    with_inner,
)
from toolgrad_dspy.json_schema.dialects.texts import portable_pattern
from toolgrad_dspy.json_schema.plain import JsonSchema, any_of

# "A schema may have up to 5000 object properties total, with up to 10 levels of nesting." Lists are counted as levels
# too, which the guide leaves open.
PROPERTIES = 5_000
LEVELS = 10
# "total string length of all property names, definition names, enum values, and const values cannot exceed 120,000"
CHARACTERS = 120_000
# "up to 1000 enum values across all enum properties"; of one of texts with more than 250 values, "the total string
# length of all enum values cannot exceed 15,000".
VALUES = 1_000
MANY_VALUES = 250
CHARACTERS_OF_MANY = 15_000

_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))
_LEFT_OUT = ("minLength", "maxLength")


def to_openai(document: JsonSchema) -> JsonSchema:
    """Raises UnconvertibleError."""
    written = with_definitions(document, _strict)
    _check_first_keys(written)
    _check_sizes(written)
    _check_levels(written)
    return written


def _strict(node: Node, place: str) -> Node:
    check_values(node, place)
    strict = with_inner(node, place, _strict)
    if node.get("type") == "object":
        required = frozenset(node["required"])
        strict["properties"] = {
            name: value if name in required else any_of([value, {"type": "null"}])
            for name, value in strict["properties"].items()
        }
        strict["required"] = list(strict["properties"])
    strict.pop("prefixItems", None)
    if node.get("type") == "string":
        for keyword in _LEFT_OUT:
            strict.pop(keyword, None)
        pattern = portable_pattern(strict.pop("pattern", ""))
        if pattern:
            strict["pattern"] = pattern
        if strict.get("format") not in _FORMATS:
            strict.pop("format", None)
    return strict


def _check_first_keys(document: JsonSchema) -> None:
    definitions: Node = document.get("$defs", {})  # type: ignore[assignment]
    for node, place in nodes(document):
        firsts: dict[str, set[Any]] = {}
        for member in node.get("anyOf", ()):
            shape = definitions.get(target(member["$ref"]), {}) if "$ref" in member else member
            for key, value in list(shape.get("properties", {}).items())[:1]:
                said = value.get("enum", [value["const"]] if "const" in value else [])
                told = set(said)
                if key in firsts and (not told or not firsts[key] or told & firsts[key]):
                    raise UnconvertibleError("same_first_key", place)
                firsts[key] = firsts.get(key, set()) | told


def _check_sizes(document: JsonSchema) -> None:
    definitions: Node = document.get("$defs", {})  # type: ignore[assignment]
    properties, values, characters = 0, 0, sum(map(len, definitions))
    for node, place in nodes(document):
        names = node.get("properties", ())
        listed = node.get("enum", ())
        length = sum(len(value) for value in (*listed, node.get("const")) if isinstance(value, str))
        properties += len(names)
        values += len(listed)
        characters += sum(map(len, names)) + length
        if len(listed) > MANY_VALUES and length > CHARACTERS_OF_MANY:
            raise UnconvertibleError("too_many_characters", place)
    if properties > PROPERTIES:
        raise UnconvertibleError("too_many_properties", "")
    if values > VALUES:
        raise UnconvertibleError("too_many_values", "")
    if characters > CHARACTERS:
        raise UnconvertibleError("too_many_characters", "")


def _check_levels(document: JsonSchema) -> None:
    """What refers to a definition is as deep as that; a circle is gone round once."""
    definitions: Node = document.get("$defs", {})  # type: ignore[assignment]
    depths: dict[str, int] = {}

    def depth(node: Node, place: str, around: frozenset[str]) -> int:
        if "$ref" in node:
            name = target(node["$ref"])
            if name in around:
                return 0
            if name not in depths:
                depths[name] = depth(definitions[name], f"/$defs/{name}", around | {name})
            return depths[name]
        below = max((depth(part, at, around) for part, at in inner(node, place)), default=0)
        levels = below + (node.get("type") in ("object", "array"))
        if levels > LEVELS:
            raise UnconvertibleError("too_deep", place)
        return levels

    depth(document, "", frozenset())
