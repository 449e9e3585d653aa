"""Where a text states a date, a time of day, or both."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.dated import Day
from toolgrad_dspy.provenance.statements.dates import dates
from toolgrad_dspy.provenance.statements.direction import at_other_end, opposed
from toolgrad_dspy.provenance.statements.lines import Place
from toolgrad_dspy.provenance.statements.periods import periods
from toolgrad_dspy.provenance.statements.reading import Reading, read
from toolgrad_dspy.provenance.statements.roles import given_to_another
from toolgrad_dspy.provenance.statements.times import Clock, times

_NOTHING = About()
_MONTH = re.compile(r"^([12]\d{3})-(0[1-9]|1[0-2])$")
_DATETIME = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_TIME = re.compile(r"^T?([01]?\d|2[0-3]):([0-5]\d)(?::\d{2})?( ?[AaPp][Mm])?$")
# Longer texts are no moments.
_MAX_CHARS = 40


def moments(reading: Reading, value: str, about: About = _NOTHING) -> list[Place] | None:
    """Where ``reading`` states the moment ``value``; None if ``value`` is no date, time or both."""
    value = value.strip()
    if len(value) > _MAX_CHARS or not any(sign.isdecimal() for sign in value):
        return None
    if parts := _DATETIME.match(value):
        days, clock = _written_days(parts[1]), _clock(parts[2])
        return list(_both(reading, days, clock, about)) if days and clock else None
    if days := _written_days(value):
        found = list(_days(reading, days, about))
        return found or periods(reading, value) or []
    if clock := _clock(value):
        return list(_clocks(reading, clock))
    return periods(reading, value)


def _written_days(value: str) -> tuple[Day, ...]:
    """The readings of a date that is the whole of ``value``; none for an order number such as "2026-13-40"."""
    if match := _MONTH.match(value):
        return (Day(int(match[1]), int(match[2]), None),)
    said = read(value)
    found = dates(said)
    whole = len(found) == 1 and (found[0].start, found[0].end) == (0, len(said.plain))
    return found[0].values if whole and found[0].values[0].year else ()


def _clock(value: str) -> Clock | None:
    if not _TIME.match(value):
        return None
    found = times(read(value.removeprefix("T")))
    return found[0].values[0] if found else None


def _days(reading: Reading, days: tuple[Day, ...], about: About) -> Iterator[Place]:
    for (start, end), group in groupby(dates(reading), key=lambda dated: (dated.start, dated.end)):
        together = list(group)
        for number, dated in enumerate(together):
            said = any(_is_said(day, read) for day in days for read in dated.values)
            if said and not at_other_end(number, len(together), reading.plain[start:end], about):
                yield "date", start, end


def _is_said(day: Day, said: Day) -> bool:
    # People leave the current year out.
    same_year = said.year is None or said.year == day.year
    return same_year and said.month == day.month and (day.day is None or said.day == day.day)


def _clocks(reading: Reading, clock: Clock) -> Iterator[Place]:
    return (("time", timed.start, timed.end) for timed in times(reading) if clock in timed.values)


def _of_another(reading: Reading, place: Place, kind: Literal["date", "time"], about: About) -> bool:
    _, start, end = place
    return opposed(reading, start, end, about, kind) or given_to_another(reading, start, end, kind, about)


def _both(reading: Reading, days: tuple[Day, ...], clock: Clock, about: About) -> Iterator[Place]:
    """The day and the time may stand apart; the place is that of the day, or of both if they are neighbours."""
    clocks = list(_clocks(reading, clock))
    # Each of the two may be that of something else: "on 9 April from 1 to 2 pm" begins at one.
    said = [place for place in clocks if not _of_another(reading, place, "time", about)]
    # One day may be that of leaving and of arriving.
    several = len({dated.start for dated in dates(reading)}) > 1 or not said
    for rule, start, end in _days(reading, days, about):
        if (clocks and not said) or (several and _of_another(reading, (rule, start, end), "date", about)):
            continue
        if not said:
            # A whole day begins at midnight, and nobody says so.
            if clock == Clock(0, 0) and not times(reading):
                yield rule, start, end
            continue
        near = min(said, key=lambda place: abs(place[1] - start))
        first, last = min(start, near[1]), max(end, near[2])
        if several and opposed(reading, first, last, about, "date"):  # "from Jan 8 at 23:00 to Jan 9 at 02:00"
            continue
        yield ("date_time", first, last) if last - first < _MAX_CHARS * 2 else ("date_time", start, end)
