"""Values as a person writes them: "14 May" for ``2026-05-14``, "7:30 pm" for ``19:30``, "four" for 4.

What is written here is read back by ``reading.py``, and recognised by the rules of ``provenance``.
"""

import re
from collections.abc import Sequence
from typing import Any

from toolgrad_dspy.lm.rehearsal.vocabulary import NATIONS

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *(
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ),
)
DATE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?")
MOMENT = re.compile(rf"({DATE.pattern})[T ](([01]\d|2[0-3]):[0-5]\d)(?::00(?:\.0+)?)?(Z?)")
# A name, or a few of them: it stands in a sentence as it is.
_NAMELIKE = re.compile(r"[A-Z][\w'’.-]*(?: (?:(?:of|the|and|&|de|la|von|van) )?[A-Z0-9][\w'’.-]*){0,3}")
# An address or a place in a file system, which nobody puts in quotation marks.
_ADDRESS = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|[~.]{0,2}/\S+|\+?\d[\d ()-]{5,}\d|[A-Z]\w+/[A-Z]\w+"
)


def worded(value: Any, *, plain: bool = False, year: bool = True) -> tuple[str, ...]:
    """The ways to say ``value``, the most usual first; at least one, and none of them empty unless the value is.

    ``plain`` writes choices, whose words need no quotation marks. ``year`` says whether a date has to name its own:
    it has, where nothing else tells the year.

    >>> worded("2026-05-14", year=False)
    ('14 May', 'May 14', 'May 14th', '14th of May')
    >>> worded("19:30"), worded(4), worded("tram_stop", plain=True), worded("Bike repair")
    (('7:30 pm', '19:30'), ('four',), ('tram stop',), ('"Bike repair"',))
    """
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, (int, float)):
        return _number(value)
    if not isinstance(value, str):
        return (str(value),)
    text = " ".join(value.split())
    if moment := MOMENT.fullmatch(text):
        days, times = worded(moment[1], year=year), worded(moment[5])
        return tuple(f"{day} at {times[0]}{' UTC' if moment[7] else ''}" for day in days)
    if parts := DATE.fullmatch(text):
        return _date(int(parts[1]), int(parts[2]), int(parts[3]), year)
    if parts := TIME.fullmatch(text):
        return _time(text, int(parts[1]), int(parts[2]))
    if plain:
        words = text.replace("_", " ").split()
        return (" ".join(word.capitalize() if word in NATIONS else word for word in words),)
    return (text if _NAMELIKE.fullmatch(text) or _ADDRESS.fullmatch(text) else quoted(text),)


def quoted(text: str) -> str:
    """``text`` in quotation marks: in single ones if it has double ones of its own."""
    return f"'{text}'" if '"' in text and "'" not in text else f'"{text}"'


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def ordinal(day: int) -> str:
    """
    >>> ordinal(1), ordinal(12), ordinal(23)
    ('1st', '12th', '23rd')
    """
    ending = "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _date(year: int, month: int, day: int, with_year: bool) -> tuple[str, ...]:
    name = MONTHS[month - 1]
    if with_year:
        return f"{day} {name} {year}", f"{name} {day}, {year}"
    return f"{day} {name}", f"{name} {day}", f"{name} {ordinal(day)}", f"{ordinal(day)} of {name}"


def _time(text: str, hour: int, minute: int) -> tuple[str, ...]:
    if minute == 0 and hour % 12 == 0:
        return "noon" if hour else "midnight", f"{hour:02d}:00"
    half = "am" if hour < 12 else "pm"
    spoken = f"{hour % 12 or 12}:{minute:02d} {half}" if minute else f"{hour % 12 or 12} {half}"
    return spoken, text.removesuffix(":00") if text.count(":") == 2 else text


def in_figures(value: int | float) -> str:
    """
    >>> in_figures(3.0), in_figures(2.5), in_figures(1500)
    ('3', '2.5', '1500')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


def _number(value: int | float) -> tuple[str, ...]:
    if 0 <= value < len(NUMBERS) and value == int(value):
        # Twelve and below are written out, as style guides have it; above that either is usual.
        word = NUMBERS[int(value)]
        return (word,) if value <= 12 else (in_figures(value), word)
    return (in_figures(value),)
