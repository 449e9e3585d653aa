"""The values that a schema enumerates."""

from collections.abc import Hashable, Iterable, Iterator, Mapping

from pydantic import JsonValue


def enumerated(schema: Mapping[str, JsonValue]) -> list[JsonValue]:
    """The enumerated values of a schema, also those of its members, each once; null is none."""
    found: list[JsonValue] = []
    for place in (schema, *_members(schema)):
        listed = place.get("enum")
        found += listed if isinstance(listed, list) else []
    return unique(value for value in found if value is not None)


def unique(values: Iterable[JsonValue]) -> list[JsonValue]:
    """``values`` in their order, each once, in time that grows with their number.

    >>> unique(["b", "a", "b", [1], [1], {"x": [2]}, {"x": [2]}])
    ['b', 'a', [1], {'x': [2]}]
    """
    first: dict[Hashable, JsonValue] = {}
    for value in values:
        first.setdefault(frozen(value), value)
    return list(first.values())


def frozen(value: JsonValue) -> Hashable:
    """What is the same for equal values, and can be looked up."""
    if isinstance(value, dict):
        return frozenset((name, frozen(part)) for name, part in value.items())
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def _members(schema: Mapping[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    for word in ("anyOf", "oneOf", "allOf"):
        members = schema.get(word)
        yield from (member for member in members if isinstance(member, dict)) if isinstance(members, list) else ()
