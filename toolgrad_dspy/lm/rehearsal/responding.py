"""The response: an answer to each request, with facts of the result in words."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolgrad_dspy.lm.rehearsal.demands import Demand
from toolgrad_dspy.lm.rehearsal.wishes import Wish, wish
from toolgrad_dspy.lm.rehearsal.wording import DATE, MOMENT, TIME, listed, quoted, worded
from toolgrad_dspy.records import in_words, last_key, leaves, names_id, opaque

# How much of each result the response repeats.
FACTS = 3
FACT_CHARACTERS = 80
# A text of more words is no name.
NAME_WORDS = 5
_NAMES = frozenset({"name", "title", "label"})
_ENDS = re.compile(r"[.!?…][\"']?$")
_PLURAL = re.compile(r"[^siu]s$")
_DONE = re.compile(r"ed$|en$|^sent$|^made$|^paid$|^built$")
_CHOICE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_HAPPENS = frozenset({"departs", "arrives", "opens", "closes", "starts", "ends", "leaves", "begins"})
_STATES = frozenset({"open", "due", "free", "available", "closed"})
_UNITS = frozenset({"minutes", "hours", "days", "seconds", "weeks", "months", "km", "mm", "kg"})
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
        return (quoted(cut), cut) if self.key and (len(cut.split()) > NAME_WORDS or "\n" in text) else (cut,)

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
            return f"the {first} is {value} {last}"
        return f"the {self.key} {'are' if _PLURAL.search(self.key) else 'is'} {value}"


def respond(
    steps: Sequence[dict[str, Any]], demands: Sequence[Demand], avoid: Sequence[str], rng: random.Random
) -> str:
    """A sentence for each step, from its result alone."""
    said = [
        _answer(step.get("result"), wish(demand.does), avoid) for step, demand in zip(steps, demands, strict=True)
    ]
    return " ".join([rng.choice(_STARTS), *said])


def facts_of(result: Any, avoid: Sequence[str] = ()) -> list[Fact]:
    """What a response repeats of a result: the names of the first things in its list, else its first few values.
    Neither ids nor what stands for something that was cut.
    """
    _, named, _ = _named_list(result, avoid)
    return named if len(named) > 1 else _first_values(result, avoid)


def _first_values(result: Any, avoid: Sequence[str]) -> list[Fact]:
    facts: list[Fact] = []
    for path, value in leaves(result):
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            continue
        key, text = _key(path), str(value)
        # Only words can be told of without looking inside: a text in Chinese is one, a row of dashes is none.
        if not any(sign.isalnum() for sign in text) or text in avoid or text.startswith("…") or opaque(value):
            continue
        if names_id(key) and any(sign.isdigit() for sign in text):
            continue
        facts.append(Fact(in_words(key), value))
        if len(facts) == FACTS:
            break
    return facts


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


def _name(item: dict[str, Any]) -> str:
    return next((item[key] for key in item if key in _NAMES and isinstance(item[key], str)), "").strip()


def _answer(result: Any, wanted: Wish, avoid: Sequence[str]) -> str:
    key, named, whole = _named_list(result, avoid)
    if len(named) > 1:
        names = listed([fact.ways()[0] for fact in named])
        if key and key.endswith("s") and key not in _VAGUE:
            return _ended(f"The {key} {'are' if whole else 'include'} {names}")
        return _ended(f"I found {names}" if whole else f"I found, among others, {names}")
    facts = _first_values(result, avoid)
    if not facts:
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
    if result in (None, "", [], {}) or not list(leaves(result)) or _is_empty(result):
        head = re.split(r" (?:of|in|by|on|at|for|with|that|to|from)\b|,", wanted.about, maxsplit=1)[0]
        about = re.sub(r"^my (?:own )?", "your ", head) if wanted.looks else ""
        return f"There was nothing to be found{f' for {about}' if about else ''}."
    return "That is done." if wanted.changes else "That worked."


def _is_empty(result: Any) -> bool:
    lists = [value for value in result.values() if isinstance(value, list)] if isinstance(result, dict) else []
    return bool(lists) and not any(lists)


def _cut(text: str) -> str:
    """A text on one line; a long one up to its last whole word."""
    line = " ".join(text.split())
    return (
        line if len(line) <= FACT_CHARACTERS else line[:FACT_CHARACTERS].rpartition(" ")[0] or line[:FACT_CHARACTERS]
    )


def _ended(text: str) -> str:
    return text if _ENDS.search(text) else f"{text}."
