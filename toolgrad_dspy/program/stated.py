"""Whether a text states a value, as a person would say it.

A query may write a value in another form than the call does: ``2026-05-14`` as "May 14", ``19:30`` as "7:30 pm",
``4`` as "four", ``city_hall`` as "city hall". A strict comparison would reject good queries; a keyword search would
accept bad ones. Each form below is one a reader would take for the same value.
"""

import re
from functools import lru_cache

from pydantic import JsonValue

# Texts above this many words are free text (a message, a note): a query may reword them a little.
FREE_TEXT_WORDS = 8
# Share of a free text's words that a query has to repeat to state it.
FREE_TEXT_SHARE = 0.7

_NUMBERS = [
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
]
_MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_DATETIME = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)(?::\d{2})?$")


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Lower case, every run of anything but letters and digits as one blank, a blank at both ends."""
    return " " + " ".join(re.findall(r"[^\W_]+", text.lower())) + " "


def states(text: str, value: JsonValue) -> bool:
    """Whether ``text`` states the leaf ``value``; an empty string or an empty container says nothing to state."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, (int, float)):
        return _states_number(text, value)
    if isinstance(value, str):
        return _states_string(text, value)
    return not value


def contains(text: str, value: JsonValue) -> bool:
    """Whether ``text`` has ``value`` word for word: the test for values that must not leak."""
    plain = normalise(str(value))
    return bool(plain.strip()) and plain in normalise(text)


def _states_number(text: str, value: int | float) -> bool:
    plain = text.replace(",", "")
    whole = int(value) if float(value).is_integer() else None
    forms = {repr(value)} if whole is None else {str(whole), f"{whole}.0"}
    if any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\d|\.\d)", plain) for form in forms):
        return True
    if whole is None:
        # 0.25 may be said as 25 percent.
        percent = round(value * 100, 6)
        return 0 < value < 1 and bool(re.search(rf"(?<![\d.]){percent:g}\s?(?:%|percent)", plain))
    words = normalise(text)
    if 0 <= whole <= 20 and f" {_NUMBERS[whole]} " in words:
        return True
    return whole == 1 and any(f" {word} " in words for word in ("a", "an", "single", "once"))


def _states_string(text: str, value: str) -> bool:
    if not value.strip():
        return True
    if contains(text, value):
        return True
    if not normalise(value).strip():  # signs only, such as "*" or "/"
        return value.strip() in text
    if parts := _DATETIME.match(value):
        return _states_date(text, parts[1]) and _states_time(text, parts[2])
    if _DATE.match(value):
        return _states_date(text, value)
    if _TIME.match(value):
        return _states_time(text, value)
    words = normalise(value).split()
    if len(words) > FREE_TEXT_WORDS:
        present = set(normalise(text).split())
        return sum(word in present for word in words) >= FREE_TEXT_SHARE * len(words)
    return _squeezed(value) in _squeezed(text) and len(_squeezed(value)) >= 6


def _squeezed(text: str) -> str:
    """Letters and digits only: ``readme.md`` in "README md", ``+49 30 123`` in "4930123"."""
    return re.sub(r"[\W_]+", "", text.lower())


def _states_date(text: str, value: str) -> bool:
    match = _DATE.match(value)
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    if not 1 <= month <= 12:
        return False
    words = normalise(text)
    name = _MONTHS[month - 1]
    months = (name, name[:3])
    days = [str(day), f"{day:02d}", f"{day}st", f"{day}nd", f"{day}rd", f"{day}th"]
    named = any(
        f" {m} {d} " in words or f" {d} {m} " in words or f" {d} of {m} " in words for m in months for d in days
    )
    numeric = any(
        form in words
        for form in (
            f" {year} {month:02d} {day:02d} ",
            f" {year} {month} {day} ",
            f" {day:02d} {month:02d} {year} ",
            f" {day} {month} {year} ",
            f" {month:02d} {day:02d} {year} ",
            f" {month} {day} {year} ",
        )
    )
    return named or numeric


def _states_time(text: str, value: str) -> bool:
    match = _TIME.match(value)
    if match is None:
        return False
    hour, minute = int(match[1]), int(match[2])
    plain = text.lower().replace(".", ":")
    clock = rf"(?<!\d)0?{hour}:{minute:02d}(?!\d)"
    if re.search(clock, plain):
        return True
    half = "am" if hour < 12 else "pm"
    twelve = hour % 12 or 12
    minutes = rf"(?::{minute:02d})" if minute else r"(?::00)?"
    spoken = re.sub(r"\b([ap])[: ]?m\b", r"\1m", plain)
    if re.search(rf"(?<!\d)0?{twelve}{minutes}\s?{half}\b", spoken):
        return True
    if minute == 0 and hour in (0, 12):
        return ("midnight" if hour == 0 else "noon") in plain
    return minute == 0 and bool(re.search(rf"(?<!\d)0?(?:{twelve}|{hour}) ?(?:o'clock|h\b)", plain))
