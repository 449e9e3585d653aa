"""Values that follow from one value of a result, by a rule: a date out of a time stamp, the number in "$342.81".

A rule brings both into a form that is equal where one follows from the other, so that the forms of a result can be
indexed once. How likely that is by accident decides what else has to agree (``needs``):

- ``distinct``: as with equal values, the same kind where the value is not distinctive;
- ``kind``: always the same kind: a year stands in every date, a first name in many;
- ``distinctive``: a value that is: any number is rounded from some other;
- ``free``: a day with its month, which one date in 365 has.
"""

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.moments import clock_of, day_of, stamp
from toolgrad_dspy.provenance.origins.sentences import amount
from toolgrad_dspy.records import escape, key_words

# A rule and the form that it compares values in.
Form = tuple[str, Hashable]

_NUMBER = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d{1,12})?|[+-]?\d{1,18}(?:\.\d{1,12})?")
_PRICED = re.compile(
    rf"(?:[$€£¥₹]|[A-Za-z]{{1,3}}\$?)?\s?(?P<number>{_NUMBER.pattern})\s?(?:[$€£¥₹%°]|[A-Za-z]{{1,12}})?"
    r"(?:\s?(?:/|per\s|a\s)\s?[A-Za-z]{1,12})?"
)
_CURRENCY = re.compile(
    r"[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|CNY|BRL|MXN|ZAR|SGD|HKD)(?![A-Za-z])"
)
_CAPITAL = re.compile(r"[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*", re.UNICODE)
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_YEAR = re.compile(r"[12]\d{3}")
# Longer texts are no name, number or path.
_SHORT = 80
_LONG_PATH = 400
_LARGEST = 10**18
# Decimals to which a number may be rounded.
_DECIMALS = range(5)
_PART_NAMES = frozenset({("first",), ("last",), ("given",), ("family",), ("sur",), ("fore",), ("middle",)})


def _text_of(value: JsonValue, _: str) -> Iterator[Hashable]:
    if isinstance(value, str) and _NUMBER.fullmatch(value) and "," not in value:
        yield value


def _number_as_text(value: JsonValue, _: str) -> Iterator[Hashable]:
    if _is_number(value):
        yield f"{value}"


def _number(value: JsonValue, _: str) -> Iterator[Hashable]:
    if isinstance(value, (int, float)) and _is_number(value):
        yield value


def _number_meant(value: JsonValue, name: str) -> Iterator[Hashable]:
    yield from _number(value, name)
    if _is_number(value):
        yield from amount(value, name)


def _number_in(value: JsonValue, _: str) -> Iterator[Hashable]:
    if isinstance(value, str) and len(value) <= _SHORT and (found := _PRICED.fullmatch(value.strip())):
        text = found["number"].replace(",", "")
        yield float(text) if "." in text else int(text)


def is_money(value: JsonValue) -> bool:
    """Whether a text is a sum of money with its currency.

    >>> is_money("EUR 3.72"), is_money("$0.05 per GB"), is_money("3.72 m")
    (True, True, False)
    """
    return (
        isinstance(value, str)
        and len(value) <= _SHORT
        and _PRICED.fullmatch(value.strip()) is not None
        and _CURRENCY.search(value) is not None
    )


def _rounded(value: JsonValue, _: str) -> Iterator[Hashable]:
    if isinstance(value, float) and abs(value) < 1e15:
        yield from {shorter for decimals in _DECIMALS if (shorter := round(value, decimals)) != value}


def _day(value: JsonValue, _: str) -> Iterator[Hashable]:
    if day := day_of(value):
        yield day


def _days(value: JsonValue, name: str) -> Iterator[Hashable]:
    if (day := day_of(stamp(name, value) or value)) and day[0] is not None:
        yield from (day, (None, *day[1:]))


def _clock(value: JsonValue, _: str) -> Iterator[Hashable]:
    if (clock := clock_of(value)) and not day_of(value):
        yield clock


def _clock_in(value: JsonValue, name: str) -> Iterator[Hashable]:
    if clock := clock_of(stamp(name, value) or value):
        yield clock


def _moment(value: JsonValue, name: str) -> Iterator[Hashable]:
    text = stamp(name, value) or value
    if (day := day_of(text)) and (clock := clock_of(text)):
        yield day, clock


def _year(value: JsonValue, name: str) -> Iterator[Hashable]:
    if key_words(name)[-1:] == ("year",) and _YEAR.fullmatch(text := f"{next(_segment(value, name), '')}"):
        yield int(text)


def _year_in(value: JsonValue, name: str) -> Iterator[Hashable]:
    if (day := day_of(stamp(name, value) or value)) and day[0]:
        yield day[0]


def _case(value: JsonValue, _: str) -> Iterator[Hashable]:
    if isinstance(value, str) and len(value) <= _SHORT and value.lower() != value.upper():
        yield _BETWEEN_WORDS.sub(" ", value.casefold())


def _name(value: JsonValue, _: str) -> Iterator[Hashable]:
    if isinstance(value, str) and len(value) <= _SHORT and _CAPITAL.fullmatch(value):
        yield value


def _names(value: JsonValue, name: str) -> Iterator[Hashable]:
    if isinstance(value, str) and len(value) <= _SHORT and key_words(name)[-1:] != ("description",):
        words = value.replace(",", " ").split()
        if 2 <= len(words) <= 4 and all(_CAPITAL.fullmatch(word.rstrip(".")) for word in words):
            yield from words


def _segment(value: JsonValue, _: str) -> Iterator[Hashable]:
    if isinstance(value, str) and 0 < len(value) <= _SHORT:
        yield value
    elif isinstance(value, int) and _is_number(value):
        yield f"{value}"


def segments(value: JsonValue) -> tuple[str, ...]:
    """The segments of a URL or a path, and the values of its query; none of any other text."""
    if not isinstance(value, str) or "/" not in value or len(value) > _LONG_PATH or " " in value or "\n" in value:
        return ()
    return tuple(part for part in re.split(r"[/?&=#]", value.partition("://")[2] or value) if part)


def _segments(value: JsonValue, _: str) -> Iterator[Hashable]:
    yield from segments(value)


Reading = Callable[[JsonValue, str], Iterator[Hashable]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How a value follows from one in a result: ``argument`` and ``leaf`` give the forms of either, each with the
    name it stands under.
    """

    name: str
    argument: Reading
    leaf: Reading
    needs: Literal["free", "distinct", "distinctive", "kind"] = "distinct"


# In the order in which they are tried.
RULES = (
    Rule("text_of", _text_of, _number_as_text),
    Rule("number_in", _number_meant, _number_in),
    Rule("moment_of", _moment, _moment, "free"),
    Rule("date_of", _day, _days, "free"),
    Rule("time_of", _clock, _clock_in),
    Rule("year_of", _year, _year_in, "kind"),
    Rule("case", _case, _case),
    Rule("part_of_name", _name, _names, "kind"),
    Rule("segment", _segment, _segments),
    Rule("rounded", _number, _rounded, "distinctive"),
)
BY_NAME = {rule.name: rule for rule in RULES}
# An id that is the key of an object: `{"31": {...}}`. Any other key is what a value is called.
KEY = Rule("key", _segment, _segment)


def argument_forms(name: str, value: JsonValue) -> Iterator[tuple[Rule, Form]]:
    """The forms in which the argument ``name`` is looked up, rule by rule."""
    for rule in (*RULES, KEY):
        for form in rule.argument(value, name):
            yield rule, (rule.name, form)


def forms(name: str, value: JsonValue) -> Iterator[Form]:
    """The forms of a value in a result that stands under ``name``."""
    for rule in RULES:
        for form in rule.leaf(value, name):
            yield rule.name, form


def id_keys_of(value: JsonValue, pointer: str = "") -> Iterator[tuple[Form, str]]:
    """The keys of objects that are ids rather than names, with the pointer to what each of them is of.

    Such have a digit, or lead to objects that all have the same keys: ``{"home": {"city": ...}, "work": ...}``.
    """
    if isinstance(value, dict):
        shapes = {tuple(item) if isinstance(item, dict) else None for item in value.values()}
        alike = len(value) > 1 and len(shapes) == 1 and None not in shapes
        for key, item in value.items():
            place = f"{pointer}/{escape(key)}"
            if alike or any(sign.isdigit() for sign in key):
                yield ("key", key), place
            yield from id_keys_of(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from id_keys_of(item, f"{pointer}/{index}")


def _is_number(value: JsonValue) -> bool:
    """Whether it is a number that may be meant as one: Python does not even write one of thousands of digits."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST


def asks_for_part(name: str) -> bool:
    """Whether a parameter of this name takes a part of somebody's name: ``last_name``, or any ``name``."""
    words = key_words(name)
    return (
        words[-1:] == ("name",)
        or words in (("surname",), ("forename",), ("nickname",))
        or words[-2:-1] in _PART_NAMES
    )
