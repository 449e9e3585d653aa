"""Candidates for the objects and lists of an example; who asks checks them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.json_schema.patterns import text_matching
from toolgrad_dspy.json_schema.scalars import MADE_UP
from toolgrad_dspy.json_schema.walk import Schema, distinct

# Keys and items that are made where so many are asked for; an example of more shows nothing more.
_MOST = 1_000


class ImpossibleError(Exception):
    """No value was made that is accepted here."""


@dataclass(frozen=True, slots=True)
class Inside:
    """How the parts of a container are made.

    ``make`` gives a value that all of the schemas accept and that is none of the others, or raises ImpossibleError;
    ``leads_back`` says whether schemas are ones that the container stands in. ``full``: with what is optional.
    ``strict``: nothing that is required may be missing.
    """

    make: Callable[[Sequence[Schema], Sequence[JsonValue]], JsonValue]
    leads_back: Callable[[Sequence[Schema]], bool]
    full: bool
    strict: bool


def objects(parts: Sequence[Schema], inside: Inside) -> Iterator[dict[str, JsonValue]]:
    """Objects for which all of ``parts`` hold: with what is optional, then without. None if a required part fails."""
    required = _required(parts)
    names = distinct_names(name for part in parts for name in part.names("properties")) if inside.full else []
    made: dict[str, JsonValue] = {}
    for name in distinct_names([*names, *required]):
        described = _described(parts, name)
        if name not in required and inside.leads_back(described):
            continue
        try:
            made[name] = inside.make(described, ())
        except ImpossibleError:
            if name in required and inside.strict:
                return
    needed = {name: made[name] for name in required if name in made}
    least, most = _bound(parts, "minProperties", max, 0), _bound(parts, "maxProperties", min, _MOST)
    if inside.full and not made:
        yield from ({key: value} for key in _keys(parts) for value in _entry(parts, key, inside))
    if len(made) > most:
        made = dict([*needed.items(), *((name, value) for name, value in made.items() if name not in needed)][:most])
    yield _grown(made, least, parts, inside)
    yield _grown(needed, least, parts, inside)


def arrays(parts: Sequence[Schema], inside: Inside) -> Iterator[list[JsonValue]]:
    """Lists for which all of ``parts`` hold: of one item where there may be one, else of as many as there must be."""
    least, most = _bound(parts, "minItems", max, 0), _bound(parts, "maxItems", min, _MOST)
    fixed = max((len(part.listed(keyword)) for part in parts for keyword in ("prefixItems", "items")), default=0)
    contained = distinct(inner for part in parts for inner in part.single("contains"))
    among = _bound(parts, "minContains", max, 1) if contained else 0
    speaks = any(keyword in part.keywords for part in parts for keyword in ("items", "contains", "unevaluatedItems"))
    wanted = max(least, among, (max(fixed, 1) if speaks or fixed else 0) if inside.full else 0)
    unique = any(part.keywords.get("uniqueItems") is True for part in parts)
    made: list[JsonValue] = []
    for index in range(min(wanted, most)):
        # The contained ones stand last, where the first have their own schemas.
        also = contained if index >= wanted - among else []
        try:
            made.append(inside.make(distinct([*_described(parts, str(index)), *also]), made if unique else ()))
        except ImpossibleError:
            break
    if len(made) >= min(least, _MOST) or not inside.strict:
        yield made
    if made and not least:
        yield []


def distinct_names(names: "Iterator[str] | Sequence[str]") -> list[str]:
    """Each name once, in the order given."""
    return list(dict.fromkeys(names))


def _described(parts: Sequence[Schema], key: str) -> list[Schema]:
    return distinct(inner for part in parts for inner in part.described(key))


def _required(parts: Sequence[Schema]) -> list[str]:
    """The required names, with draft 3's, which stand in the properties, and those that others bring with them."""
    listed = [name for part in parts for name in _texts(part.keywords.get("required"))]
    for part in parts:
        for name in part.names("properties"):
            listed += [name for inner in part.inner("properties", name) if inner.keywords.get("required") is True]
    names = distinct_names(listed)
    for name in names:  # grows while it is gone through
        for part in parts:
            for keyword in ("dependentRequired", "dependencies"):
                dependent = part.keywords.get(keyword)
                with_it = _texts(dependent.get(name)) if isinstance(dependent, dict) else []
                names += [other for other in distinct_names(with_it) if other not in names]
    return names


def _keys(parts: Sequence[Schema]) -> Iterator[str]:
    """Keys for the one entry of a map."""
    if any(inner.keywords for part in parts for inner in part.single("additionalProperties")):
        yield MADE_UP
    names = (inner.keywords.get("pattern") for part in parts for inner in part.single("propertyNames"))
    patterns = [*(pattern for part in parts for pattern in part.names("patternProperties")), *names]
    keys = (text_matching(pattern) for pattern in patterns if isinstance(pattern, str))
    yield from (key for key in keys if key)


def _entry(parts: Sequence[Schema], key: str, inside: Inside) -> Iterator[JsonValue]:
    described = _described(parts, key)
    if not inside.leads_back(described):
        try:
            yield inside.make(described, ())
        except ImpossibleError:
            return


def _grown(made: dict[str, JsonValue], least: int, parts: Sequence[Schema], inside: Inside) -> dict[str, JsonValue]:
    """``made`` with made-up keys until there are ``least``."""
    grown = dict(made)
    keys = [*_keys(parts), *(f"{MADE_UP}{number}" for number in range(1, min(least, _MOST) + 1))]
    for key in keys:
        if len(grown) >= least:
            break
        for value in _entry(parts, key, inside) if key not in grown else ():
            grown[key] = value
    return grown


def _bound(parts: Sequence[Schema], keyword: str, choose: Callable[[list[int]], int], default: int) -> int:
    """The strictest bound, or ``default``. It may be written as ``2.0``, which is a whole number too.

    ``1e999``, which Python reads as infinity, bounds nothing.
    """
    values = [part.keywords.get(keyword) for part in parts]
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    bounds = [int(number) for number in numbers if -math.inf < number < math.inf]
    return choose(bounds) if bounds else default


def _texts(value: JsonValue) -> list[str]:
    """The texts in a list; a single one is a list too (draft 3's ``dependencies``)."""
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str)]
