"""The times of day of a text: clocks of 24 and 12 hours, in words ("half past seven", "halb acht"), in six languages
and in Chinese and Japanese."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from toolgrad_dspy.provenance.statements.numbers import chinese_number
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, read
from toolgrad_dspy.provenance.statements.spoken import spoken


class Clock(NamedTuple):
    """A time of day on the clock of 24 hours."""

    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Timed:
    """A time at ``start:end`` of a text with every reading it has: "half past seven" is in the morning or evening."""

    start: int
    end: int
    values: tuple[Clock, ...]


_MORNING = "morning|früh|morgens|vormittags?|matin|mañana|madrugada|mattina|mattino|manhã"
_EVENING = (
    "afternoon|evening|tonight|nachmittags?|abends?|après-midi|soir|tarde|pomeriggio|sera|serata|tarde"
    "|night|nachts|nuit|noche|notte|noite"
)
_PART = (
    r"(?:,?[ -]?(?:(?:sharp |o'clock |uhr )?(?:in the |at |this |in der |am |du |de la |de l'|de |del |della |di "
    rf"|da |à |por la |heute |ce |esta |ma))?(?:[ap]\.? ?m\b\.?|(?:{_MORNING}|{_EVENING})\b))"
)
_BEFORE = (
    rf"(?:\b(?:tonight|this evening|this afternoon|this morning|{_MORNING}|{_EVENING})"
    r" (?:at|um|à|a las|alle|às|at about|gegen|vers) )"
)
_HOUR = r"(?<![\d.,:/$€£#-])(?P<hour>2[0-4]|1\d|0?\d)"
_MINUTE = r"(?P<minute>[0-5]\d)"
_UNIT = r"(?:o'clock|uhr|heures?|horas?|h\b|ore\b)"
# Where a number is a time although nothing after it says so.
_AT = r"\b(?:at|um|gegen|à|vers|dès|a las|a la|alle|dalle|às|ab|until|till|by|from|le|las|la) "
_STOP = (
    r"(?=\s*(?:[.,;!?)](?!\d)|$|(?:on|in|for|and|with|please|tomorrow|today|tonight|sharp|am|für|pour|para|per|si|und|y"
    r"|e|et|bitte)\b))"
)
_PAST = r"(?:past|after|nach)"
_TO = r"(?:to|before|till|of|vor)"

# Digits with a colon are on the clock of 24 hours, if nothing says which half of the day they mean.
_EXACT = (
    rf"{_BEFORE}?{_HOUR}(?:[:.](?!\d\d[.,]\d)| ?h ?| ?uhr ){_MINUTE}(?::\d\d(?:\.\d+)?)?(?!\d|[.,:]\d| ?[%€])"
    rf"(?: ?(?:uhr|h)\b)?{_PART}?",
    rf"{_HOUR} heures (?P<minute>[0-5]?\d)\b{_PART}?",
)
# These are the same in the morning and in the evening.
_OPEN = (
    rf"{_BEFORE}?{_HOUR} ?(?:{_PART}|o'clock{_PART}?|uhr\b(?! \d){_PART}?|h\b(?! ?\d))",
    rf"{_BEFORE}{_HOUR}\b(?! ?[:.h]\d)",
    rf"{_AT}{_HOUR} (?:heures?|horas?|ore)\b(?! (?:et|moins|y|menos|e|meno)\b){_PART}?",
    rf"{_AT}{_HOUR}{_STOP}",
    # The hour of a range gets its half from the end: "9 to 10 in the morning".
    rf"{_HOUR} ?(?:-|to|until|till|bis|à|a|alle) ?(?:1[0-2]|[1-9])(?::\d\d)? ?{_PART}",
    rf"{_HOUR}[ -]{_MINUTE}{_PART}",
)
# The place of the form for ranges.
_RANGE = 4
_QUARTERS = (
    (rf"\b(?:half past|half(?= \d)) {_HOUR}\b{_PART}?", 30),
    (rf"\bquarter {_PAST} {_HOUR}\b{_PART}?", 15),
    (rf"\bquarter {_TO} {_HOUR}\b{_PART}?", -15),
    (rf"\bviertel nach {_HOUR}\b{_PART}?", 15),
    (rf"\b(?:dreiviertel|viertel vor) {_HOUR}\b{_PART}?", -15),
    (rf"(?:{_MORNING}|{_EVENING})?(?: um)? ?\bhalb {_HOUR}\b{_PART}?", -30),
    (rf"{_HOUR}(?: heures?)? (?:et demie?|y media|e mezz[ao]|e meia)\b{_PART}?", 30),
    (rf"{_HOUR}(?: heures?)? (?:et quart|y cuarto|e (?:1|un) quarto)\b{_PART}?", 15),
    (
        rf"{_HOUR}(?: heures?)? (?:moins le quart|menos cuarto|meno (?:1|un) quarto|menos (?:1|um) quarto)\b{_PART}?",
        -15,
    ),
    (rf"\b(?:1|um) quarto para (?:as |a )?{_HOUR}\b{_PART}?", -15),
)
_MINUTES = (
    (rf"\b(?P<minute>[0-5]?\d)(?: minutes| minuten)? {_PAST} {_HOUR}\b{_PART}?", 1),
    (
        rf"\b(?P<minute>[0-5]?\d(?= min)|5|10|20|25)(?: minutes| minuten)? {_TO} {_HOUR}(?! (?:people|of))\b{_PART}?",
        -1,
    ),
    (rf"{_HOUR} heures? moins (?P<minute>[0-5]?\d)\b{_PART}?", -1),
    (rf"\b(?:las|la) {_HOUR} menos (?P<minute>[0-5]?\d)\b{_PART}?", -1),
    (rf"\b(?:las|la|le|às) {_HOUR} (?:y|e) (?P<minute>[0-5]?\d)\b{_PART}?", 1),
)
_NOON = re.compile(r"\b(?:noon|midday|mittags?|midi|mediodía|mezzogiorno|meio-dia|meio dia)\b|正午|中午")
_MIDNIGHT = re.compile(
    r"\b(?:midnight|mitternachts?|minuit|medianoche|mezzanotte|meia-noite|meia noite)\b|真夜中|午夜|零点"
)
_CJK = re.compile(
    r"(?P<part>午前|午後|上午|下午|晚上|早上|早晨|凌晨|傍晚|中午|朝|夜)?の?\s?"
    r"(?P<hour>\d{1,2}|[〇零一二三四五六七八九十两兩]{1,3})\s?[时時点點](?!間|间)"
    r"(?:\s?(?P<minute>\d{1,2}|[一二三四五六七八九十]{1,3})\s?分|(?P<half>半)|(?P<quarter>一刻))?"
)
_MILITARY = re.compile(r"\b(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d) (?:hours|hrs)\b")


def times_in(text: str) -> tuple[Timed, ...]:
    """Every time of day of ``text``, in order; an open one ("half past seven", "at 7") has both halves of the day.

    >>> [(text[t.start : t.end], t.values) for text in ["at 7:30 pm"] for t in times_in(text)]
    [('7:30 pm', (Clock(hour=19, minute=30),))]
    """
    reading = read(text)
    return tuple(Timed(*reading.origin(timed.start, timed.end), timed.values) for timed in times(reading))


@lru_cache(maxsize=1)
def _forms() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(form) for form in (*_EXACT, *_OPEN))


@lru_cache(maxsize=1)
def _spoken_forms() -> tuple[tuple[re.Pattern[str], int], ...]:
    return tuple((re.compile(form), shift) for form, shift in (*_QUARTERS, *_MINUTES))


@lru_cache(maxsize=KEPT_TEXTS)
def times(reading: Reading) -> tuple[Timed, ...]:
    """The times of ``reading``, with places in its plain text."""
    said = spoken(reading)
    found: list[tuple[int, int, tuple[Clock, ...]]] = []
    taken: list[tuple[int, int]] = []
    # What a form in words has read is no time of another form: in "half past 7" there is no "at 7".
    for start, end, values in (*_in_words(said.text), *_clocks(said.text)):
        if any(start < other_end and other_start < end for other_start, other_end in taken):
            continue
        taken.append((start, end))
        found.append((*said.plain(start, end), values))
    for pattern, hour in ((_NOON, 12), (_MIDNIGHT, 0)):
        found += [(m.start(), m.end(), (Clock(hour, 0),)) for m in pattern.finditer(reading.plain)]
    found += _chinese(reading.plain)
    return tuple(Timed(*timed) for timed in sorted(found))


def _in_words(text: str) -> Iterator[tuple[int, int, tuple[Clock, ...]]]:
    for pattern, shift in _spoken_forms():
        for match in pattern.finditer(text):
            groups = match.groupdict()
            minutes = shift if groups.get("minute") is None else shift * int(match["minute"])
            values = _halves(int(match["hour"]), 0, _part(match[0]), open_hours=True)
            yield match.start(), match.end(), tuple(_shifted(value, minutes) for value in values)


def _clocks(text: str) -> Iterator[tuple[int, int, tuple[Clock, ...]]]:
    for match in _MILITARY.finditer(text):
        yield match.start(), match.end(), (Clock(int(match["hour"]), int(match["minute"])),)
    for index, pattern in enumerate(_forms()):
        for match in pattern.finditer(text):
            minute = int(match["minute"]) if "minute" in pattern.groupindex else 0
            values = _halves(int(match["hour"]), minute, _part(match[0]), open_hours=index >= len(_EXACT))
            if values:
                # Of a range only the first hour is read here, its end is a time of its own.
                end = match.end("hour") if index == len(_EXACT) + _RANGE else match.end()
                yield match.start("hour"), end, values


def _part(text: str) -> str:
    """The half of the day that ``text`` names: ``am``, ``pm``, ``night`` or nothing."""
    if found := re.search(r"(?<![^\W\d])([ap])\.? ?m\b", text):
        return f"{found[1]}m"
    if re.search(r"\b(?:night|nachts|nuit|noche|notte|noite)\b", text):
        return "night"
    if re.search(rf"\b(?:{_MORNING})\b", text):
        return "am"
    return "pm" if re.search(rf"\b(?:{_EVENING})\b", text) else ""


def _halves(hour: int, minute: int, part: str, *, open_hours: bool) -> tuple[Clock, ...]:
    """The readings of an hour, on the clock of 12 hours if a part of the day is named."""
    if hour == 24 and minute == 0:
        return (Clock(0, 0),)
    if hour > 23:
        return ()
    if part and hour <= 12:
        late = part == "pm" or (part == "night" and 5 <= hour <= 11)
        return (Clock(hour % 12 + (12 if late else 0), minute),)
    if open_hours and 0 < hour <= 12:
        return (Clock(hour % 12, minute), Clock(hour % 12 + 12, minute))
    return (Clock(hour, minute),)


def _shifted(clock: Clock, minutes: int) -> Clock:
    whole = (clock.hour * 60 + clock.minute + minutes) % (24 * 60)
    return Clock(whole // 60, whole % 60)


def _chinese(plain: str) -> Iterator[tuple[int, int, tuple[Clock, ...]]]:
    if plain.isascii():
        return
    for match in _CJK.finditer(plain):
        hour = int(match["hour"]) if match["hour"].isdecimal() else chinese_number(match["hour"])
        minute = 30 if match["half"] else 15 if match["quarter"] else 0
        if written := match["minute"]:
            minute = int(written) if written.isdecimal() else chinese_number(written)
        part = match["part"] or ""
        half = "am" if part in ("午前", "上午", "早上", "早晨", "凌晨", "朝") else "pm" if part else ""
        if values := _halves(hour, minute, half, open_hours=minute == 0 or not match["minute"]):
            yield match.start(), match.end(), values
