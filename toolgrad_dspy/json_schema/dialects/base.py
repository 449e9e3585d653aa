"""What all dialects share: refusals with a typed reason, and the walk through plain schemas (``plain.py``)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from toolgrad_dspy.json_schema.plain import JsonSchema

Dialect = Literal["openai", "gemini", "anthropic", "grammar"]

# Plain nodes are made by us, so their parts are what plain.py says.
Node = dict[str, Any]

Reason = Literal[
    "open_object",  # an object whose properties have no names
    "untyped_value",  # a value of any type
    "circular",  # a schema that stands in itself, where the dialect cannot have it
    "same_first_key",  # alternatives that begin alike, which OpenAI cannot tell apart
    "too_deep",
    "too_many_properties",
    "too_many_values",
    "too_many_characters",
    "too_many_optional",
    "too_many_alternatives",
    "too_large",  # it has no plain form (``plain.PLACES``)
]

WORDS: dict[Reason, str] = {
    "open_object": "an object whose properties have no names",
    "untyped_value": "a value of any type",
    "circular": "a schema that stands in itself",
    "same_first_key": "alternatives that begin with the same property",
    "too_deep": "too many levels",
    "too_many_properties": "too many properties",
    "too_many_values": "too many enumerated values",
    "too_many_characters": "names and values that are too long in all",
    "too_many_optional": "too many optional properties",
    "too_many_alternatives": "too many alternatives",
    "too_large": "more places than are written",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a schema has no form in a dialect. ``place`` is a JSON Pointer into the plain schema."""

    reason: Reason
    place: str = ""

    def __str__(self) -> str:
        return WORDS[self.reason]


class UnconvertibleError(Exception):
    """Raised within a conversion; :func:`convert` returns the refusal."""

    def __init__(self, reason: Reason, place: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, place)


def inner(node: Node, place: str) -> Iterator[tuple[Node, str]]:
    """The nodes that stand directly in ``node``, each with its place."""
    for name, value in node.get("properties", {}).items():
        yield value, f"{place}/properties/{name}"
    for keyword in ("anyOf", "prefixItems"):
        for number, member in enumerate(node.get(keyword, ())):
            yield member, f"{place}/{keyword}/{number}"
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield node[keyword], f"{place}/{keyword}"


def with_inner(node: Node, place: str, change: Callable[[Node, str], Node]) -> Node:
    """A copy of ``node`` with ``change`` made to each node that stands directly in it."""
    copy = dict(node)
    if "properties" in node:
        copy["properties"] = {
            name: change(value, f"{place}/properties/{name}") for name, value in node["properties"].items()
        }
    for keyword in ("anyOf", "prefixItems"):
        if keyword in node:
            members = enumerate(node[keyword])
            copy[keyword] = [change(member, f"{place}/{keyword}/{number}") for number, member in members]
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            copy[keyword] = change(node[keyword], f"{place}/{keyword}")
    return copy


def with_definitions(document: JsonSchema, change: Callable[[Node, str], Node]) -> JsonSchema:
    """``document`` with ``change`` made to its root and to each of its definitions."""
    definitions: Node = document.get("$defs", {})  # type: ignore[assignment]
    root = change({name: value for name, value in document.items() if name != "$defs"}, "")
    if not definitions:
        return root
    return {**root, "$defs": {name: change(node, f"/$defs/{name}") for name, node in definitions.items()}}


def nodes(document: JsonSchema) -> Iterator[tuple[Node, str]]:
    """All nodes of ``document`` with their places, its definitions included."""
    definitions: Node = document.get("$defs", {})  # type: ignore[assignment]
    waiting: list[tuple[Node, str]] = [(document, "")]
    waiting += [(node, f"/$defs/{name}") for name, node in definitions.items()]
    while waiting:
        node, place = waiting.pop()
        yield node, place
        waiting.extend(inner(node, place))


def target(reference: str) -> str:
    """The name in ``#/$defs/NAME``."""
    return reference.rpartition("/")[2]


def check_values(node: Node, place: str) -> None:
    """Raise UnconvertibleError for a node that a strict schema cannot have: anything, or an object of any keys."""
    if not node:
        raise UnconvertibleError("untyped_value", place)
    if node.get("type") == "object" and node["additionalProperties"] is not False:
        raise UnconvertibleError("open_object", place)


def check_circles(document: JsonSchema, onward: Callable[[Node, str], Iterator[tuple[Node, str]]]) -> None:
    """Raise UnconvertibleError if a definition leads back to itself by the nodes that ``onward`` gives."""
    definitions: Node = document.get("$defs", {})  # type: ignore[assignment]
    leads: dict[str, list[str]] = {}
    for name, node in definitions.items():
        leads[name], waiting = [], [(node, "")]
        while waiting:
            here, place = waiting.pop()
            if "$ref" in here:
                leads[name].append(target(here["$ref"]))
            waiting.extend(onward(here, place))
    # Definitions that lead to no other are taken away until none is left, or those of a circle.
    while leads:
        ends = [name for name, onto in leads.items() if not any(other in leads for other in onto)]
        if not ends:
            raise UnconvertibleError("circular", f"/$defs/{next(iter(leads))}")
        for name in ends:
            del leads[name]
