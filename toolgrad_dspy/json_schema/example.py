"""A value that a JSON Schema accepts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.json_schema.adapt import adapt, standalone
from toolgrad_dspy.json_schema.containers import ImpossibleError, Inside, arrays, objects
from toolgrad_dspy.json_schema.effort import TooIntricateError
from toolgrad_dspy.json_schema.scalars import MADE_UP, numbers, texts
from toolgrad_dspy.json_schema.validator import SchemaError, Validator
from toolgrad_dspy.json_schema.value_types import implied_type, types
from toolgrad_dspy.json_schema.views import views
from toolgrad_dspy.json_schema.walk import Schema, distinct

# So deep, what is optional is part of an example; below, only what is required.
FULL = 5
# Values in an example. Where it would have more, what is optional is left out from a level higher; what is required
# alone may be as large as the second number.
VALUES = 400
REQUIRED_VALUES = 5_000
# What is required is followed so much deeper.
_REQUIRED_DEPTH = 12

Above = frozenset[int]


def example(schema: JsonValue, root: JsonValue = None) -> JsonValue:
    """A value that ``schema`` accepts, the same every time. References lead into ``root``, by default the schema.

    It is what the schema itself gives, if valid (``const``, ``enum``, ``examples``, ``example``, a ``default`` with
    something in it), and else made: of texts :data:`MADE_UP` where no format, length or pattern asks for another.
    Optional properties are filled in down to the depth :data:`FULL`, as far as :data:`VALUES` values go; those that
    lead back into themselves are left out.

    Where no valid value is made (the schema accepts none, or only what a pattern or a condition hides too well), it
    is one of the right shape, and at worst :data:`MADE_UP`.
    """
    if not isinstance(schema, dict):
        return MADE_UP
    try:
        adapted = Schema.of(adapt(standalone(schema, root)))
        for validator in (_validator(adapted), None):
            value = _largest(adapted, validator)
            if value is not None:
                return _copy(value[0])
    except RecursionError:  # hundreds of schemas inside of one another
        pass
    return MADE_UP


def _validator(schema: Schema) -> Validator | None:
    try:
        return Validator.of(schema)
    except (SchemaError, TooIntricateError):
        return None


def _largest(schema: Schema, validator: Validator | None) -> tuple[JsonValue] | None:
    """The example with most of what is optional that is not too large; None if none is accepted."""
    for full in range(FULL, -1, -1):
        try:
            return (_Maker(validator, full).value([schema], 0, frozenset(), ()),)
        except _TooLargeError:
            continue
        except ImpossibleError:
            break
    return None


class _TooLargeError(Exception):
    """An example has more values than it may have."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was made before, and of how many values it is; or that nothing is possible."""

    possible: bool
    value: JsonValue = None
    size: int = 0


class _Maker:
    """Makes one example, with what is optional down to the depth ``full``, and checks all parts of it."""

    def __init__(self, validator: Validator | None, full: int) -> None:
        self._validator = validator
        self._full = full
        self._parts: dict[int, Validator | None] = {}
        self._size = 0
        # What is required, by depth and schemas: definitions that are shared are made once.
        self._known: dict[tuple[int, ...], _Known] = {}

    def value(self, schemas: Sequence[Schema], depth: int, above: Above, avoid: Sequence[JsonValue]) -> JsonValue:
        """A value that all of ``schemas`` accept and that is none of ``avoid``; ``above`` is what it is a part of."""
        if not above.isdisjoint(_identities(schemas)):
            depth = max(depth, self._full)
        if depth > self._full + _REQUIRED_DEPTH or any(schema.contents is False for schema in schemas):
            raise ImpossibleError
        if depth < self._full or avoid:
            return self._search(schemas, depth, above, avoid)
        key = (depth, *(id(schema.contents) for schema in schemas))
        if key in self._known:
            self._grow(self._known[key].size)
        else:
            self._known[key] = self._kept(schemas, depth, above)
        known = self._known[key]
        if not known.possible:
            raise ImpossibleError
        return known.value

    def _kept(self, schemas: Sequence[Schema], depth: int, above: Above) -> "_Known":
        before = self._size
        try:
            value = self._search(schemas, depth, above, ())
        except ImpossibleError:
            return _Known(possible=False)
        return _Known(True, value, self._size - before)

    def _search(self, schemas: Sequence[Schema], depth: int, above: Above, avoid: Sequence[JsonValue]) -> JsonValue:
        self._grow(1)
        for candidate in self._candidates(schemas, depth, above | _identities(schemas)):
            if candidate not in avoid and self._accepted(schemas, candidate):
                return candidate
        raise ImpossibleError

    def _candidates(self, schemas: Sequence[Schema], depth: int, above: Above) -> Iterator[JsonValue]:
        together = distinct(part for schema in schemas for part in schema.parts())
        yield from _given(together)
        for parts in views(schemas):
            yield from _given(parts)
            if any("const" in part.keywords or "enum" in part.keywords for part in parts):
                continue
            kinds = types(parts)
            for kind in [implied_type(parts) or "string"] if kinds is None else kinds:
                yield from self._made(kind, parts, depth, above)
        yield from (part.keywords["default"] for part in together if "default" in part.keywords)

    def _made(self, kind: str, parts: Sequence[Schema], depth: int, above: Above) -> Iterator[JsonValue]:
        keywords = [part.keywords for part in parts]
        inside = Inside(
            make=lambda schemas, avoid: self.value(schemas, depth + 1, above, avoid),
            leads_back=lambda schemas: not above.isdisjoint(_identities(schemas)),
            full=depth < self._full,
            strict=self._validator is not None,
        )
        match kind:
            case "object":
                yield from objects(parts, inside)
            case "array":
                yield from arrays(parts, inside)
            case "integer" | "number":
                yield from numbers(keywords, whole=kind == "integer")
            case "boolean":
                yield from (True, False)
            case "null":
                yield None
            case _:  # a text, or a word that is no type
                yield from texts(keywords)

    def _accepted(self, schemas: Sequence[Schema], value: JsonValue) -> bool:
        parts = [self._part(schema) for schema in schemas]
        return all(part is None or part.accepts(value) for part in parts)

    def _part(self, schema: Schema) -> Validator | None:
        if self._validator is None:
            return None
        if id(schema.contents) not in self._parts:
            self._parts[id(schema.contents)] = self._validator.part(schema)
        return self._parts[id(schema.contents)]

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > (VALUES if self._full else REQUIRED_VALUES):
            raise _TooLargeError


def _given(parts: Sequence[Schema]) -> Iterator[JsonValue]:
    """The values that the schemas themselves give, the most binding first."""
    for keyword in ("const", "enum", "examples", "example", "default"):
        for part in parts:
            value = part.keywords.get(keyword)
            if keyword in ("enum", "examples"):
                yield from value if isinstance(value, list) else ()
            # A default that is null or empty stands for something that is left out: an example of nothing.
            elif keyword in part.keywords and (keyword == "const" or value not in (None, "", [], {})):
                yield value


def _identities(schemas: Sequence[Schema]) -> Above:
    return frozenset(id(step.contents) for schema in schemas for step in schema.chain())


def _copy(value: JsonValue) -> JsonValue:
    """``value`` with nothing in it that is part of the schema, or there twice."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
