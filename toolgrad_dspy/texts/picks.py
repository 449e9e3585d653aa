"""Picks: where an argument takes one element out of a list of several, and what tells that one from the others.

A query that only says "find places, and book a table" leaves open at which place: whoever has the query alone cannot
make the same call. It has to determine the pick: by a name or another property that no other element has, as an
extreme ("the cheapest"), by its position ("the first"), or by taking all of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements import About, states
from toolgrad_dspy.records import (
    in_words,
    key_words,
    last_key,
    leaves,
    names_id,
    opaque,
)
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.texts.extremes import Extreme, extremes
from toolgrad_dspy.texts.words import EACH, OPENERS

# Characters of a text that tells an element from the others: a longer one is a description.
PROPERTY_CHARS = 60
# Keys of what a thing is called.
NAME_KEYS = frozenset({"name", "title", "label", "subject", "summary", "headline", "filename"})
# Words of a name: a longer text is a sentence, with a capital at its beginning.
NAME_WORDS = 5
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True)
class Pick:
    """One element of a list that an argument takes: of the list at ``path`` in the result of ``source``.

    ``step`` and ``pointer`` are where it is used first, and ``value`` what is taken there; ``taken`` are the
    positions that the calls of the step's tool take of that list.
    """

    step: str
    pointer: str
    source: str
    path: str
    index: int
    items: tuple[JsonValue, ...]
    taken: frozenset[int]
    value: JsonValue = None

    @property
    def item(self) -> JsonValue:
        return self.items[self.index]

    @property
    def thing(self) -> str:
        """What the list has, in the singular: ``place`` for ``/places``; ``item`` where it has no name."""
        words = in_words(last_key(self.path)).split()
        return " ".join([*words[:-1], _singular(words[-1])]) if words else "item"

    @property
    def called(self) -> str:
        """The thing, in the words of the parameter where those say more: ``from stop`` for ``from_stop_id``."""
        said = self.taken_as
        return said if said.endswith(f" {self.thing}") else self.thing

    @property
    def indirect(self) -> bool:
        """Whether not the thing itself is taken but something of it: the place of an event."""
        return bool(self.taken_as) and not f" {self.taken_as}".endswith(f" {self.thing}")

    @property
    def taken_as(self) -> str:
        """What the argument is, in the singular and without its "id": ``place`` for ``place_ids``."""
        name = last_key(self.pointer)
        words = in_words(name).split()
        words = words[:-1] if names_id(name) else words
        return " ".join([*words[:-1], _singular(words[-1])]) if words else ""

    @property
    def whole(self) -> bool:
        """Whether the calls take every element of the list."""
        return len(self.taken) == len(self.items)

    @cached_property
    def properties(self) -> tuple[tuple[str, JsonValue], ...]:
        """What a person could say of the element: short texts and numbers with their keys, no internal ids."""
        return tuple(_sayable(self.item))

    @cached_property
    def distinct(self) -> tuple[tuple[str, JsonValue], ...]:
        """Those of its properties that no other element has; names first."""
        others = [dict(_sayable(item)) for place, item in enumerate(self.items) if place != self.index]
        own = [(key, value) for key, value in self.properties if all(other.get(key) != value for other in others)]
        return tuple(sorted(own, key=lambda pair: last_key(pair[0]) not in NAME_KEYS))

    @cached_property
    def extremes(self) -> tuple[Extreme, ...]:
        """In what it is the only one with the highest or the lowest value."""
        return extremes(self.items, self.index)

    @property
    def label(self) -> str:
        """What the element is called, for a list of options."""
        return _label(self.item) or f"number {self.index + 1}"

    @property
    def labels(self) -> tuple[str, ...]:
        """What the elements are called; those of one name also have their position."""
        plain = [_label(item) or f"number {place}" for place, item in enumerate(self.items, 1)]
        return tuple(
            name if plain.count(name) == 1 else f"{name} (number {place})" for place, name in enumerate(plain, 1)
        )

    @property
    def phrase(self) -> str:
        """What a query can say to determine it. Which of the ways is chosen by the element: queries should differ."""
        if self.whole:
            return "all of them"
        ways = [self.extremes[0].phrase] if self.extremes else []
        texts = [(key, value) for key, value in self.distinct if isinstance(value, str)]
        if texts:
            key, value = texts[0]
            named = not key or last_key(key) in NAME_KEYS
            ways.append(f"the one called {value}" if named else f"the one with {in_words(last_key(key))} {value}")
        if self.index == 0 or not ways:
            ways.append(f"the {_position(self.index, len(self.items))} one")
        return ways[crc32(f"{self.source}{self.path}{self.label}".encode()) % len(ways)]


def determined_by(query: str, pick: Pick) -> str | None:
    """How ``query`` says which element is meant: the rule, or None if no rule finds that it does.

    Rules: ``all``, ``value`` (it says the very value that is taken), ``property`` (what it says of the element is
    true of no other one), ``part`` (a word of its name that no other one has), ``extreme``, ``position``.
    """
    words = query.casefold().split()
    plain = {word.strip(".,;:!?()\"'") for word in words}
    if pick.whole and plain & EACH:
        return "all"
    if states(query, pick.value, About(name=last_key(pick.pointer))):
        return "value"
    if _told(query, pick):
        return "property"
    if any(extreme.said_in(query, pick.thing) for extreme in pick.extremes):
        return "extreme"
    others = (_words_of(item) for place, item in enumerate(pick.items) if place != pick.index)
    if (_words_of(pick.item) - set().union(*others)) & plain:
        return "part"
    return "position" if _counted(query, pick) else None


def _counted(query: str, pick: Pick) -> bool:
    """Whether ``query`` says the position of the element: "the first one", "the top result", not "First, ..."."""
    words = [_position(pick.index, len(pick.items))] + ["top"] * (pick.index == 0)
    return any(re.search(rf"\b(?:the|its|their|my)\s+(?:very\s+)?{word}\b(?!,)", query, re.I) for word in words)


def _told(query: str, pick: Pick) -> bool:
    """Whether the texts of the element that ``query`` states, taken together, are those of no other one."""
    said = [(key, value) for key, value in pick.properties if _is_told(query, key, value)]
    return bool(said) and not any(
        _has_all(dict(_sayable(item)), said) for place, item in enumerate(pick.items) if place != pick.index
    )


def _is_told(query: str, key: str, value: JsonValue) -> bool:
    name = last_key(key)
    if isinstance(value, str):
        return states(query, value, About(name=name))
    # "a table for four" does not tell the room on floor 4: a number needs the word that says what it is of.
    named = {word.rstrip("s") for word in query.casefold().replace(",", " ").replace(".", " ").split()}
    return bool(named.intersection(key_words(name))) and states(query, value, About(name=name))


def _has_all(properties: dict[str, JsonValue], said: Sequence[tuple[str, JsonValue]]) -> bool:
    return all(properties.get(key) == value for key, value in said)


def _sayable(item: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """The leaves of ``item`` that a person would say, with their pointers in it."""
    for path, leaf in leaves(item):
        if isinstance(leaf, bool) or not isinstance(leaf, (str, int, float)) or leaf == "":
            continue
        if any(list_index(token) is not None for token in path.split("/")[1:]):
            continue
        if (path and names_id(last_key(path))) or opaque(leaf):
            continue
        if isinstance(leaf, str) and (len(leaf) > PROPERTY_CHARS or len(leaf) < 2):
            continue
        yield path, leaf


def _words_of(item: JsonValue) -> set[str]:
    """The words with a capital, of three letters and more, in the names that ``item`` has, not in its sentences."""
    texts = (leaf for _, leaf in _sayable(item) if isinstance(leaf, str) and len(leaf.split()) <= NAME_WORDS)
    words = (word for text in texts for word in re.findall(r"[^\W\d_]{3,}", text) if word[0].isupper())
    return {word.casefold() for word in words} - OPENERS


def _label(item: JsonValue) -> str:
    texts = [(path, leaf) for path, leaf in _sayable(item) if isinstance(leaf, str)]
    named = [leaf for path, leaf in texts if not path or last_key(path) in NAME_KEYS]
    return str((named or [leaf for _, leaf in texts] or [""])[0])


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _position(index: int, count: int) -> str:
    """How people count: "first", and "last" for the end of a list of three and more that has no ordinal near."""
    if index == count - 1 and count > 2:
        return "last"
    return _ORDINALS[index] if index < len(_ORDINALS) else f"number {index + 1}"
