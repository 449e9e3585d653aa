"""The shape of what a JSON Schema describes, short enough for a prompt."""

from collections.abc import Sequence

from pydantic import JsonValue

from toolgrad_dspy.json_schema.value_types import implied_type, types
from toolgrad_dspy.json_schema.walk import Schema, distinct

# A level is a property, the items of a list, an alternative, or a reference followed; ``allOf`` is none.
LEVELS = 5
# Plain types are shown this much deeper still.
_PLAIN_LEVELS = 3
# Keys of one object that are shown; "…" stands for the others.
WIDTH = 50
# Places in one sketch. Schemas of large APIs have thousands: they are shown less deep.
PLACES = 250

ANYTHING = "any"
AGAIN = "..."
MORE = "…"
ANY_KEY = "<key>"


def sketch(schema: JsonValue, root: JsonValue = None) -> JsonValue:
    """The shape of what a JSON Schema describes, as an example-like value: ``{"places": [{"id": "string"}]}``.

    A full output schema costs a prompt several times the tokens and says little more to a planner. References lead
    into ``root``, by default the schema itself.

    - Objects are shown by their properties, all parts of ``allOf`` united; a map as ``{"<key>": ...}``.
    - Several types are joined: ``"string | null"``. Of alternatives, those that are only null are left out; the first
      that is left gives the shape, and if it is of a plain type, the types of the others are joined to it.
    - Values (``enum``, ``const``) are shown by their type.
    - A schema inside of itself ends in its name, or in ``"..."``.
    - The depth is :data:`LEVELS`: objects and lists below are ``"any"``. An object shows :data:`WIDTH` keys. A shape
      of more than :data:`PLACES` places is shown with as many levels less as it takes, but never less than one.
    """
    top = Schema.of(schema, root)
    for levels in range(LEVELS, 1, -1):
        try:
            return _Sketch(levels, PLACES).shape([top], 0, frozenset())
        except _TooLargeError:
            continue
    return _Sketch(1, None).shape([top], 0, frozenset())


class _TooLargeError(Exception):
    """A sketch has more places than it may have."""


class _Sketch:
    """One attempt: at most ``levels`` deep, with at most ``places`` places."""

    def __init__(self, levels: int, places: int | None) -> None:
        self._levels = levels
        self._left = places

    def shape(self, schemas: Sequence[Schema], level: int, above: frozenset[int]) -> JsonValue:
        """The shape of what all of ``schemas`` describe; ``above`` are the schemas around it, by identity."""
        self._count()
        chain = [step for schema in schemas for step in schema.chain()]
        if not above.isdisjoint(id(step.contents) for step in chain):
            return next((step.name for step in chain if step.name), AGAIN)
        above = above.union(id(step.contents) for step in chain)
        parts = distinct(part for schema in schemas for part in schema.parts())
        if any(schema.targets() for schema in schemas):
            level += 1
        choice = self._choice(parts)
        if any(part.names("properties") for part in parts):
            # Alternatives beside properties add to them, or say which of them are required.
            parts += [part for option in choice[:1] for part in option.parts()]
            return self._object(parts, level, above) if level <= self._levels else ANYTHING
        shape = self._alternatives(choice, level + 1, above) if choice else ANYTHING
        return self._plain(parts, level, above) if shape == ANYTHING else shape

    def _choice(self, parts: Sequence[Schema]) -> list[Schema]:
        """The alternatives of the first group that has any beside null; those of null where there are no others."""
        groups = [group for part in parts for group in part.alternatives()]
        known = [[option for option in group if types(option.parts()) != ["null"]] for group in groups]
        return next((group for group in known if group), groups[0] if groups else [])

    def _object(self, parts: Sequence[Schema], level: int, above: frozenset[int]) -> JsonValue:
        named = [(part, dict.fromkeys(part.names("properties"))) for part in parts]
        members = list(dict.fromkeys(name for _, names in named for name in names))
        first = {
            name: [schema for part, names in named if name in names for schema in part.described(name)]
            for name in members[:WIDTH]
        }
        shown = {
            name: self.shape(distinct(described), level + 1, above)
            for name, described in first.items()
            if all(schema.contents is not False for schema in described)
        }
        return {**shown, MORE: f"{len(members) - WIDTH} more"} if len(members) > WIDTH else shown

    def _alternatives(self, choice: Sequence[Schema], level: int, above: frozenset[int]) -> JsonValue:
        if level > self._levels + _PLAIN_LEVELS:
            return ANYTHING
        first = self.shape(choice[:1], level, above)
        if not isinstance(first, str) or (first == ANYTHING and level > self._levels):
            return first
        others = [option.parts() for option in choice[1:]]
        words = dict.fromkeys([first, *(word for parts in others for word in _words(parts))])
        words.pop(ANYTHING, None)  # an alternative that says nothing of its own: which properties it requires, say
        return " | ".join(words) or ANYTHING

    def _plain(self, parts: Sequence[Schema], level: int, above: frozenset[int]) -> JsonValue:
        """A list, a map, or the words for the types."""
        inner = [item for part in parts for item in (part.listed("prefixItems") or part.listed("items"))]
        inner = inner or [item for part in parts for item in part.single("items")][:1]
        if inner:
            if level > self._levels:
                return ANYTHING
            return [self.shape([item], level + 1, above) for item in inner[:WIDTH]]
        if "object" in _words(parts):
            values = [value for part in parts for value in _map_values(part) if value.keywords]
            if values and level <= self._levels:
                return {ANY_KEY: self.shape(values[:1], level + 1, above)}
            if any(part.keywords.get("additionalProperties") is False for part in parts):
                return {}
        return " | ".join(_words(parts))

    def _count(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise _TooLargeError


def _words(parts: Sequence[Schema]) -> list[str]:
    """The types as words."""
    return types(parts) or [implied_type(parts) or ANYTHING]


def _map_values(part: Schema) -> list[Schema]:
    """The schemas of the values whose keys have no names."""
    patterns = [value for key in part.names("patternProperties") for value in part.inner("patternProperties", key)]
    return [*part.single("additionalProperties"), *patterns]
