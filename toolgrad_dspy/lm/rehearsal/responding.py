"""The response: an answer to each request, with facts of the result in words."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from toolgrad_dspy.lm.rehearsal.demands import Demand
from toolgrad_dspy.lm.rehearsal.wishes import Wish, wish
from toolgrad_dspy.lm.rehearsal.wording import DATE, MOMENT, TIME, listed, quoted, worded
from toolgrad_dspy.records import in_words, last_key, leaves, names_id, opaque

# How much of each result the response repeats.
FACTS = 3
FACT_CHARACTERS = 80
# Of how many values the facts of a result are chosen.
VALUES = 12
# A text of more words is no name.
NAME_WORDS = 5
_NAMES = frozenset({"name", "title", "label"})
_ENDS = re.compile(r"[.!?…][\"']?$")
_PLURAL = re.compile(r"(?<!toward)[^siu]s$")
_DONE = re.compile(r"ed$|en$|^sent$|^made$|^paid$|^built$")
_CHOICE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_HAPPENS = frozenset({"departs", "arrives", "opens", "closes", "starts", "ends", "leaves", "begins"})
# Keys that no sentence has for a subject.
_NO_SUBJECT = frozenset({"about", "what", "who", "where", "when", "how", "why"})
_STATES = frozenset({"open", "due", "free", "available", "closed"})
_UNITS = {unit: unit for unit in ("minutes", "hours", "days", "seconds", "weeks", "months", "km", "mm", "kg")}
_UNITS |= {"c": "degrees", "kmh": "km/h"}
_STARTS = ("Here is what I found.", "Here you are.", "This is what I have for you.", "I have gone through all of it.")
_VAGUE = frozenset({"results", "items", "data", "content", "entries", "records", "result"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A value in a result, and the key that leads to it in words; empty for one that has none."""

    key: str
    value: str | int | float

    def ways(self) -> tuple[str, ...]:
        """How the value may be said, the way of the response first."""
        if not isinstance(self.value, str):
            return (str(self.value),)
        text = self.value
        if DATE.fullmatch(text) or MOMENT.fullmatch(text):
            return (*worded(text, year=False), *worded(text))
        if TIME.fullmatch(text):
            return worded(text)
        if _CHOICE.fullmatch(text):
            return (text.replace("_", " "),)
        cut = _cut(text)
        # Running text is quoted, and names are not.
        running = len(cut.split()) > NAME_WORDS or "\n" in text or _ENDS.search(cut) is not None
        return (quoted(cut), cut) if self.key and running else (cut,)

    def said(self) -> str:
        """The fact as a clause: ``the district is Harbour``, ``it opens at 9 am``."""
        value = self.ways()[0]
        moment = isinstance(self.value, str) and bool(DATE.match(self.value))
        first, _, last = self.key.rpartition(" ")
        if not self.key:
            return f"it says {quoted(value)}" if isinstance(self.value, str) else f"it is {value}"
        if self.key in _HAPPENS:
            return f"it {self.key} {'on' if moment else 'at'} {value}"
        if first and last in ("at", "on", "from", "until", "to", "in", "by"):
            word = "on" if moment and last == "at" else last
            if first in _STATES:
                return f"it is {first} {word} {value}"
            return f"it was {first} {word} {value}" if _DONE.search(first) else f"the {first} is {word} {value}"
        if first and last in _UNITS:
            return f"the {first} is {value} {_UNITS[last]}"
        return f"the {self.key} {'are' if _PLURAL.search(self.key) else 'is'} {value}"


def respond(
    steps: Sequence[dict[str, Any]], demands: Sequence[Demand], avoid: Sequence[str], rng: random.Random
) -> str:
    """A sentence for each step, from its result alone."""
    results = [step.get("result") for step in steps]
    told = facts_told(results, avoid)
    said = [
        _answer(result, facts, wish(demand.does), avoid)
        for result, facts, demand in zip(results, told, demands, strict=True)
    ]
    return " ".join([rng.choice(_STARTS), *said])


def facts_told(results: Sequence[Any], avoid: Sequence[str] = ()) -> list[list[Fact]]:
    """What a response repeats of each of the ``results``: the names of the first things in its list, else a few of
    its values, those first that no result before had. Neither ids nor what stands for something that was cut.
    """
    known: set[Fact] = set()
    told = []
    for result in results:
        _, named, _ = _named_list(result, avoid)
        values = list(_values(result, avoid))
        first = list(_values(_only_one(result), avoid))[:VALUES]
        # What a thing is called comes first, however often it was said.
        first.sort(key=lambda fact: fact.key not in _NAMES and fact in known)
        told.append(named if len(named) > 1 else _first_of_each(first))
        known.update(values)
    return told


def _first_of_each(values: Sequence[Fact]) -> list[Fact]:
    """The first few facts; where more than the items of one list are told, one of each key."""
    facts = list(values[:FACTS])
    if len({fact.key for fact in facts}) == 1:
        return facts
    return list({fact.key: fact for fact in reversed(values)}.values())[::-1][:FACTS]


def _values(result: Any, avoid: Sequence[str]) -> Iterator[Fact]:
    """The values of a result that can be told."""
    for path, value in leaves(result):
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            continue
        key, text = _key(path), str(value)
        # Only words can be told of without looking inside: a text in Chinese is one, a row of dashes is none.
        if not any(sign.isalnum() for sign in text) or text in avoid or text.startswith("…") or opaque(value):
            continue
        if key in _NO_SUBJECT or (names_id(key) and any(sign.isdigit() for sign in text)):
            continue
        yield Fact(in_words(key), value)


def _key(path: str) -> str:
    """The name of the value at ``path``: for an item of a list that of the list."""
    named = [token for token in path.split("/") if token and not token.isdigit()]
    return last_key(f"/{named[-1]}") if named else ""


def _named_list(result: Any, avoid: Sequence[str]) -> tuple[str, list[Fact], bool]:
    """The key of a list of things with names, the first of those names, and whether they are all."""
    lists = result.items() if isinstance(result, dict) else [("", result)]
    for key, items in lists:
        if isinstance(items, list):
            names = [_name(item) for item in items[:FACTS] if isinstance(item, dict)]
            kept = [name for name in dict.fromkeys(names) if name and name not in avoid]
            return in_words(key), [Fact("name", name) for name in kept], len(items) == len(kept)
    return "", [], False


def _only_one(result: Any) -> Any:
    """Of a result with one list, of one thing with a name, that thing: what stands around it is of something else."""
    lists = [value for value in result.values() if isinstance(value, list)] if isinstance(result, dict) else [result]
    items = lists[0] if len(lists) == 1 else None
    one = items[0] if isinstance(items, list) and len(items) == 1 else None
    return one if isinstance(one, dict) and _name(one) else result


def _name(item: dict[str, Any]) -> str:
    return next((item[key] for key in item if key in _NAMES and isinstance(item[key], str)), "").strip()


def _answer(result: Any, facts: Sequence[Fact], wanted: Wish, avoid: Sequence[str]) -> str:
    key, named, whole = _named_list(result, avoid)
    if len(named) > 1:
        names = listed([fact.ways()[0] for fact in named])
        if key and key.endswith("s") and key not in _VAGUE:
            return _ended(f"The {key} {'are' if whole else 'include'} {names}")
        return _ended(f"I found {names}" if whole else f"I found, among others, {names}")
    if not facts or (wanted.looks and _is_empty(result)):
        return _nothing(result, wanted)
    if len({fact.key for fact in facts}) == 1 < len(facts):
        said = [fact.ways()[0] for fact in facts]
        return _ended(f"The {facts[0].key} include {listed(said)}" if facts[0].key else f"I found {listed(said)}")
    if facts[0].key in _NAMES and len(facts) > 1:
        clauses = listed([fact.said() for fact in facts[1:]])
        return _ended(f"{'That is done: for' if wanted.changes else 'For'} {facts[0].ways()[0]}, {clauses}")
    clauses = listed([fact.said() for fact in facts])
    return _ended(f"That is done: {clauses}" if wanted.changes else clauses[:1].upper() + clauses[1:])


def _nothing(result: Any, wanted: Wish) -> str:
    """What there is to say of a result without facts: that it is empty, or that what was asked for was done."""
    head = re.split(r" (?:of|in|by|on|at|for|with|that|to|from)\b|,", wanted.about, maxsplit=1)[0]
    about = re.sub(r"\bmy (?:own )?", "your ", head)
    if result in (None, "", [], {}) or not list(leaves(result)) or _is_empty(result):
        return f"There was nothing to be found{f' for {about}' if about and wanted.looks else ''}."
    return f"I was able to {wanted.verb or 'get'} {about}." if about else "That worked."


def _is_empty(result: Any) -> bool:
    """Whether all that ``result`` could have listed is not there. What has many values of its own is something."""
    lists = [value for value in result.values() if isinstance(value, list)] if isinstance(result, dict) else []
    return bool(lists) and not any(lists) and len(list(_values(result, ()))) < FACTS


def _cut(text: str) -> str:
    """A text on one line; a long one up to its last whole word."""
    line = " ".join(text.split())
    return (
        line if len(line) <= FACT_CHARACTERS else line[:FACT_CHARACTERS].rpartition(" ")[0] or line[:FACT_CHARACTERS]
    )


def _ended(text: str) -> str:
    return text if _ENDS.search(text) else f"{text}."
