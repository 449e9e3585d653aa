"""The times of day of a text: clocks of 24 and 12 hours, in words ("half past seven", "halb acht"), in six languages
and in Chinese and Japanese."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

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
_NIGHT = "night|nachts|nuit|noche|notte|noite"
_LATE = "afternoon|evening|tonight|nachmittags?|abends?|après-midi|soir|tarde|pomeriggio|sera|serata"
_PART = (
    r"(?:,?[ -]?(?:(?:sharp |o'clock |uhr )?(?:in the |at |this |in der |am |du |de la |de l'|de |del |della |di "
    rf"|da |à |por la |heute |ce |esta |ma))?(?:[ap]\.? ?m\b\.?|(?:{_MORNING}|{_LATE}|{_NIGHT})\b))"
)
_PART_BEFORE = re.compile(
    rf"\b(?:{_MORNING}|{_LATE}|{_NIGHT})(?: (?:at|um|à|a las|alle|às|at about|gegen|vers))?(?: half| halb| quarter)?"
    r"(?: past| to)? $"
)
_PARTS = (
    ("pm", re.compile(r"(?<![^\W\d])p\.? ?m\b")),
    ("am", re.compile(rf"(?<![^\W\d])a\.? ?m\b|\b(?:{_MORNING})\b")),
    ("night", re.compile(rf"\b(?:{_NIGHT})\b")),
    ("pm", re.compile(rf"\b(?:{_LATE})\b")),
)
# Signs before an hour in which words that belong to it are looked for.
_BEFORE_CHARS = 36
# An hour or minutes; not a part of an amount of money, of a longer number or of a date.
_FIRST = re.compile(r"(?<![\d.,:/$€£#-])(?:2[0-4]|1\d|0?\d|[3-5]\d)(?!\d)")
_HOUR = r"(?P<hour>2[0-4]|1\d|0?\d)\b"
# Where a number is a time although nothing after it says so.
_AT = r"\b(?:at|um|gegen|à|vers|dès|a las|a la|alle|dalle|às|ab|until|till|by|from|le|las|la) $"
_STOP = (
    r"(?=\s*(?:[.,;!?)](?!\d)|$|(?:on|in|for|and|with|please|every|each|daily|tomorrow|today|tonight|sharp|am"
    r"|für|pour|para|per|si"
    r"|und|y|e|et|bitte)\b))"
)
_AT_OR_ALONE = rf"{_AT}|^\s*$|\b(?:between|and|zwischen|und|entre|et) $"
# Minutes after a colon or a point, maybe seconds, and no more digits.
_MINUTE = r"(?P<minute>[0-5]\d)(?::\d\d(?:\.\d+)?)?(?!\d|[.,:]\d| ?[%€])"
# These are on the clock of 24 hours, if nothing says which half of the day they mean.
_EXACT: dict[str, Any] = {"minutes": None, "exact": True}
_QUARTER = r"(?:(?:1|un|um|le) )?(?:quart|cuarto|quarto)"


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to say a time, seen from its first number: what stands before and after it.

    ``minutes`` are added to the hour; None if they are written: in a group ``minute``, or, where a group ``hour``
    follows, in the first number, to be added or with ``back`` taken off. ``exact`` leaves no half of the day open.
    """

    after: re.Pattern[str]
    before: re.Pattern[str] | None = None
    minutes: int | None = 0
    back: bool = False
    exact: bool = False


def _form(after: str, before: str = "", *, part: str = "?", **more: Any) -> _Form:
    tail = f"{_PART}{part}" if part else ""
    return _Form(re.compile(after + tail), re.compile(before) if before else None, **more)


@lru_cache(maxsize=1)
def _forms() -> tuple[_Form, ...]:
    """All forms, the more telling ones first: where "half past 7" is read, there is no "at 7"."""
    return (
        _form("", r"\bhalf(?: past)? $", minutes=30),
        _form("", r"\bquarter (?:past|after) $|\bviertel nach $", minutes=15),
        _form("", r"\bquarter (?:to|before|till|of) $|\b(?:dreiviertel|viertel vor) $", minutes=-15),
        _form("", r"\bhalb $", minutes=-30),
        _form("", r"\b(?:1|um) quarto para (?:as |a )?$", minutes=-15),
        _form(r"(?: heures?)? (?:et demie?|y media|e mezz[ao]|e meia)\b", minutes=30),
        _form(rf"(?: heures?)? (?:et|y|e) {_QUARTER}\b", minutes=15),
        _form(rf"(?: heures?)? (?:moins|menos|meno) {_QUARTER}\b", minutes=-15),
        _form(rf"(?: minutes| minuten)? (?:past|after|nach) {_HOUR}", minutes=None),
        _form(rf" (?:minutes|minuten) (?:to|before|vor) {_HOUR}", minutes=None, back=True),
        _form(rf"(?:(?<=\b5)|(?<=10)|(?<=20)|(?<=25)) (?:to|vor) {_HOUR}(?! (?:people|of))", minutes=None, back=True),
        _form(r" heures? (?P<minus>moins )?(?P<minute>[0-5]?\d)\b", minutes=None),
        _form(rf" (?:to|vor) halb {_HOUR}", minutes=-30, back=True),
        _form(rf" (?:past|nach) halb {_HOUR}", minutes=-30),
        _form(rf" (?:minutos )?para (?:as |a )?{_HOUR}", minutes=None, back=True),
        _form(r" (?P<minus>menos? )(?P<minute>[0-5]?\d)\b", r"\b(?:las|la|le|alle|dalle) $", minutes=None),
        _form(r" (?:y|e) (?P<minute>[0-5]?\d)\b", r"\b(?:las|la|le|às|alle|dalle) $", minutes=None),
        _form(rf"(?::| ?h ?| ?uhr ){_MINUTE}(?: ?(?:uhr|h)\b)?", **_EXACT),
        # With a point it may be money or a version, if nothing says that it is a time.
        _form(rf"\.{_MINUTE}(?: ?(?:uhr|h)\b)?(?! ?(?:euros?|dollars?|pounds?|eur|usd)\b)", _AT_OR_ALONE, **_EXACT),
        _form(rf"\.{_MINUTE} ?(?:uhr|h)\b", **_EXACT),
        _form(rf"\.{_MINUTE}", part="{1}", **_EXACT),
        _form(r"[ -](?P<minute>[0-5]\d)", part="{1}", minutes=None),
        _form(" ?", part="{1}"),
        _form(r" ?(?:o'clock|-?ish\b|uhr\b(?! \d)|h\b(?! ?\d))"),
        _form(r" (?:heures?|horas?|ore)\b", _AT),
        # The hour of a range gets its half from the end: "9 to 10 in the morning".
        _form(
            r"(?= ?(?:-|to|until|till|bis|à|a|alle) ?(?:1[0-2]|[1-9])(?::\d\d)? ?(?P<tail>" + _PART + "))", part=""
        ),
        _form(r"\b(?! ?[:.h]\d)", _PART_BEFORE.pattern, part=""),
        # "At seven forty-five", "move it to seven fifteen".
        _form(rf" (?P<minute>[1-5]\d)\b{_STOP}", rf"{_AT}|\b(?:to|for|around|about|before|after) $", minutes=None),
        _form(_STOP, _AT, part=""),
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
_CJK_HOUR = re.compile(r"[时時点點]")
# "1745 hours"; without that word where only a time stands: "a cab for 1745, please".
_MILITARY = re.compile(
    r"(?:(?P<at>\b(?:at|for|by|from|to|until|till|before|after|around|um|ab|bis|à|a las|alle|dalle|às) )"
    r"|(?<![\w.,:/$€£#-]))(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)"
    rf"(?: (?:hours|hrs)\b|(?(at)(?:(?= (?:to|until|till|bis)\b)|{_STOP})|(?!)))"
)


def times_in(text: str) -> tuple[Timed, ...]:
    """Every time of day of ``text``, in order; an open one ("half past seven", "at 7") has both halves of the day.

    >>> [(text[t.start : t.end], t.values) for text in ["at 7:30 pm"] for t in times_in(text)]
    [('7:30 pm', (Clock(hour=19, minute=30),))]
    """
    reading = read(text)
    return tuple(Timed(*reading.origin(timed.start, timed.end), timed.values) for timed in times(reading))


@lru_cache(maxsize=KEPT_TEXTS)
def times(reading: Reading) -> tuple[Timed, ...]:
    """The times of ``reading``, with places in its plain text."""
    said = spoken(reading)
    found = []
    at = 0
    for first in _FIRST.finditer(said.text):
        if first.start() >= at and (timed := _timed(said.text, first)):
            at = timed[1]
            found.append((*said.plain(*timed[:2]), timed[2]))
    for pattern, hour in ((_NOON, 12), (_MIDNIGHT, 0)):
        found += [(m.start(), m.end(), (Clock(hour, 0),)) for m in pattern.finditer(reading.plain)]
    for match in _MILITARY.finditer(said.text):
        place = said.plain(match.start("hour"), match.end())
        found.append((*place, (Clock(int(match["hour"]), int(match["minute"])),)))
    found += _chinese(reading.plain)
    return tuple(Timed(*timed) for timed in sorted(found))


def _timed(text: str, first: re.Match[str]) -> tuple[int, int, tuple[Clock, ...]] | None:
    """The time that begins with the number ``first``, by the first form that has it."""
    start, end = first.span()
    for form in _forms():
        after = form.after.match(text, end)
        if after is None:
            continue
        before = form.before.search(text, max(0, start - _BEFORE_CHARS), start) if form.before else None
        if form.before and before is None:
            continue
        begin = before.start() if before and form.minutes else start
        if values := _read(form, int(first[0]), after, _part_of_day(text, begin, start, after)):
            return begin, after.end(), values
    return None


def _read(form: _Form, number: int, after: re.Match[str], part: str) -> tuple[Clock, ...]:
    groups = after.groupdict()
    hour, minutes = number, form.minutes or 0
    if groups.get("hour"):
        hour, minutes = int(after["hour"]), minutes + (-number if form.back else number)
    elif groups.get("minute"):
        minutes = -int(after["minute"]) if groups.get("minus") else int(after["minute"])
    return tuple(_shifted(clock, minutes) for clock in _halves(hour, part, open_hours=not form.exact))


def _part_of_day(text: str, begin: int, start: int, after: re.Match[str]) -> str:
    """The half of the day that is named with a time or just before it: ``am``, ``pm``, ``night`` or nothing."""
    named = text[start : after.end()] + (after.groupdict().get("tail") or "")
    if before := _PART_BEFORE.search(text, max(0, begin - _BEFORE_CHARS), start):
        named = f"{named} {before[0]}"
    return next((part for part, pattern in _PARTS if pattern.search(named)), "")


def _halves(hour: int, part: str, *, open_hours: bool) -> tuple[Clock, ...]:
    """The readings of an hour, on the clock of 12 hours if a part of the day is named."""
    if hour > 24 or (part == "am" and hour > 12):  # "16 am" is no time
        return ()
    if part and hour <= 12:
        late = part == "pm" or (part == "night" and 5 <= hour <= 11)
        return (Clock(hour % 12 + (12 if late else 0), 0),)
    if open_hours and 0 < hour <= 12:
        return (Clock(hour % 12, 0), Clock(hour % 12 + 12, 0))
    return (Clock(hour % 24, 0),)


def _shifted(clock: Clock, minutes: int) -> Clock:
    whole = (clock.hour * 60 + clock.minute + minutes) % (24 * 60)
    return Clock(whole // 60, whole % 60)


def _chinese(plain: str) -> Iterator[tuple[int, int, tuple[Clock, ...]]]:
    if not _CJK_HOUR.search(plain):
        return
    for match in _CJK.finditer(plain):
        hour = int(match["hour"]) if match["hour"].isdecimal() else chinese_number(match["hour"])
        minute = 30 if match["half"] else 15 if match["quarter"] else 0
        if written := match["minute"]:
            minute = int(written) if written.isdecimal() else chinese_number(written)
        part = match["part"] or ""
        half = "am" if part in ("午前", "上午", "早上", "早晨", "凌晨", "朝") else "pm" if part else ""
        values = _halves(hour, half, open_hours=not match["minute"])
        if values:
            yield match.start(), match.end(), tuple(_shifted(clock, minute) for clock in values)
