"""What the values of a result hold that a text can tell: days, times and numbers, short texts, counts and sums."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements import Clock, Day, numbers_in
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import leaves

_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?!\d)")
# A longer text is read part by part: what its numbers are of stands beside them, not in its key.
LABEL_CHARS = 40
# Characters of a text whose numbers may be spoken of with any of its words, and of one that is read at all.
_SHORT_TEXT = 1_000
READ_CHARS = 20_000


def days_of(leaf: JsonValue) -> Iterator[Day]:
    """The days of a text, written as ISO 8601 has them."""
    if isinstance(leaf, str):
        yield from (Day(int(y), int(m), int(d)) for y, m, d in _ISO.findall(leaf))


def clocks_of(leaf: JsonValue) -> Iterator[Clock]:
    """The times of day of a text, written with a colon."""
    if isinstance(leaf, str):
        yield from (Clock(int(h), int(m)) for h, m in _CLOCK.findall(leaf))


def tellable_texts(leaf: JsonValue) -> Iterator[str]:
    """A text of a result as it may stand in a response: as a whole, or, of a long one, its first words."""
    if isinstance(leaf, str) and len(leaf) > 2:
        words = normalise(leaf).split()
        if words:
            yield " ".join(words[:8])


def alike(one: object, other: object) -> bool:
    """Whether two readings are the same; days may lack their year."""
    if isinstance(one, Day) and isinstance(other, Day):
        return (one.month, one.day) == (other.month, other.day)
    return one == other


def readings_of(leaf: JsonValue) -> Iterator[object]:
    """The days and times of a leaf, and its numbers of two significant digits or more."""
    yield from days_of(leaf)
    yield from clocks_of(leaf)
    yield from (number for number in numbers_of(leaf) if significant_digits(number) >= 2)


def numbers_of(leaf: JsonValue) -> Iterator[float]:
    if isinstance(leaf, bool) or leaf is None:
        return
    if isinstance(leaf, (int, float)):
        if abs(leaf) < 1e300:
            yield float(leaf)
    elif isinstance(leaf, str):
        for said in numbers_in(_CLOCK.sub(" ", _ISO.sub(" ", leaf))):
            yield from (float(number) for number in said.values if abs(number) < 1e300)


def numbers_by_part(text: str) -> Iterator[tuple[frozenset[str], list[float]]]:
    """The numbers of each line of a text, with the words of that line; of a short text, with all its words."""
    whole = frozenset(_stems(text)) if len(text) <= _SHORT_TEXT else frozenset()
    for line in text[:READ_CHARS].splitlines():
        numbers = list(numbers_of(line)) if any(sign.isdigit() for sign in line) or len(line) < 200 else []
        if numbers:
            yield whole | frozenset(_stems(line)), numbers


def _stems(text: str) -> Iterator[str]:
    return (word.rstrip("s") for word in normalise(text).split() if len(word) > 3)


def lists(value: JsonValue) -> Iterator[list[JsonValue]]:
    """Every list in a value, also those within others."""
    if isinstance(value, list):
        yield value
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from lists(item)


def sums(value: JsonValue) -> Iterator[float]:
    """The sums of the columns of every list."""
    if isinstance(value, dict):
        for item in value.values():
            yield from sums(item)
    elif isinstance(value, list):
        columns: dict[str, list[float]] = {}
        for item in value:
            for path, leaf in leaves(item) if isinstance(item, dict) else [("", item)]:
                if isinstance(leaf, (int, float)) and not isinstance(leaf, bool) and abs(leaf) < 1e300:
                    columns.setdefault(path, []).append(float(leaf))
        yield from (round(sum(column), 2) for column in columns.values() if len(column) > 1)
        for item in value:
            yield from sums(item)


def significant_digits(number: float) -> int:
    """How many significant digits a number has."""
    if number != number or abs(number) >= 1e15:
        return 15
    text = f"{abs(number):.6f}".rstrip("0").rstrip(".")
    return len(text.replace(".", "").strip("0")) if "." in text else len(text.strip("0"))
