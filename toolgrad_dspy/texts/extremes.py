"""Extremes: what an element of a list has the highest or lowest value of, and the words for it.

The words are English; in another language a pick is left to the model that reads the query.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.records import in_words, key_words, last_key, leaves, names_id
from toolgrad_dspy.records.pointer import list_index

_WORD = re.compile(r"[\w-]+")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?$|^\d{1,2}:\d{2}(?::\d{2})?$")


@dataclass(frozen=True, slots=True)
class _Scale:
    """What a quantity is called by (the words of its key), and what people call its lowest and highest."""

    keys: frozenset[str]
    lowest: tuple[str, ...]
    highest: tuple[str, ...]


_SCALES = (
    _Scale(
        frozenset({"price", "cost", "fare", "fee", "amount", "rate", "total", "usd", "eur", "rent"}),
        ("cheapest", "least expensive", "most affordable", "lowest price", "lowest fare", "lowest-priced"),
        ("most expensive", "dearest", "priciest", "highest price"),
    ),
    _Scale(
        frozenset({"rating", "score", "star", "review", "rank", "grade", "vote", "point"}),
        ("worst rated", "worst-rated", "lowest rated", "lowest-rated", "lowest rating", "worst"),
        (
            "best",
            "best rated",
            "best-rated",
            "top rated",
            "top-rated",
            "highest rated",
            "highest-rated",
            "highest rating",
        ),
    ),
    _Scale(
        frozenset({"distance", "distance_m", "km", "mile", "m", "walk", "metre", "meter", "walking"}),
        ("nearest", "closest", "shortest walk"),
        ("farthest", "furthest", "most distant"),
    ),
    _Scale(
        frozenset({"duration", "minute", "hour", "length", "second", "runtime", "time"}),
        ("shortest", "quickest", "fastest"),
        ("longest", "slowest"),
    ),
    _Scale(
        frozenset({"size", "capacity", "population", "seat", "count", "byte", "area", "quantity", "stock", "copy"}),
        ("smallest", "fewest"),
        ("largest", "biggest"),
    ),
    _Scale(frozenset({"temperature", "temp", "high", "low"}), ("coldest", "coolest"), ("warmest", "hottest")),
    _Scale(frozenset({"age", "year", "born", "founded"}), ("oldest", "earliest"), ("newest", "latest", "youngest")),
)
_MOMENTS = _Scale(frozenset(), ("earliest", "soonest", "oldest"), ("latest", "most recent", "newest"))


@dataclass(frozen=True, slots=True)
class Extreme:
    """The element is the only one with the ``highest``, or else the lowest, value under ``key``."""

    key: str
    highest: bool
    words: tuple[str, ...]

    @property
    def phrase(self) -> str:
        """For a request: ``the cheapest one``, ``the one with the highest humidity``."""
        end = "highest" if self.highest else "lowest"
        return f"the {self.words[0]} one" if self.words else f"the one with the {end} {in_words(self.key)}"

    def said_in(self, query: str, thing: str) -> bool:
        """Whether ``query`` has one of its words for one ``thing``: "my latest messages" tells none of them."""
        text = f" {' '.join(_WORD.findall(query.casefold()))} "
        named = (f"{'highest' if self.highest else 'lowest'} {in_words(self.key)}",)
        several = re.compile(rf" (?:\w+ ){{0,2}}{re.escape(thing.split()[-1])}(?:s|es)\b")
        return any(
            not several.match(text, found.end() - 1)
            for word in (*self.words, *named)
            for found in re.finditer(rf" {re.escape(word)} ", text)
        )


def extremes(items: Sequence[JsonValue], index: int) -> tuple[Extreme, ...]:
    """The extremes of the element at ``index``: of every number or moment that all elements have, and differ in.

    >>> rooms = [{"name": "A", "price": 80}, {"name": "B", "price": 60}, {"name": "C", "price": 95}]
    >>> extremes(rooms, 1)[0].phrase, extremes(rooms, 0)
    ('the cheapest one', ())
    """
    own = items[index]
    if not isinstance(own, dict):
        return ()
    found = []
    for path, _ in leaves(own):
        key = last_key(path)
        if names_id(key) or any(list_index(token) is not None for token in path.split("/")[1:]):
            continue
        column = [_at(item, path) for item in items]
        found += _extreme(key, column, index)
    return tuple(found)


def _extreme(key: str, column: Sequence[JsonValue], index: int) -> list[Extreme]:
    scale = _scale(key, column)
    if scale is None:
        return []
    values = [value for value in column if isinstance(value, (int, float, str))]
    ordered = sorted(values)
    own = column[index]
    if own == ordered[-1] and ordered[-1] != ordered[-2]:
        return [Extreme(key, True, scale.highest)]
    if own == ordered[0] and ordered[0] != ordered[1]:
        return [Extreme(key, False, scale.lowest)]
    return []


def _scale(key: str, column: Sequence[JsonValue]) -> _Scale | None:
    """The words for a column of numbers, or of moments; None for one that has no order people speak of."""
    if all(isinstance(value, str) and _MOMENT.match(value) for value in column):
        return _MOMENTS
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in column):
        return None
    words = set(key_words(key))
    return next((scale for scale in _SCALES if words & scale.keys), _Scale(frozenset(), (), ()))


def _at(item: JsonValue, path: str) -> JsonValue:
    for token in path.split("/")[1:]:
        if not isinstance(item, dict) or token not in item:
            return None
        item = item[token]
    return item
