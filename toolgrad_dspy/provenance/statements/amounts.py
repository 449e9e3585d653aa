"""Where a text states a number: as digits or words, in the parameter's unit or in another one of the same measure."""

import math
import re
from collections.abc import Iterator

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.bindings import PARTY, at_other_limit, bound_elsewhere, of_another
from toolgrad_dspy.provenance.statements.companies import companies
from toolgrad_dspy.provenance.statements.dates import dates
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.lines import Place, stem
from toolgrad_dspy.provenance.statements.numbers import Number, numbers
from toolgrad_dspy.provenance.statements.quantities import Quantity, quantities, quantity_at
from toolgrad_dspy.provenance.statements.reading import Reading, word_set
from toolgrad_dspy.provenance.statements.times import times
from toolgrad_dspy.provenance.statements.units import Unit

# Digits of a date or a time are no numbers of their own: "at 12:30" does not state 12.
_MOMENT = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b")
_ONE = re.compile(r"(?<![^\W_])(?:an?|single|once|une?|una|uno|uma?|eine?[rnm]?|einmal)(?![^\W_])")
_WORD = re.compile(r"[^\W\d_]+")
# How many words after an article its noun is looked for: "a quiet single room".
_NOUN_WORDS = 3
# Words of names and descriptions that say nothing of what is counted.
_GENERIC = word_set(
    "a an the of in to for and or number count amount quantity total how many maximum minimum max min limit size "
    "n integer value which what is be"
)
# A party has these, and is not all of them.
_PART_OF_PARTY = word_set("child children kid infant baby adult senior")
# "Twice", but not "twice as many".
_REPEATS = word_set("time repeat repetition repeats reps count dose")
_TIMES_OF = {"once": 1, "twice": 2, "thrice": 3, "einmal": 1, "zweimal": 2, "dreimal": 3, "viermal": 4}
_TIMES = re.compile(rf"\b({'|'.join(_TIMES_OF)})\b(?! (?:as|so|the|again|in a while)\b)")
_SHARES = word_set("fraction ratio probability")
_MOMENT_NAMES = word_set("hour minute time day date month year week start end at when")


def amounts(reading: Reading, value: int | float, about: About) -> Iterator[Place]:
    """Where ``reading`` states ``value``: the form and the span in its plain text."""
    moments = _moments(reading, about)
    for number in numbers(reading):
        if number.start in moments:
            continue
        if about.unit and quantity_at(reading, number.start):
            continue  # read as a whole below
        if _is_meant(number, value, about, reading) and not bound_elsewhere(number, about, reading):
            yield number.form, number.start, number.end
    if about.unit:
        for quantity in quantities(reading):
            if _equal(quantity, value, about.unit) and not (
                at_other_limit(quantity.start, quantity.end, about, reading) or of_another(quantity, about, reading)
            ):
                yield "quantity", quantity.start, quantity.end
    if not about.words or _MOMENT_NAMES.intersection(about.words):
        yield from _years(reading, value)
    if PARTY.intersection(about.words) and not _PART_OF_PARTY.intersection(about.words):
        yield from companies(reading, value)
    if _REPEATS.intersection(about.words):
        yield from _repeated(reading, value)
    if value == 1:
        yield from _ones(reading, about)


def _repeated(reading: Reading, value: int | float) -> Iterator[Place]:
    return (("times", *m.span()) for m in _TIMES.finditer(reading.plain) if _TIMES_OF[m[1]] == value)


def _years(reading: Reading, value: int | float) -> Iterator[Place]:
    for dated in dates(reading):
        if any(day.year == value for day in dated.values):
            yield "year", dated.start, dated.end


def _moments(reading: Reading, about: About) -> set[int]:
    """The places whose digits belong to a date or a time."""
    spans = [match.span() for match in _MOMENT.finditer(reading.plain)]
    # For a parameter that is known to be something else, "7 pm" has no 7 and "May 14" no 14.
    if about.words and not _MOMENT_NAMES.intersection(about.words):
        spans += [
            (timed.start, timed.end)
            for timed in times(reading)
            if not reading.plain[timed.start : timed.end].isdecimal()
        ]
        spans += [(dated.start, dated.end) for dated in dates(reading) if dated.values[0].day]
    return {place for start, end in spans for place in range(start, end)}


def _is_meant(number: Number, value: int | float, about: About, reading: Reading) -> bool:
    if number.form == "percent":
        if about.unit:  # "5 %" is no amount of dollars
            return False
        if _SHARES.intersection(about.words):
            return any(round(said / 100, 9) == value for said in number.values)
        # 0.25 may be written as "25 percent". Rounded, since 0.07 * 100 is 7.000000000000001.
        return value in number.values or (0 < value < 1 and round(value * 100, 6) in number.values)
    if number.form == "article":
        return False  # judged by its noun
    if number.form == "ordinal":
        return value in number.values and (not about.name or _noun_follows(reading, number.end, about))
    if number.form == "scaled" and about.unit == Unit("length", 1000) and reading.plain[number.end - 1] == "k":
        return value * 1000 in number.values  # "a 10k run"
    return value in number.values


def _equal(quantity: Quantity, value: int | float, unit: Unit) -> bool:
    for said in quantity.units:
        if {said.dimension, unit.dimension} == {"celsius", "fahrenheit"}:
            if any(_close(_converted(number, said.dimension), 1, value) for number in quantity.bare):
                return True
            continue
        # Cents are hundredths of whatever money is meant.
        if (
            "money" in (said.dimension, unit.dimension) and said.dimension[:5] == unit.dimension[:5] == "money"
        ) or said.dimension == unit.dimension:
            scale = said.factor / unit.factor
        else:
            continue
        # An int may be larger than any float.
        if any(_close(number, scale, value) for number in quantity.bare):
            return True
    return False


def _converted(degrees: int | float, scale: str) -> float:
    """Degrees of the one ``scale`` in the other."""
    return round((degrees - 32) * 5 / 9 if scale == "fahrenheit" else degrees * 9 / 5 + 32, 6)


def _close(number: int | float, scale: float, value: int | float) -> bool:
    if scale == 1:
        return number == value
    try:
        return math.isclose(number * scale, value, rel_tol=1e-9)
    except OverflowError:  # an int may be larger than any float
        return False


def _ones(reading: Reading, about: About) -> Iterator[Place]:
    """One of something is often only an article: "a single room", "book me a table".

    Where the parameter is known, the article has to be that of the thing that is counted.
    """
    for match in _ONE.finditer(reading.plain):
        if not about.name or _noun_follows(reading, match.end(), about):
            yield "article", match.start(), match.end()


def _noun_follows(reading: Reading, at: int, about: About) -> bool:
    """Whether one of the next words is what the parameter's name or description counts."""
    language = languages(reading)[0]
    nouns = {stem(word, language) for word in _WORD.findall(f"{' '.join(about.words)} {about.description}".lower())}
    nouns -= _GENERIC
    following = _WORD.findall(reading.plain, at, at + 60)[:_NOUN_WORDS]
    return any(stem(word, language) in nouns for word in following)
