"""Dates and times as calls and results write them, in one form each. Names of months are English."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from pydantic import JsonValue

from toolgrad_dspy.records import key_words

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_ISO = re.compile(
    r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?\d{2}(?:\.\d{1,9})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_DAY_FIRST = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH},?(?:\s(\d{{4}}))?", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"{_MONTH}\s(\d{{1,2}})(?:st|nd|rd|th)?,?(?:\s(\d{{4}}))?", re.IGNORECASE)
_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?\s?(am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)
_IN_PROSE = re.compile(
    rf"(?<![\w-])(?:\d{{4}}-\d{{2}}-\d{{2}}(?![\d-])|\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH},?\s\d{{4}}\b"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}\b)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s", re.IGNORECASE)
# Longer texts are no moment, and are not looked at.
_LONGEST = 40

# Unix time stamps of the years 2001 to 2099, in seconds.
_STAMPS = (1_000_000_000, 4_070_000_000)
# Words in the names of time stamps.
_STAMP_WORDS = frozenset(
    {"time", "at", "timestamp", "ts", "date", "start", "end", "created", "updated", "expire", "last"}
)

# Year (None if it is left out), month, day.
Day = tuple[int | None, int, int]
Clock = tuple[int, int]


def day_of(value: JsonValue) -> Day | None:
    """The day that a date, or a date with a time, is on.

    >>> day_of("13 May"), day_of("2026-05-13T19:30:00Z"), day_of("May 13th, 2026"), day_of("2026-13-40")
    ((None, 5, 13), (2026, 5, 13), (2026, 5, 13), None)
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = _WEEKDAY.sub("", value.strip())
    if found := _ISO.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.fullmatch(text):
        return _day(int(found[3]) if found[3] else None, _MONTHS[found[2].lower()], int(found[1]))
    if found := _MONTH_FIRST.fullmatch(text):
        return _day(int(found[3]) if found[3] else None, _MONTHS[found[1].lower()], int(found[2]))
    if found := _NUMERIC.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        # 05/13 is the American order; with points, and wherever both can be, the day is first.
        month, day = (first, second) if second > 12 and found[2] != "." else (second, first)
        return _day(int(found[4]), month, day)
    return None


def days_in(text: str) -> Iterator[Day]:
    """The days that a text names with their years: "19 October" alone may be of any, and "may 5" no day at all.

    >>> list(days_in("The list by 19 October 2026, the rest on May 2nd, 2027; in May 5 people come."))
    [(2026, 10, 19), (2027, 5, 2)]
    """
    for found in _IN_PROSE.finditer(text):
        if day := day_of(found[0]):
            yield day


def clock_of(value: JsonValue) -> Clock | None:
    """The hour and minute of a time of day, or of a date with a time.

    >>> clock_of("7:30 pm"), clock_of("2026-05-13 19:30"), clock_of("2026-05-13"), clock_of("25:00")
    ((19, 30), (19, 30), None, None)
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = value.strip()
    if (found := _ISO.fullmatch(text)) and found[4]:
        return _clock(int(found[4]), int(found[5]))
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour = int(found[1])
    if found[3]:
        hour = hour % 12 + (12 if found[3][0] in "pP" else 0)
    return _clock(hour, int(found[2]))


def stamp(name: str, value: JsonValue) -> str | None:
    """A Unix time stamp, by the ``name`` that it stands under, as a date with a time in UTC.

    >>> stamp("created_at", 1778666400), stamp("stars", 1778666400)
    ('2026-05-13T10:00:00', None)
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not _STAMP_WORDS.intersection(key_words(name))
    ):
        return None
    if not _STAMPS[0] <= value <= 1000 * _STAMPS[1]:
        return None
    seconds = value / 1000 if value > 100 * _STAMPS[0] else value
    if not _STAMPS[0] <= seconds <= _STAMPS[1]:
        return None
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _day(year: int | None, month: int, day: int) -> Day | None:
    try:
        date(year or 2000, month, day)
    except ValueError:
        return None
    return year, month, day


def _clock(hour: int, minute: int) -> Clock | None:
    return (hour, minute) if hour < 24 and minute < 60 else None
