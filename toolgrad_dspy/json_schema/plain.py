"""Schemas of any draft in one plain form, from which the dialects of model servers are written.

The plain form has these nodes and no others:

- ``{}``: anything; ``{"type": "null"}``, ``{"type": "boolean"}``
- ``{"type": "string" | "integer" | "number", ...}`` with bounds, ``pattern``, ``format``, or ``enum`` of values of
  that type; a single string is a ``const``
- ``{"type": "array", "items": node, ...}`` with ``minItems``, ``maxItems``; of so many items as it has places,
  ``prefixItems`` beside them has the nodes of the places
- ``{"type": "object", "properties": ..., "required": ..., "additionalProperties": False or a node}``
- ``{"anyOf": [node, ...]}``, never one in another
- ``{"$ref": "#/$defs/NAME"}``, alone; names are of letters and digits, so that no server has to escape them

What it cannot say is left out, so it accepts more than the schema does, and answers are checked against the schema
itself. It accepts less in two points: an object that names its properties has no others, and what stands in no
property is not required.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from pydantic import JsonValue

from toolgrad_dspy.json_schema.adapt import adapt
from toolgrad_dspy.json_schema.enumerated import frozen, unique
from toolgrad_dspy.json_schema.keywords import ADDRESSES, ANNOTATIONS
from toolgrad_dspy.json_schema.references import REFERENCES
from toolgrad_dspy.json_schema.value_types import implied_type, type_of, types
from toolgrad_dspy.json_schema.walk import Schema, distinct

JsonSchema = dict[str, JsonValue]

# Places of one plain schema: those of 50 tools are some thousand, and a schema of a few lines that is composed with
# itself over and over would have millions.
PLACES = 50_000

_COMPOSING = frozenset((*REFERENCES, "allOf", "extends"))
# Keywords that only say which of the properties have to be there: no alternative is another shape by them.
_DEMANDING = frozenset(("required", "dependentRequired", "minProperties", "maxProperties", "not"))
_SILENT = ANNOTATIONS | ADDRESSES | _COMPOSING
_SCALARS = ("string", "integer", "number", "boolean", "null")

# What says something of properties without a name.
_OTHERS = ("additionalProperties", "patternProperties")
_STRING_BOUNDS = ("minLength", "maxLength")
_NUMBER_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_ARRAY_BOUNDS = ("minItems", "maxItems")
_LARGEST = frozenset(("minLength", "minimum", "exclusiveMinimum", "minItems"))


class TooLargeError(Exception):
    """A schema with more than :data:`PLACES` places in its plain form, or nested too deeply to be walked."""


def unchanged(node: JsonSchema) -> JsonSchema:
    return node


class Plain:
    """The plain form of schemas that share their ``definitions``, which belong under ``$defs`` of what they stand in.

    >>> plain = Plain()
    >>> plain.of({"type": ["integer", "null"], "minimum": 1}, "a")
    {'anyOf': [{'type': 'integer', 'minimum': 1}, {'type': 'null'}]}
    """

    def __init__(self) -> None:
        self.definitions: dict[str, JsonValue] = {}

    def of(
        self,
        schema: JsonSchema,
        prefix: str,
        value: Callable[[JsonSchema], JsonSchema] = unchanged,
        root: JsonValue = None,
    ) -> JsonSchema:
        """``schema`` in the plain form; ``{}`` also where nothing is valid.

        References lead into ``root``, by default the schema itself.

        Its definitions get names that begin with ``prefix``, of letters and digits. ``value`` is applied to every
        node that describes a property's value, an item of a list or an entry of a map. Raises TooLargeError.
        """
        try:
            return _Writer(self.definitions, prefix, value).root(Schema.of(adapt(schema), root))
        except RecursionError:
            raise TooLargeError from None


class _Writer:
    """The plain form of one document."""

    def __init__(
        self, definitions: dict[str, JsonValue], prefix: str, value: Callable[[JsonSchema], JsonSchema]
    ) -> None:
        self._definitions = definitions
        self._prefix = prefix
        self._value = value
        self._names: dict[tuple[int, ...], str] = {}
        self._named_so_far = 0
        self._used: set[str] = set()
        # Schemas without some of their keywords: kept, since all is told apart by identity.
        self._bare: dict[tuple[int, str], Schema] = {}
        self._left = PLACES

    def root(self, schema: Schema) -> JsonSchema:
        """As :meth:`node`. An object that says nothing of its properties has none, where elsewhere it has any."""
        node = self.node([schema])
        if node is not None and node.get("type") == "object" and not node["properties"]:
            described = {keyword for part in schema.parts() for keyword in part.keywords}
            return node if described.intersection(_OTHERS) else {**node, "additionalProperties": False}
        return node or {}

    def node(self, schemas: Sequence[Schema]) -> JsonSchema | None:
        """What all of ``schemas`` describe together; None where no value is valid."""
        self._left -= 1
        if self._left < 0:
            raise TooLargeError
        together = distinct(part for schema in schemas for part in schema.parts())
        if any(part.contents is False for part in together):
            return None
        parts = [part for part in together if part.keywords.keys() - _SILENT]
        if not parts:
            return {}
        if not any(keyword in part.keywords for part in together for keyword in REFERENCES):
            return self._body(parts)
        return self._named(parts)

    def _named(self, parts: Sequence[Schema]) -> JsonSchema | None:
        """A reference to what ``parts`` describe together, or the node itself where that is short."""
        key = tuple(id(part.contents) for part in parts)
        if key in self._names:
            self._used.add(self._names[key])
            return {"$ref": f"#/$defs/{self._names[key]}"}
        self._named_so_far += 1
        name = self._names[key] = f"{self._prefix}d{self._named_so_far}"
        self._definitions[name] = {}  # holds the place, in the order in which they are met
        body = self._body(parts)
        if name in self._used or (body is not None and not _is_short(body)):
            self._definitions[name] = body or {}
            return {"$ref": f"#/$defs/{name}"}
        del self._definitions[name], self._names[key]  # the next time it is written out again
        return body

    def _body(self, parts: Sequence[Schema]) -> JsonSchema | None:
        for part in parts:
            for keyword in ("anyOf", "oneOf"):
                group = part.listed(keyword)
                if any(_is_shape(option) for option in group):
                    return self._alternatives(parts, part, keyword, group)
        allowed = types(parts)
        if allowed is None:
            implied = implied_type(parts)
            allowed = [implied] if implied else None
        if allowed is None:
            return {}
        nodes = [node for kind in allowed for node in self._typed(parts, kind)]
        return any_of(nodes)

    def _alternatives(
        self, parts: Sequence[Schema], part: Schema, keyword: str, group: Sequence[Schema]
    ) -> JsonSchema | None:
        """``parts``, one of which has the alternatives ``group``: each of these together with all the rest."""
        others = [self._without(other, keyword if other is part else "") for other in parts]
        rest = [other for other in others if other.keywords.keys() - _SILENT - _DEMANDING]
        written = [node for option in group if (node := self.node([*rest, option])) is not None]
        nullable = part.keywords.get("nullable") is True
        return any_of([*written, {"type": "null"}] if nullable else written)

    def _without(self, part: Schema, keyword: str) -> Schema:
        """``part`` without ``keyword`` and what it is composed of, which is among the parts."""
        if not (part.keywords.keys() & (_COMPOSING | {keyword})):
            return part
        key = (id(part.contents), keyword)
        if key not in self._bare:
            kept = {
                name: value for name, value in part.keywords.items() if name not in _COMPOSING and name != keyword
            }
            self._bare[key] = Schema(kept, part.document, part.scope)
        return self._bare[key]

    def _typed(self, parts: Sequence[Schema], kind: str) -> list[JsonSchema]:
        """What ``parts`` say of values of one type: one node, or none where no value is left."""
        if kind == "object":
            return [self._object(parts)]
        if kind == "array":
            return self._array(parts)
        if kind not in _SCALARS:  # no JSON type: nothing is known
            return [{}]
        values = _values(parts, kind)
        if values is not None:
            if kind == "null" or (kind == "boolean" and len(values) == 2):
                return [{"type": kind}] if values else []
            if kind == "string" and len(values) == 1:
                return [{"type": kind, "const": values[0]}]
            return [{"type": kind, "enum": values}] if values else []
        if kind == "string":
            texts = {
                keyword: text
                for keyword in ("pattern", "format")
                for part in parts
                if isinstance(text := part.keywords.get(keyword), str)
            }
            return [{"type": kind, **_bounds(parts, _STRING_BOUNDS), **texts}]
        return [{"type": kind, **(_bounds(parts, _NUMBER_BOUNDS) if kind in ("integer", "number") else {})}]

    def _object(self, parts: Sequence[Schema]) -> JsonSchema:
        properties: dict[str, JsonValue] = {}
        for name in dict.fromkeys(name for part in parts for name in part.names("properties")):
            node = self.node(distinct(inner for part in parts for inner in part.inner("properties", name)))
            if node is not None:
                properties[name] = self._value(node)
        demanded = {name for part in parts for name in _texts(part.keywords.get("required"))}
        demanded |= {  # draft 3's
            name
            for part in parts
            for name in part.names("properties")
            for inner in part.inner("properties", name)
            if inner.keywords.get("required") is True
        }
        required: list[JsonValue] = [name for name in properties if name in demanded]
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": self._others(parts, bool(properties)),
        }

    def _others(self, parts: Sequence[Schema], named: bool) -> JsonValue:
        """The node of what is in an object beside its properties, or False."""
        extra = [inner for part in parts for inner in part.single("additionalProperties")]
        patterned = [
            inner
            for part in parts
            for pattern in part.names("patternProperties")
            for inner in part.inner("patternProperties", pattern)
        ]
        described = [inner for inner in (*extra, *patterned) if inner.keywords.keys() - ANNOTATIONS]
        if described:
            nodes = [node for inner in described if (node := self.node([inner])) is not None]
            written = any_of(nodes)
            return False if written is None else self._value(written)
        if named or any(inner.contents is False for inner in extra):
            return False
        return {}

    def _array(self, parts: Sequence[Schema]) -> list[JsonSchema]:
        """A list. Of a tuple whose length may differ, what may stand in any of its places may stand in all."""
        bounds = _bounds(parts, _ARRAY_BOUNDS)
        tuples = [part.listed(keyword) for part in parts for keyword in ("prefixItems", "items")]
        places = next((group for group in tuples if group), [])
        rest_keyword = "additionalItems" if any(isinstance(p.keywords.get("items"), list) for p in parts) else "items"
        rest = distinct(inner for part in parts for inner in part.single(rest_keyword))
        if not places:
            node = self.node(rest) if rest else {}
            if node is None:
                return [{"type": "array", "items": {}, "minItems": 0, "maxItems": 0}]
            return [{"type": "array", "items": self._value(node), **bounds}]
        nodes = [node for place in places if (node := self.node([place])) is not None]
        others = self.node(rest) if rest else None
        written = any_of([*nodes, *([others] if others is not None else [])]) or {}
        if others is None:
            bounds = {"maxItems": len(places), **bounds}
        if len(nodes) == bounds.get("minItems") == bounds.get("maxItems"):
            bounds = {"prefixItems": [self._value(node) for node in nodes], **bounds}
        return [{"type": "array", "items": self._value(written), **bounds}]


def any_of(nodes: Iterable[JsonSchema]) -> JsonSchema | None:
    """One of ``nodes``, each once; None where there is none.

    >>> any_of([{"type": "null"}, {"anyOf": [{"type": "boolean"}, {"type": "null"}]}])
    {'anyOf': [{'type': 'null'}, {'type': 'boolean'}]}
    """
    flat: list[JsonValue] = []
    for node in nodes:
        members = node.get("anyOf")
        for member in members if isinstance(members, list) else [node]:
            if member == {}:
                return {}
            if member not in flat:
                flat.append(member)
    if not flat:
        return None
    only = flat[0]
    return only if len(flat) == 1 and isinstance(only, dict) else {"anyOf": flat}


def _is_shape(option: Schema) -> bool:
    """Whether an alternative says what a value is, and not only which properties it has to have."""
    return any(part.contents is False or part.keywords.keys() - _SILENT - _DEMANDING for part in option.parts())


def _is_short(node: JsonSchema) -> bool:
    values = node.get("enum")
    return node.get("type") in _SCALARS and not (isinstance(values, list) and len(values) > 4)


def _values(parts: Sequence[Schema], kind: str) -> list[JsonValue] | None:
    """The values of one type that all enumerations of ``parts`` have; None where there is no enumeration.

    Lists and objects are no scalars; where they are enumerated, their type alone is known.
    """
    kept: list[JsonValue] | None = None
    for part in parts:
        listed = part.keywords.get("enum", [part.keywords["const"]] if "const" in part.keywords else None)
        if not isinstance(listed, list) or not listed:
            continue
        values = [value for item in listed for value in _as(item, kind)]
        both = set(map(frozen, values))
        kept = values if kept is None else [value for value in kept if frozen(value) in both]
    return None if kept is None else unique(kept)


def _as(value: JsonValue, kind: str) -> list[JsonValue]:
    """``value`` as one of the type ``kind``, if it is one; 2.0 is an integer, and every integer a number."""
    found = type_of(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return [int(value)]
    return [value] if found == kind or (kind == "number" and found == "integer") else []


def _bounds(parts: Sequence[Schema], keywords: Sequence[str]) -> JsonSchema:
    """The strictest bounds; what is no finite number bounds nothing, and counts are whole numbers."""
    found: JsonSchema = {}
    for keyword in keywords:
        given = [part.keywords.get(keyword) for part in parts]
        numbers = [n for n in given if isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) < math.inf]
        if not numbers:
            continue
        strictest = max(numbers) if keyword in _LARGEST else min(numbers)
        found[keyword] = int(strictest) if keyword in (*_STRING_BOUNDS, *_ARRAY_BOUNDS) else strictest
    return found


def _texts(value: JsonValue) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
