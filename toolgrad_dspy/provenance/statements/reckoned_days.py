"""Days reckoned from what a text gives: "the last day of May", "the first Monday in June", "5 nights from May 3"."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from toolgrad_dspy.provenance.statements.calendar_names import WEEKDAYS, months_of
from toolgrad_dspy.provenance.statements.dated import Dated, Day
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.reading import Reading
from toolgrad_dspy.provenance.statements.spoken import spoken

# Where a text leaves the year out, the days of so many years may be meant.
_YEARS = range(2000, 2061)
# A year to count days in where the text has none: one without a leap day.
_SOME_YEAR = 2001
_OF_A_MONTH = re.compile(
    r"\b(?:the )?(?:(?:(?:very )?last day|end|letzte[rn]? tag|ende|dernier jour|fin|último día|finales"
    r"|ultimo giorno|fine"
    r"|último dia|fim) (?:(?:of|im|des|de|di) |d')?"
    rf"|(?:(?P<nth>[1-5])(?:st|nd|rd|th)|last) (?P<weekday>{'|'.join(WEEKDAYS)}) (?:of|in) )"
    r"(?P<month>[^\W\d_]+)\b(?:,? (?:of |de |del )?(?P<year>(?:19|20)\d\d)\b)?"
)
_STAY = (
    r"(?P<count>\d{1,3}|an?|eine|une|una) (?:(?P<nights>nights?|nächten?|nächte|nuits?|noches?|notti|noites?)"
    r"|(?P<weeks>weeks?|wochen?|semaines?|semanas?|settiman[ae])|(?:days?|tagen?|jours?|días?|giorni|dias?))"
)
_FOR = re.compile(
    rf"(?:,? (?:and )?(?:for|stay(?:ing)?(?: for)?|für|pour|durante|por|per)|,) {_STAY}\b(?! (?:before|after|later))"
)
_FROM = re.compile(
    rf"\b{_STAY} (?:from|starting|beginning|arriving|as of|ab|à partir d[ue]|desde|dal)(?: on)?(?: (?:the|dem|el"
    rf"|le))? (?=[^\W_])"
)
# "8 August, returning on the 15th": a day of the month that was named last, or of the next one.
_BACK = re.compile(
    r"\b(?:return(?:ing|s)?|back|home|until|till|to|through|leav(?:e|ing)|ending|check(?:ing)? out|zurück|bis)(?: on"
    r"| am| zum)?"
    r"(?: the)? (?P<day>[0-3]?\d)(?:st|nd|rd|th|\.)(?=[.,;!?)]|$| (?:and|at|in|with|for|please|from|if|or)\b)"
)


def reckoned_days(reading: Reading, dated: Sequence[Dated]) -> Iterator[Dated]:
    """The days of ``reading`` that follow from those of ``dated``, which are in order."""
    if not dated:
        return
    text, plain = spoken(reading).text, spoken(reading).plain
    by_start, by_end = {one.start: one for one in dated}, {one.end: one for one in dated}
    for stay in _FOR.finditer(text):
        start, end = plain(*stay.span())
        if begun := by_end.get(start):
            yield from _ends(begun, stay, start, end)
    for stay in _FROM.finditer(text):
        start, end = plain(*stay.span())
        if begun := by_start.get(end):
            yield from _ends(begun, stay, start, end)
    yield from _later_days(reading, dated)


def days_of_months(reading: Reading) -> Iterator[Dated]:
    """The days of ``reading`` that are told by their place in a month."""
    said, months = spoken(reading), months_of(languages(reading))
    for match in _OF_A_MONTH.finditer(said.text):
        if month := months.get(match["month"]):
            whole = Day(int(match["year"]) if match["year"] else None, month, None)
            if match["weekday"]:
                days = tuple(_nth(whole, int(match["nth"] or 0), WEEKDAYS.index(match["weekday"])))
            else:
                days = (_last_day(whole),)
            if days:
                yield Dated(*said.plain(*match.span()), days)


def moved(day: Day, days: int) -> Day | None:
    """The day so many days later; None for one that the calendar has not."""
    try:
        there = date(day.year or _SOME_YEAR, day.month, day.day or 1) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return Day(there.year if day.year else None, there.month, there.day)


def _ends(begun: Dated, stay: re.Match[str], start: int, end: int) -> Iterator[Dated]:
    """The end of a stay; of days the last one may be meant, or the one after it."""
    count = int(stay["count"]) if stay["count"].isdecimal() else 1
    whole = count * 7 if stay["weeks"] else count
    lengths = (whole,) if stay["nights"] else (whole, whole - 1)
    days = [moved(value, length) for value in begun.values if value.day for length in lengths if length]
    if known := tuple(day for day in days if day):
        yield Dated(start, end, known)


def _later_days(reading: Reading, dated: Sequence[Dated]) -> Iterator[Dated]:
    text, plain = spoken(reading).text, spoken(reading).plain
    taken = {place for one in dated for place in range(one.start, one.end)}
    earlier, at = None, 0
    for back in _BACK.finditer(text):
        start, end = plain(back.start("day"), back.end())
        while at < len(dated) and dated[at].end <= start:
            earlier, at = dated[at], at + 1
        if earlier and start not in taken:
            days = [_on_the(int(back["day"]), value) for value in earlier.values if value.day]
            if days:
                yield Dated(start, end, tuple(days))


def _on_the(number: int, after: Day) -> Day:
    """The first day of that number after another one."""
    if number > (after.day or 0):
        return Day(after.year, after.month, number)
    year = after.year + after.month // 12 if after.year else None
    return Day(year, after.month % 12 + 1, number)


def _last_day(month: Day) -> Day:
    return Day(month.year, month.month, monthrange(month.year or _SOME_YEAR, month.month)[1])


def _nth(month: Day, number: int, weekday: int) -> Iterator[Day]:
    for year in [month.year] if month.year else _YEARS:
        first = (weekday - date(year, month.month, 1).weekday()) % 7 + 1
        length = monthrange(year, month.month)[1]
        day = first + 7 * (number - 1) if number else first + 7 * ((length - first) // 7)
        if day <= length:
            yield Day(year, month.month, day)
