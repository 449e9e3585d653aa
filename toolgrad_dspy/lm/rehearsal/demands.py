"""What the updater's prompt asks a query to say: a line for each step, as ``program/requests.py`` writes it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolgrad_dspy.lm.rehearsal.picking import noun_of, picked
from toolgrad_dspy.records import in_words, leaves
from toolgrad_dspy.records.pointer import list_index, unescape

# What a request has in its parentheses: `name "value" and "value", name value, ...`.
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_VALUES = re.compile(rf"(?:{_TEXT.pattern}|[^\"()])+")
_VALUE = re.compile(rf"(?:{_TEXT.pattern}|[^\",])+")
_GIVEN = re.compile(rf"(.*?) ?((?:{_TEXT.pattern}|-?\d[\d.e+-]*)(?: and (?:{_TEXT.pattern}|-?\d[\d.e+-]*))*)")
_ONE = re.compile(rf"{_TEXT.pattern}|-?\d[\d.e+-]*")
_FOUND = re.compile(r", for ([\w ]+) found before$")
_WHICH = "which "


@dataclass(frozen=True, slots=True)
class Detail:
    """A value to say: the ``name`` of its parameter in words, and the ``values``, several for a list. ``choice`` says
    that its words are enough.
    """

    name: str
    values: tuple[Any, ...]
    choice: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """What one step is about: what it ``does``, the ``things`` that were ``found`` before, which of several they are,
    and the ``details`` to say.
    """

    does: str
    things: tuple[str, ...]
    found: bool
    which: Mapping[str, str]
    details: tuple[Detail, ...]


def read_demand(asked: str, arguments: Any) -> Demand:
    """A line of the prompt. ``arguments`` are those of its call, which tell names from values."""
    parts = read_request(asked)
    does = asked
    if parts:
        # The first group that is whole values is theirs; the description before it may have parentheses, too.
        starts = [at.start() for at in re.finditer(r" \(", asked)]
        does = next(asked[:start] for start in starts if _VALUES.fullmatch(asked[start + 2 : -1]))
    found = _FOUND.search(does)
    things = [thing.removeprefix("the ") for thing in found[1].split(" and ")] if found else []
    named, short = _named(arguments)
    details = [_detail(part, named, short) for part in parts]
    picks = {
        detail.name.removeprefix(_WHICH): str(detail.values[0])
        for detail in details
        if detail.name.startswith(_WHICH) and detail.values
    }
    known = [thing for thing in things if thing != "what was"]
    return Demand(
        does=does[: found.start()] if found else does,
        things=tuple(dict.fromkeys(known or picks)),
        found=bool(found or picks),
        which=_which(known, picks),
        details=tuple(detail for detail in details if not detail.name.startswith(_WHICH)),
    )


def _which(things: Sequence[str], picks: Mapping[str, str]) -> dict[str, str]:
    """How each of the things is told from others of its kind; one that another thing has, by that thing."""
    which = {
        thing: picked(phrase, noun_of(thing)) for thing, phrase in picks.items() if thing in things or not things
    }
    for thing, phrase in picks.items():
        kind, _, given = thing.partition(" for ")
        if given in things:  # of several restaurants one gives the cuisine, and another one the district
            which[given] = f"the {noun_of(given)} of {picked(phrase, noun_of(kind))}"
            continue
        free = [other for other in things if other not in which]
        dates = [other for other in free if other.split()[-1] == "date"] if thing == "day" else []
        if thing not in which and dates:
            which[dates[0]] = picked(phrase, thing)
        elif thing not in which and free:
            which[free[0]] = f"the {noun_of(free[0])} of {picked(phrase, noun_of(thing))}"
    return which


def read_request(asked: str) -> list[str]:
    """What stands in the parentheses of a line: ``party size 4``, ``name "Quay"``."""
    if not asked.endswith(")"):
        return []
    groups = [asked[at.end() : -1] for at in re.finditer(r" \(", asked)]
    group = next((group for group in groups if _VALUES.fullmatch(group)), "")
    return [part.strip() for part in _VALUE.findall(group)]


def _short(path: str) -> str:
    """The name of a value without those of the lists that it is an item of: ``/edits/0/oldText`` is the old text."""
    tokens = path.split("/")[1:]
    after = [at for at, token in enumerate(tokens[:-1]) if list_index(token) is not None]
    kept = tokens[after[-1] + 1 :] if after else tokens
    return in_words(" ".join(unescape(token) for token in kept if list_index(token) is None))


def _named(arguments: Any) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """The leaves of a call's arguments by their names in words, as the prompt has them; and those names in short."""
    named: dict[str, list[Any]] = {}
    short: dict[str, str] = {}
    for path, value in leaves(arguments):
        keys = [unescape(token) for token in path.split("/")[1:] if list_index(token) is None]
        name = in_words(" ".join(keys)) or "argument"
        named.setdefault(name, []).append(value)
        short[name] = _short(path) or name
    return named, short


def _detail(part: str, named: Mapping[str, list[Any]], short: Mapping[str, str]) -> Detail:
    if given := _GIVEN.fullmatch(part):
        return Detail(short.get(given[1], given[1]), tuple(_value(text) for text in _ONE.findall(given[2])))
    names = [name for name in named if part.startswith(f"{name} ")]
    name = max(names, key=len) if names else part.rpartition(" ")[0]
    words = part[len(name) :].strip()
    values = [value for value in named.get(name, ()) if isinstance(value, bool)]
    return Detail(short.get(name, name), tuple(values) or tuple(words.split(" and ")), choice=True)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
