"""Ids in the schemas of calls: an argument that takes an id is one that a result holds, or a reference to one."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from toolgrad_dspy.json_schema import JsonSchema, any_of

# By tool and parameter, the ids that an argument can be. A reference can always stand in its place.
KnownIds = Mapping[tuple[str, str], tuple[str | int | float, ...]]
NO_IDS: KnownIds = {}

_PYTHON: Mapping[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}


def with_known_ids(calls: Iterable[JsonSchema], ids: KnownIds) -> list[JsonSchema]:
    """``calls``, each ``{"tool": const, "arguments": object}``, without other ids than ``ids`` where it names some.

    An argument that is a value or a list of values is narrowed; one that can be neither an id nor a reference then
    stays as it is, as does what is nested deeper.
    """
    return [_narrowed(call, ids) for call in calls] if ids else list(calls)


def _narrowed(call: dict[str, Any], ids: KnownIds) -> JsonSchema:
    tool, arguments = call["properties"]["tool"]["const"], call["properties"]["arguments"]
    properties = arguments.get("properties", {})
    changed = {
        name: _with_ids(node, ids[tool, name]) or node for name, node in properties.items() if (tool, name) in ids
    }
    if not changed:
        return call
    arguments = {**arguments, "properties": {**properties, **changed}}
    return {**call, "properties": {**call["properties"], "arguments": arguments}}


def _with_ids(node: dict[str, Any], ids: tuple[str | int | float, ...]) -> JsonSchema | None:
    """``node`` with its values narrowed to ``ids``; None if nothing is left."""
    options = (_option(option, ids) for option in node.get("anyOf", [node]))
    return any_of(option for option in options if option is not None)


def _option(node: dict[str, Any], ids: tuple[str | int | float, ...]) -> JsonSchema | None:
    kind = str(node.get("type"))
    if kind == "array" and isinstance(node.get("items"), dict):
        items = _with_ids(node["items"], ids)
        return None if items is None else {**node, "items": items}
    if kind not in _PYTHON or "enum" in node or "const" in node:
        return node
    fitting: list[JsonValue] = [value for value in ids if isinstance(value, _PYTHON[kind])]
    return {"type": kind, "enum": fitting} if fitting else None
