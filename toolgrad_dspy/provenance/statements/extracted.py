"""Whether a text that a model took out of a query says exactly one value, and does not merely contain it."""

import re

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.dates import dates
from toolgrad_dspy.provenance.statements.languages import is_function_word, languages
from toolgrad_dspy.provenance.statements.lines import stem
from toolgrad_dspy.provenance.statements.mentions import is_number, places_of
from toolgrad_dspy.provenance.statements.moments import moments
from toolgrad_dspy.provenance.statements.negation import negated
from toolgrad_dspy.provenance.statements.numbers import numbers
from toolgrad_dspy.provenance.statements.reading import Reading, normalise, read, word_set
from toolgrad_dspy.provenance.statements.times import times

_NOTHING = About()
_YES = word_set("yes true on enabled y ja oui sí si sim 1")
_NO = word_set("no false off disabled n nein non não 0")
# What says that there is more than one value, or a bound instead of one.
_MORE = re.compile(r"\b(?:or|oder|ou|o|between|zwischen|entre|tra|not|except|but)\b|\s-\s")


def same_value(said: str, value: JsonValue, about: About = _NOTHING) -> bool:
    """Whether the extracted text ``said`` says exactly the leaf ``value`` after normalisation, and nothing more.

    Beside the value may stand what it counts or is called ("four people", "Thai cuisine") and small words; no other
    number or moment ("4 or 5" is not 4), no alternative and no denial. Beside a text the words have to be the
    parameter's own.

    >>> same_value("14 May 2026", "2026-05-14"), same_value("four people", 4), same_value("4 or 5", 4)
    (True, True, False)
    """
    if isinstance(value, bool):
        return normalise(said).strip() in (_YES if value else _NO)
    if value is None or isinstance(value, (list, dict)):
        return not value and not said.strip()
    if isinstance(value, str) and said.strip().casefold() == value.strip().casefold():
        return True
    reading = read(said)
    places = [place for place in places_of(reading, value, about) if not negated(reading, *place[1:])]
    if not places:
        return False
    start, end = min(place[1] for place in places), max(place[2] for place in places)
    beside = Reading(f"{reading.plain[:start]} | {reading.plain[end:]}")
    if _MORE.search(beside.plain) or any(number.form != "article" for number in numbers(beside)):
        return False
    if times(beside) or dates(beside) or (dates(reading) and _days(reading) > 1):
        return False
    return is_number(value) or moments(reading, str(value)) is not None or _is_explained(beside, about)


def _days(reading: Reading) -> int:
    """How many days a text names: those of a range stand in one place."""
    return len({dated.values for dated in dates(reading)})


def _is_explained(beside: Reading, about: About) -> bool:
    """Whether all words beside a text are small ones or the parameter's own."""
    language = languages(beside)[0]
    own = {stem(word, language) for word in (*about.words, *normalise(about.description).split())}
    return all(is_function_word(word, beside) or stem(word, language) in own for word in beside.words)
