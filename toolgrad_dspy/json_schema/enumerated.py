"""The values that a schema enumerates."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue


def enumerated(schema: Mapping[str, JsonValue]) -> list[JsonValue]:
    """The enumerated values of a schema, also those of its members, each once; null is none."""
    found: list[JsonValue] = []
    for place in (schema, *_members(schema)):
        listed = place.get("enum")
        found += listed if isinstance(listed, list) else []
    return [value for number, value in enumerate(found) if value is not None and value not in found[:number]]


def _members(schema: Mapping[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    for word in ("anyOf", "oneOf", "allOf"):
        members = schema.get(word)
        yield from (member for member in members if isinstance(member, dict)) if isinstance(members, list) else ()
