"""What a sentence of a result states besides its words: numbers with a unit ("for 8 hours at 54 °C"), and days."""

import re
from collections.abc import Hashable, Iterator

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.moments import days_in
from toolgrad_dspy.records import key_words

# Longer texts are read up to here.
LONGEST = 20_000

# Days and weeks are none of them: what users ask for and what terms say is counted in those, and equal by chance.
_ADDITIVE = {
    "second": ("s", "sec"),
    "minute": ("min",),
    "hour": ("h", "hr"),
    "metre": ("m", "meter"),
    "km": ("kilometre", "kilometer"),
    "mile": ("mi",),
    "cm": ("centimetre", "centimeter"),
    "mm": ("millimetre", "millimeter"),
    "kg": ("kilo", "kilogram"),
    "gram": ("g",),
    "litre": ("l", "liter"),
    "ml": ("millilitre", "milliliter"),
    "mb": ("megabyte",),
    "gb": ("gigabyte",),
    "tb": ("terabyte",),
    "kwh": (),
}
_OTHER = {"celsius": ("c",), "fahrenheit": ("f",), "percent": ("pct",), "volt": ("v",), "mg": ("milligram",)}
# Every way to write a unit, with the one name that it has here: `h` and `hours` are the same.
UNITS = {word: unit for unit, words in (_ADDITIVE | _OTHER).items() for word in (unit, *words)}
# Those of which an amount and an amount make an amount: not so with degrees.
ADDITIVE = frozenset(_ADDITIVE)
# A bound or a repetition is no amount: "up to 8 hours", "every 8 hours"; nor is the end of a range.
_BOUNDS = frozenset(
    [
        "to",
        "than",
        "least",
        "most",
        "within",
        "under",
        "over",
        "below",
        "above",
        "max",
        "min",
        "maximum",
        "minimum",
        "every",
        "per",
        "and",
        "or",
    ]
)
_AMOUNT = re.compile(
    r"(?<![\w.,:/$€£¥-])(\d{1,9}(?:\.\d{1,6})?)\s?(?:°\s?|degrees?\s)?(%|[A-Za-z]{1,12})(?![\w/])(?!\s?per\b|\sago\b)"
)
_LAST_WORD = re.compile(r"([A-Za-z]+)\.?\s*$")
# Characters before a number in which the word before it is looked for.
_BEFORE = 16


def unit_of(name: str) -> str | None:
    """The unit that a name says its number is in.

    >>> unit_of("bake_hours"), unit_of("temperature_c"), unit_of("max_hours"), unit_of("guests")
    ('hour', 'celsius', None, None)
    """
    words = key_words(name)
    # `min` at the end of a name is minutes, and before it a bound.
    return None if not words or _BOUNDS.intersection(words[:-1]) else UNITS.get(words[-1])


def amount(value: JsonValue, name: str) -> Iterator[Hashable]:
    """A number with the unit that its name says, as ``amounts_in`` has it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and (unit := unit_of(name)):
        yield value, unit


def stated_in(text: JsonValue) -> Iterator[tuple[str, Hashable]]:
    """What ``text`` states, by the rule under which it is looked up.

    >>> sorted(stated_in("Bake for 8 hours at 54 °C, up to 9 h."))
    [('number_in', (8, 'hour')), ('number_in', (54, 'celsius'))]
    """
    if not isinstance(text, str):
        return
    text = text[:LONGEST]
    for found in _AMOUNT.finditer(text):
        word = "percent" if found[2] == "%" else found[2].lower()
        unit = UNITS.get(word) or UNITS.get(next(iter(key_words(word)), ""))
        before = _LAST_WORD.search(text[max(0, found.start() - _BEFORE) : found.start()])
        if unit and not (before and before[1].lower() in _BOUNDS):
            yield "number_in", (float(found[1]) if "." in found[1] else int(found[1]), unit)
    for day in days_in(text):
        yield "date_of", day
        yield "date_of", (None, *day[1:])
