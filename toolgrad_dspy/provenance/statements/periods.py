"""Months and quarters as a text names them: "the March figures for 2026" is 2026-03, "in Q2" is 2026-Q2."""

import re
from collections.abc import Iterator

from toolgrad_dspy.provenance.statements.calendar_names import months_of
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.lines import Place
from toolgrad_dspy.provenance.statements.reading import Reading
from toolgrad_dspy.provenance.statements.spoken import spoken

_MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(?:([12]\d{3})[- ]?)?Q([1-4])(?:[- ]?([12]\d{3}))?")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LETTERS = re.compile(r"[^\W\d_]+")
_NTH_QUARTER = re.compile(
    r"\bq(?P<q>[1-4])\b|\b(?P<nth>[1-4])(?:st|nd|rd|th|er|º|\.)? (?:quarter|quartal|trimestre)\b"
    r"|\bquarter (?P<n>[1-4])\b"
)


def periods(reading: Reading, value: str) -> list[Place] | None:
    """Where ``reading`` names the month or quarter ``value``; None if ``value`` is neither."""
    if month := _MONTH.fullmatch(value):
        return list(_of_year(reading, month[1], _named_months(reading, int(month[2]))))
    if quarter := _QUARTER.fullmatch(value):
        return list(_of_year(reading, quarter[1] or quarter[3], _named_quarters(reading, quarter[2])))
    return None


def _of_year(reading: Reading, year: str | None, places: Iterator[tuple[int, int]]) -> Iterator[Place]:
    """The places, if the text is of that year: people leave the current one out."""
    written = _YEAR.findall(reading.plain)
    if not written or year is None or year in written:
        yield from (("period", *place) for place in places)


def _named_months(reading: Reading, month: int) -> Iterator[tuple[int, int]]:
    names = months_of(languages(reading))
    for word in _LETTERS.finditer(reading.plain):
        # With a capital, since "may" and "march" are verbs too; other languages write none.
        if names.get(word[0]) == month and (
            languages(reading)[0] not in ("en", "de") or reading.text[reading.origin(*word.span())[0]].isupper()
        ):
            yield word.span()


def _named_quarters(reading: Reading, quarter: str) -> Iterator[tuple[int, int]]:
    said = spoken(reading)
    for match in _NTH_QUARTER.finditer(said.text):
        if (match["q"] or match["nth"] or match["n"]) == quarter:
            yield said.plain(*match.span())
