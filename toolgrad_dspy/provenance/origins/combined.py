"""Values that follow from several values of a result: joined texts, sums, products, differences, and counts.

Any number is the sum of some two of fifty. So only what a person would add up is: all numbers of a list or of a
column, a price and a quantity side by side, two numbers of one small object; and the outcome has to be distinctive,
or to be called what it is.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, permutations

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.kinds import LIMITS
from toolgrad_dspy.records import escape, key_words

# Larger numbers are not exact as a float.
LARGEST = 10**15
# Longer lists are not added up, and longer texts not taken apart.
LONGEST_COLUMN = 200
LONGEST_TEXT = 400
MOST_PARTS = 12
# Numbers of an object among which differences are looked for.
FEW = 6
# Objects of a result in which products and differences are looked for.
MOST_OBJECTS = 60
# What values are joined by, the longest first.
SEPARATORS = (", ", "; ", " - ", ",", ";", "T", " ", "/", "-", ":")

_QUANTITIES = frozenset({"quantity", "qty", "count", "night", "unit", "piece", "hour", "day", "passenger", "guest"})
_PRICES = frozenset({"price", "cost", "rate", "fare", "fee", "amount"})
MONEY_WORDS = frozenset(
    {"total", "sum", "amount", "price", "cost", "bill", "payment", "charge", "subtotal", "budget", "value"}
)
COUNT_WORDS = frozenset({"count", "number", "num", "no", "total", "size", "quantity"})


# The price of one, where a quantity stands beside it.
_UNIT_PRICES = (("unit",), ("each",), ("per", "unit"))
# An amount of money is called any of these, but a largest one is set by somebody.
_AMOUNTS = _PRICES | (MONEY_WORDS - {"budget", "value"})


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers that belong together, by the rule that makes one of them, and where they stand."""

    rule: str
    value: float
    paths: tuple[str, ...]


def computed(rule: str, values: Sequence[JsonValue]) -> float | None:
    """What ``rule`` makes of ``values``; None if they are none that it can be applied to.

    >>> computed("sum", [0.1, 0.2]), computed("product", [2, 19.5]), computed("count", [["a", "b"]])
    (0.3, 39.0, 2)
    """
    if rule == "count":
        return len(values[0]) if len(values) == 1 and isinstance(values[0], list) else None
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) != len(values) or len(numbers) < 2 or any(abs(number) > LARGEST for number in numbers):
        return None
    if rule == "sum":
        return round(math.fsum(numbers), 6)
    if rule == "product":
        return round(math.prod(numbers), 6) if len(numbers) == 2 else None
    if rule == "difference":
        return round(numbers[0] - numbers[1], 6) if len(numbers) == 2 else None
    return None


def takes_money(words: Sequence[str]) -> bool:
    """Whether a parameter of these ``words`` takes an amount of money.

    >>> takes_money(("refund", "amount")), takes_money(("max", "price"))
    (True, False)
    """
    return bool(words) and words[-1] in _AMOUNTS and LIMITS.isdisjoint(words)


def columns(value: JsonValue) -> Iterator[Column]:
    """Everything in ``value`` that may be computed of it."""
    objects = 0
    for pointer, node in _containers(value):
        if isinstance(node, list):
            yield from _sums(node, pointer)
            yield Column("count", len(node), (pointer,))
        elif isinstance(node, dict) and objects < MOST_OBJECTS:
            objects += 1
            yield from _pairs(node, pointer)


def _containers(value: JsonValue, pointer: str = "") -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        yield pointer, value
        for key, item in value.items():
            yield from _containers(item, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        yield pointer, value
        for index, item in enumerate(value):
            yield from _containers(item, f"{pointer}/{index}")


def _sums(items: list[JsonValue], pointer: str) -> Iterator[Column]:
    if not 2 <= len(items) <= LONGEST_COLUMN:
        return
    paths = tuple(f"{pointer}/{index}" for index in range(len(items)))
    if (total := computed("sum", items)) is not None:
        yield Column("sum", total, paths)
        return
    objects = [(path, item) for path, item in zip(paths, items, strict=True) if isinstance(item, dict)]
    if objects and len(objects) == len(items):
        yield from _sums_by_key(objects)
        for key in objects[0][1]:
            # The lists of all of them under one name as one: the lines of all orders.
            lists = [(f"{path}/{escape(key)}", item.get(key)) for path, item in objects]
            inner = list(islice(_inner(lists), LONGEST_COLUMN + 1)) if isinstance(lists[0][1], list) else []
            if 2 <= len(inner) <= LONGEST_COLUMN:
                yield from _sums_by_key(inner)


def _sums_by_key(rows: Sequence[tuple[str, JsonValue]]) -> Iterator[Column]:
    """The sum of what all of the objects ``rows``, each with its place, have under one name."""
    objects = [(path, row) for path, row in rows if isinstance(row, dict)]
    if len(objects) < len(rows):
        return
    for key in objects[0][1]:
        if (total := computed("sum", [row.get(key) for _, row in objects])) is not None:
            yield Column("sum", total, tuple(f"{path}/{escape(key)}" for path, _ in objects))


def _inner(lists: Sequence[tuple[str, JsonValue]]) -> Iterator[tuple[str, JsonValue]]:
    for path, inner in lists:
        if isinstance(inner, list):
            yield from ((f"{path}/{index}", item) for index, item in enumerate(inner))


def _pairs(node: dict[str, JsonValue], pointer: str) -> Iterator[Column]:
    numbers = {k: v for k, v in node.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
    for one, other in permutations(numbers, 2) if len(numbers) <= FEW else ():
        paths = (f"{pointer}/{escape(one)}", f"{pointer}/{escape(other)}")
        words = key_words(one)
        priced = words[-1:] and words[-1] in _PRICES and _QUANTITIES.intersection(key_words(other))
        if priced or (words in _UNIT_PRICES and key_words(other)[-1:] in (("quantity",), ("qty",))):
            yield _column("product", [numbers[one], numbers[other]], paths)
        if numbers[one] > numbers[other] > 0 and not {"id"}.intersection((*key_words(one), *key_words(other))):
            yield _column("difference", [numbers[one], numbers[other]], paths)
    for one, other in combinations(numbers, 2) if len(numbers) <= FEW else ():
        # The fare and its tax; other pairs of an object are rarely added.
        if (
            key_words(one)[-1:]
            and key_words(one)[-1] in _PRICES
            and {"tax", "fee", "tip"}.intersection(key_words(other))
        ):
            paths = (f"{pointer}/{escape(one)}", f"{pointer}/{escape(other)}")
            yield _column("sum", [numbers[one], numbers[other]], paths)


def _column(rule: str, values: Sequence[JsonValue], paths: tuple[str, ...]) -> Column:
    value = computed(rule, values)
    return Column(rule, math.nan if value is None else value, paths)


def partings(text: str) -> Iterator[tuple[str, ...]]:
    """The ways to take a text apart into what may have been joined.

    >>> list(partings("Ann van Lee"))
    [('Ann', 'van Lee'), ('Ann van', 'Lee'), ('Ann', 'van', 'Lee')]
    """
    if len(text) > LONGEST_TEXT:
        return
    for separator in SEPARATORS:
        parts = text.split(separator)
        if not 2 <= len(parts) <= MOST_PARTS or not all(parts):
            continue
        if separator == " " and len(parts) > 2:
            for place in range(1, len(parts)):
                yield " ".join(parts[:place]), " ".join(parts[place:])
        yield tuple(parts)


def joins(text: str, values: Sequence[JsonValue]) -> bool:
    """Whether ``text`` is ``values`` in their order, with one separator between them.

    >>> joins("52.5,13.4", [52.5, 13.4]), joins("Lee Ann", ["Ann", "Lee"])
    (True, False)
    """
    if len(values) < 2:
        return False
    return any(text == separator.join(str(value) for value in values) for separator in SEPARATORS)
