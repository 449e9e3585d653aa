"""Whether a text states a value, as a person would say it.

A query may write a value in another form than the call does: ``2026-05-14`` as "May 14-16", ``19:30`` as "half past
seven", ``90`` minutes as "an hour and a half", ``de`` as "in German". A strict comparison would reject good queries;
a keyword search would accept bad ones. Each form is one that a reader would take for the same value; what no rule
knows is not stated, and left to a model.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeGuard

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.amounts import amounts
from toolgrad_dspy.provenance.statements.bindings import dimension
from toolgrad_dspy.provenance.statements.direction import opposed
from toolgrad_dspy.provenance.statements.elsewhere import is_code_name, names_something_else
from toolgrad_dspy.provenance.statements.lines import Place
from toolgrad_dspy.provenance.statements.moments import moments
from toolgrad_dspy.provenance.statements.names import is_code, named, within_other_name
from toolgrad_dspy.provenance.statements.negation import kept, negated, taken_off
from toolgrad_dspy.provenance.statements.reading import Reading, normalise, read, word_set
from toolgrad_dspy.provenance.statements.roles import Kind, given_to_another
from toolgrad_dspy.provenance.statements.wording import name_like, worded

_NOTHING = About()
_ADDED = word_set("add added new include included")
# A longer run of digits is an id, and no number that somebody may say in words.
_SPOKEN_DIGITS = 6

_ISO_DURATION = re.compile(r"P(?:(\d{1,6})W|(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)")
_ISO_SECONDS = (7 * 86400, 86400, 3600, 60, 1)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place at which a text states a value, ``text[start:end]``, and ``rule``, the form that it has there."""

    rule: str
    start: int
    end: int


def mentions(text: str, value: JsonValue, about: About = _NOTHING) -> list[Mention]:
    """Every separate place at which ``text`` states the leaf ``value``, in order; empty if there is none.

    >>> mentions("in German, not in French", "de", About("lang"))
    [Mention(rule='language', start=3, end=9)]
    """
    reading = read(text)
    kept: list[Mention] = []
    places = sorted(set(places_of(reading, value, about)), key=lambda place: (place[1], -place[2]))
    for rule, start, end in places:
        if _is_given(reading, value, about, (rule, start, end)):
            mention = Mention(rule, *reading.origin(start, end))
            if not kept or kept[-1].end <= mention.start:
                kept.append(mention)
    return kept


def _is_given(reading: Reading, value: JsonValue, about: About, place: Place) -> bool:
    """Whether what stands at ``place`` is wanted, at the end that the parameter names, and the thing itself."""
    rule, start, end = place
    if not about.excludes and negated(reading, start, end):
        return False
    if not _ADDED.isdisjoint(about.words) and taken_off(reading, start, end):
        return False
    if about.excludes and kept(reading, start):
        return False
    kind = _kind(rule, value, about)
    return not (
        # Of a day with its time each was looked at where it was found.
        (rule != "date_time" and opposed(reading, start, end, about, rule))
        or names_something_else(reading, start, end, rule, value, about)
        or (kind is not None and given_to_another(reading, start, end, kind, about))
    )


def _kind(rule: str, value: JsonValue, about: About) -> Kind | None:
    """What the places of ``value`` are told apart by, where a text has several of its kind."""
    if rule == "date":
        return "date"
    if rule == "time":
        return "time"
    if is_number(value):
        return dimension(about) or "number"
    if isinstance(value, str) and is_code_name(about) and any(sign.isdecimal() for sign in value):
        return "code"
    return None


def states(text: str, value: JsonValue, about: About = _NOTHING) -> bool:
    """Whether ``text`` states the leaf ``value``; an empty string or container has nothing to state.

    >>> states("A table for four on May 14 at half past seven", 4)
    True
    >>> states("A table for four on May 14 at half past seven", "2026-05-14T19:30")
    True
    >>> states("Give me an hour and a half", 90, About("duration_minutes"))
    True
    >>> states("A table for 40", 4)
    False
    """
    # Yes, no or nothing: no query says "true", it says "with breakfast" or leaves it out.
    if isinstance(value, bool) or value is None or (isinstance(value, str) and not value.strip()):
        return True
    if not isinstance(value, (int, float, str)):
        return not value
    return bool(mentions(text, value, about))


def contains(text: str, value: JsonValue) -> bool:
    """Whether ``text`` has ``value`` word for word: the test for values that must not leak."""
    plain = normalise(str(value))
    return bool(plain.strip()) and plain in normalise(text)


def places_of(reading: Reading, value: JsonValue, about: About) -> Iterable[Place]:
    if is_number(value):
        return amounts(reading, value, about)
    if isinstance(value, str) and value.strip():
        return _string_places(reading, value, about)
    return ()


def _iso_duration(value: str) -> int | None:
    """The seconds of a duration as ISO 8601 writes it, in weeks, or in days, hours, minutes and seconds."""
    found = _ISO_DURATION.fullmatch(value.strip())
    if found is None or value.strip()[-1] in "PT":
        return None
    return sum(int(part) * size for part, size in zip(found.groups(), _ISO_SECONDS, strict=True) if part)


def is_number(value: JsonValue) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _string_places(reading: Reading, value: str, about: About) -> Iterable[Place]:
    said = read(value.strip())
    if not said.words:  # signs only, such as "*" or "/"
        at = reading.plain.find(said.plain)
        return [("literal", at, at + len(said.plain))] if at >= 0 else []
    # Moments before plain text: "May 14" does not contain "2026-05-14", and "19:30" does not state "9:30".
    found = moments(reading, value, about)
    if found is not None:
        return found
    if (seconds := _iso_duration(value)) is not None:
        return amounts(reading, seconds, About(f"{about.name}_seconds"))
    if said.plain.isdecimal() and len(said.plain) < _SPOKEN_DIGITS and (said.plain == "0" or said.plain[0] != "0"):
        return amounts(reading, int(said.plain), About(about.name))
    names = list(named(reading, value, about))
    if is_code(value, about):
        return names
    return [
        *names,
        *(
            place
            for place in worded(reading, value)
            if name_like(reading, said, place) and not within_other_name(reading, *place[1:], about)
        ),
    ]
