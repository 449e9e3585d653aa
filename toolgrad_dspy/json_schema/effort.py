"""How long a check may take, told before it is made: the library itself knows no end of it and cannot be stopped.

Definitions that share definitions, forty levels deep, are a schema of a few lines and 2 ** 40 checks; and a value
thousands of levels deep ends the library's stack, and with it the process. So the schemas that a value is checked
against are counted beforehand, each as often as the library comes by it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import JsonValue

from toolgrad_dspy.json_schema import regexes
from toolgrad_dspy.json_schema.adapt import Contents
from toolgrad_dspy.json_schema.keywords import inner_schemas

# Levels of a value that is checked. What is read as data (``Observation.value``) has some 200 at most.
LEVELS = 250
# Schemas that hold for the same value, each referring to the next or composed of it; real ones are ten in a row.
ROW = 100
# Schemas that hold for the same value, each counted as often as it is met, beyond two for each there is. The library
# takes up to 0.1 s to compile 4,000, and four seconds for 16,000.
TOGETHER = 2_000
# Schemas that there are in one, a property being one: preparing 100,000 takes some five seconds, each time.
PARTS = 50_000
# Schemas that the check of a whole value may come by: a second, at most.
STEPS = 1_000_000

# Keywords whose schemas hold for the value itself, and those for its members.
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLES = ("not", "if", "then", "else")
_MAPS = ("dependentSchemas", "dependencies")
_VALUES = ("additionalProperties", "unevaluatedProperties")
_ITEMS = ("additionalItems", "contains", "unevaluatedItems")

# Whole numbers from here on take the library's slow way: where all items have to differ, each is compared with each.
_LARGE = 2**63

# How often each schema is met, by the identity of its contents.
_Met = dict[int, tuple[Contents, int]]


class TooIntricateError(Exception):
    """Compiling a schema, or a check by it, takes too long or might not end; says why."""


class Steps(NamedTuple):
    """What a check may take: the ``schemas`` that it comes by, and the microseconds of searching ``texts``."""

    schemas: int
    texts: int


class Effort:
    """The steps of checks against ``contents``, whose references are pointers into its own ``$defs``.

    Raises TooIntricateError, and RecursionError for schemas hundreds of levels deep.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._groups: dict[int, _Group] = {}
        waiting: list[JsonValue] = [contents]
        parts = 0
        while waiting:
            schema = waiting.pop()
            parts += 1
            if parts > PARTS:
                raise TooIntricateError(f"it has more than {PARTS:,} parts")
            if isinstance(schema, dict):
                self._together(schema)
                waiting += inner_schemas(schema)

    def steps(self, value: JsonValue, start: Contents | None = None) -> Steps:
        """What the check of ``value`` takes; more than :data:`STEPS` schemas if it is not to be made.

        It is against ``start``, a schema within the contents, by default those themselves.
        """
        schema = self._contents if start is None else start
        # Values that the same schemas describe, and their level.
        waiting: list[tuple[_Met, list[JsonValue], int]] = [({id(schema): (schema, 1)}, [value], 0)]
        schemas = texts = 0
        while waiting:
            met, values, level = waiting.pop()
            if level > LEVELS or schemas + len(values) > STEPS:
                return Steps(STEPS + 1, texts)
            schemas += len(values)
            for schema, count in met.values():
                group = self._group(schema)
                schemas += count * (len(values) * group.size + sum(map(group.compared, values)))
                texts += count * sum(map(group.searched, values))
            for inner in values:
                if isinstance(inner, dict | list):
                    waiting += [(below, items, level + 1) for below, items in self._inside(met, inner)]
        return Steps(schemas, texts)

    def _inside(self, met: _Met, value: Contents | list[JsonValue]) -> Iterator[tuple[_Met, list[JsonValue]]]:
        """The values in a container, those together that the same schemas describe."""
        if isinstance(value, dict):
            named = {key for schema, _ in met.values() for key in self._group(schema).named if key in value}
            for key in named:
                yield self._members(met, key), [value[key]]
            others = [key for key in value if key not in named]
            if others:
                yield self._members(met, others[0]), [value[key] for key in others]
            return
        first = max((self._group(schema).first for schema, _ in met.values()), default=0)
        for index, item in enumerate(value[:first]):
            yield self._items(met, index), [item]
        if len(value) > first:
            yield self._items(met, first), value[first:]

    def _members(self, met: _Met, key: str) -> _Met:
        return _counted((child, count) for schema, count in met.values() for child in self._group(schema).member(key))

    def _items(self, met: _Met, index: int) -> _Met:
        return _counted((child, count) for schema, count in met.values() for child in self._group(schema).item(index))

    def _group(self, schema: Contents) -> "_Group":
        group = self._groups.get(id(schema))
        if group is None:
            group = self._groups[id(schema)] = _Group(self._together(schema))
        return group

    def _together(self, schema: Contents) -> list[Contents]:
        """What holds where ``schema`` holds, each schema as often as the library comes by it."""
        met: list[Contents] = []
        known: set[int] = set()
        above: set[int] = set()

        def visit(one: Contents) -> None:
            if id(one) in above:  # round in a circle, where the library stops as well
                return
            met.append(one)
            known.add(id(one))
            above.add(id(one))
            if len(above) > ROW or len(met) > TOGETHER + 2 * len(known):
                raise TooIntricateError(
                    "its definitions refer to one another so often, or so far, that a check by it might not end"
                )
            for inner in self._composing(one):
                visit(inner)
            above.remove(id(one))

        visit(schema)
        return met

    def _composing(self, schema: Contents) -> Iterator[Contents]:
        reference, definitions = schema.get("$ref"), self._contents.get("$defs")
        if reference == "#":
            yield self._contents
        elif isinstance(reference, str) and isinstance(definitions, dict):
            yield from _schemas([definitions.get(reference.removeprefix("#/$defs/"))])
        for keyword in _LISTS:
            yield from _schemas(schema.get(keyword))
        yield from _schemas([schema.get(keyword) for keyword in _SINGLES])
        for keyword in _MAPS:
            yield from _schemas(_values(schema.get(keyword)))


class _Group:
    """Schemas that hold for one value together, and which hold for its members then."""

    def __init__(self, schemas: list[Contents]) -> None:
        self._schemas = schemas
        self._patterns = _texts(schema.get("pattern") for schema in schemas)
        names = [_object(schema.get("propertyNames")).get("pattern") for schema in schemas]
        self._key_patterns = [*_texts(names), *(key for s in schemas for key in _object(s.get("patternProperties")))]
        self.size = sum(1 + _compared(schema.get("enum")) for schema in schemas)
        """The schemas, and the values among which each value is looked for one by one."""
        self._unique = any(schema.get("uniqueItems") is True for schema in schemas)
        self.named = {key for schema in schemas for key in _object(schema.get("properties"))}
        """The properties that have schemas of their own; all others are described alike."""
        self._by_name: dict[str, list[Contents]] = {}
        self._unnamed: list[Contents] | None = None
        self._by_index: dict[int, list[Contents]] = {}
        self.first = max((len(_prefix(schema)) for schema in schemas), default=0)
        """The index from which on all items are described by the same schemas."""

    def compared(self, value: JsonValue) -> int:
        """The items of ``value`` that are compared with each other."""
        return _large_numbers(value) ** 2 if self._unique and isinstance(value, list) else 0

    def searched(self, value: JsonValue) -> int:
        """The microseconds of searching ``value``, a text or the keys of an object."""
        if isinstance(value, str):
            return sum(regexes.effort(pattern, len(value)) for pattern in self._patterns)
        if isinstance(value, dict):
            return sum(regexes.effort(pattern, len(key)) for pattern in self._key_patterns for key in value)
        return 0

    def member(self, key: str) -> list[Contents]:
        if key not in self.named:
            if self._unnamed is None:
                self._unnamed = list(self._described(key))
            return self._unnamed
        if key not in self._by_name:
            self._by_name[key] = list(self._described(key))
        return self._by_name[key]

    def item(self, index: int) -> list[Contents]:
        if index not in self._by_index:
            self._by_index[index] = list(self._listed(index))
        return self._by_index[index]

    def _described(self, key: str) -> Iterator[Contents]:
        for schema in self._schemas:
            named = _object(schema.get("properties"))
            yield from _schemas([named.get(key), *(schema.get(word) for word in _VALUES if key not in named)])
            yield from _schemas(_values(schema.get("patternProperties")))  # any of them may match
            yield from _schemas([schema.get("propertyNames")])

    def _listed(self, index: int) -> Iterator[Contents]:
        for schema in self._schemas:
            prefix = _prefix(schema)
            yield from _schemas(prefix[index : index + 1] or [schema.get("items")])
            yield from _schemas([schema.get(word) for word in _ITEMS])


def _counted(children: Iterable[tuple[Contents, int]]) -> _Met:
    met: _Met = {}
    for child, count in children:
        before = met.get(id(child))
        met[id(child)] = (child, count if before is None else before[1] + count)
    return met


def _schemas(listed: JsonValue) -> Iterator[Contents]:
    if isinstance(listed, list):
        yield from (schema for schema in listed if isinstance(schema, dict))


def _texts(values: Iterable[JsonValue]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _object(value: JsonValue) -> Contents:
    return value if isinstance(value, dict) else {}


def _values(value: JsonValue) -> list[JsonValue]:
    return list(value.values()) if isinstance(value, dict) else []


def _prefix(schema: Contents) -> list[JsonValue]:
    """The schemas of the first items; ``items`` has them up to 2019-09."""
    listed = schema.get("prefixItems", schema.get("items"))
    return listed if isinstance(listed, list) else []


def _compared(enum: JsonValue) -> int:
    """The values of an enumeration that a value is compared with one by one: those that are no scalars."""
    return sum(isinstance(value, dict | list) for value in enum) if isinstance(enum, list) else 0


def _large_numbers(value: JsonValue) -> int:
    """The large whole numbers in a value, at any depth."""
    found, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, int):
            found += abs(one) >= _LARGE
        elif isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
    return found
