"""Which of several things is meant, as a person says it: "the cheapest table", "the stop called Quay"."""

import re

from toolgrad_dspy.lm.rehearsal.wording import DATE, MOMENT, TIME, worded

# Words before the thing itself in the name of a parameter: ``from stop``, ``reply to message``.
DIRECTIONS = ("from ", "to ", "reply to ")
_CALLED = re.compile(r"the one called (.+)")
_WITH = re.compile(r"the one with (.+)")
_SOME = re.compile(r"the (.+) one")
_WHEN = re.compile(rf"(.*?) ?({MOMENT.pattern}|{DATE.pattern}|{TIME.pattern})")
_HAPPENS = frozenset({"departs", "arrives", "opens", "closes", "starts", "ends", "leaves", "begins"})


def picked(phrase: str, thing: str) -> str:
    """A ``phrase`` that tells one of several ``things`` from the others, with what it is.

    >>> picked("the cheapest one", "table"), picked("the one called Quay", "stop")
    ('the cheapest table', 'the stop called Quay')
    >>> picked("the one with date 2026-05-18", "day"), picked("the one with branch Old Town Library", "copy")
    ('18 May', 'the copy with the branch Old Town Library')
    """
    if said := _CALLED.fullmatch(phrase):
        return f"the {thing} called {said[1]}"
    if said := _WITH.fullmatch(phrase):
        return _with(said[1], thing)
    if phrase == "all of them":
        return f"all of the {thing}s"
    said = _SOME.fullmatch(phrase)
    return f"the {said[1]} {thing}" if said else phrase


def noun_of(thing: str) -> str:
    """
    >>> noun_of("from stop"), noun_of("party size")
    ('stop', 'party size')
    """
    return thing.removeprefix(next((word for word in DIRECTIONS if thing.startswith(word)), ""))


def _with(said: str, thing: str) -> str:
    moment = _WHEN.fullmatch(said)
    if moment is None:
        return f"the {thing} with {said}" if said.startswith("the ") else f"the {thing} with the {said}"
    value = worded(moment[2], year=False)[0]
    at = "at" if TIME.fullmatch(moment[2]) else "on"
    key = re.sub(r" (?:at|on)$", "", moment[1])
    if key != moment[1]:
        return f"the {thing} {key} {at} {value}"
    if key in _HAPPENS:
        return f"the {thing} that {key} {at} {value}"
    if key in ("date", "time", ""):
        return value if thing == "day" else f"the {thing} {at} {value}"
    return f"the {thing} with the {key} {value}"
