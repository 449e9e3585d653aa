"""What a value is of: whether a parameter and a place in a result mean the same sort of thing.

A small number, a round one, a year or a common word is equal to another by chance. Such a value only comes from a
place of the same *kind*, which names tell: ``id: 3`` under ``orders`` is an order's, and so is that of
``list_orders``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from toolgrad_dspy.records import key_words
from toolgrad_dspy.records.keys import GENERIC_WORDS, IDENTIFYING_WORDS, ends_alike, tool_nouns
from toolgrad_dspy.records.pointer import unescape

# An equal value is no chance from here on: ids, but neither guests nor floors nor page numbers.
LARGE = 1000
# Digits of a number that is not round: 1,500 and 20,000 have two.
ROUND_DIGITS = 2
YEARS = range(1900, 2101)
# Characters of a number with decimals (52.51, 129.9), and of a text.
LONG_DECIMAL = 5
LONG_TEXT = 4

_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?")
_COMMON_WORD = re.compile(r"[a-z]+")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
# Names of what holds results and says nothing of them; the items of a list may be named or only listed.
_CONTAINERS = frozenset(
    {"result", "data", "response", "content", "output", "value", "list", "page", "payload", "found"}
)
_ITEMS = frozenset({"item", "entry", "record", "row", "element", "object", "hit", "match"})
# Names that say which ones they are, and leave what they are to the tool: `{"free": [...]}` of `find_teachers`.
_WHICH = frozenset({"free", "available", "nearby", "nearest", "closest", "upcoming", "matching", "selected"})
# A key of a map that is an id, as `T-042`, says as little.
_ID_KEY = re.compile(r"\d{2}")
# A largest price is set by somebody, and is not the price of anything.
LIMITS = frozenset({"max", "min", "maximum", "minimum", "limit", "least", "most"})

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """The words of a value's name, and those of what it may belong to: the nearest key above it that says something,
    else what its tool is about, else the tool's category. None of the latter where the tool is not known.
    """

    name: Words
    owners: tuple[Words, ...]
    category: Words = ()


@lru_cache(maxsize=65536)
def kind_at(pointer: str, tool: str = "", category: str = "") -> Kind:
    """The kind of what is at ``pointer``, in the arguments or in the result of ``tool``.

    >>> kind_at("/orders/0/id", "list_orders").owners, kind_at("/id", "get_employee").owners
    ((('order',),), (('employee',),))
    """
    keys = [unescape(token) for token in pointer.split("/") if token and not token.isdigit()]
    words = [found for key in keys if (found := key_words(key))]
    nouns = tool_nouns(tool)
    above = words[:-1]
    owners: list[Words] = []
    for key in reversed(above):
        if key[-1] in _CONTAINERS:
            continue
        owners.append(key)
        if key[-1] not in _ITEMS and key[-1] not in _WHICH and not _ID_KEY.search("".join(key)):
            break
    else:
        if nouns or category:
            owners.append(nouns or key_words(category))
    # A result that is one value is what its tool is named after: `find_user_id` gives a user id.
    return Kind(words[-1] if words else nouns, tuple(owners), key_words(category))


def same_kind(one: Kind, other: Kind) -> bool:
    """Whether an equal value under both names is no coincidence.

    >>> same_kind(kind_at("/employee_id", "pay"), kind_at("/orders/0/id", "list_orders"))
    False
    >>> same_kind(kind_at("/order", "pay"), kind_at("/orders/0/id", "list_orders"))
    True
    """
    if not one.name or not other.name or LIMITS.intersection(one.name) != LIMITS.intersection(other.name):
        return False
    a, b = one.name[-1] in GENERIC_WORDS, other.name[-1] in GENERIC_WORDS
    if a and b:
        return GENERIC_WORDS[one.name[-1]] == GENERIC_WORDS[other.name[-1]] and _same_owner(one, other)
    if a or b:
        generic, telling = (one, other) if a else (other, one)
        # A place goes by its id or its name, but a room is not the number of its seats.
        return generic.name[-1] in IDENTIFYING_WORDS and any(
            ends_alike(owner, telling.name) for owner in _owners(generic)
        )
    return ends_alike(one.name, other.name)


def _same_owner(one: Kind, other: Kind) -> bool:
    if len(one.name) > 1 and len(other.name) > 1:
        return ends_alike(one.name[:-1], other.name[:-1])
    ours, theirs = _owners(one), _owners(other)
    if not ours or not theirs:  # nothing is known of one of them
        return True
    return any(ends_alike(mine, owner) for mine in ours for owner in theirs)


def _owners(kind: Kind) -> tuple[Words, ...]:
    """What a value with a generic name belongs to: what its name says, before what is around it."""
    return (kind.name[:-1],) if len(kind.name) > 1 else kind.owners


def distinctive(value: JsonValue) -> bool:
    """Whether two equal values are unlikely to be equal by chance, whatever they are called.

    The limits are checked against the labelled calls of NESTFUL in ``tests/provenance/test_nestful.py``.

    >>> [distinctive(value) for value in (482101, 1500, 2026, 4, 52.51, 2.5, "Old Town", "NW")]
    [True, False, False, False, True, False, True, False]
    """
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, float):
        return _large(int(value)) if value.is_integer() else len(repr(value)) >= LONG_DECIMAL
    if isinstance(value, int):
        return _large(value)
    return isinstance(value, str) and len(value) >= LONG_TEXT


def _large(value: int) -> bool:
    if abs(value) < LARGE or value in YEARS:
        return False
    # Compared as a number: an int of thousands of digits has no text that Python would write.
    power = len(f"{min(abs(value), 10**18)}") - ROUND_DIGITS
    return value % int(10**power) != 0


def needs_kind(value: JsonValue) -> bool:
    """Whether an equal value somewhere else is only its origin if both are of one kind.

    So it is with what is not distinctive, and with texts that only look it: the digits of such a number, and a time
    on the quarter of an hour.
    """
    if not distinctive(value):
        return True
    if not isinstance(value, str):
        return False
    if _NUMBER.fullmatch(value):
        return not distinctive(float(value) if "." in value else int(value))
    time = _TIME.fullmatch(value)
    return time is not None and int(time[2]) % 15 == 0


def common_word(value: JsonValue) -> bool:
    """Whether ``value`` is a word that is no name: ``open``, ``active``."""
    return isinstance(value, str) and _COMMON_WORD.fullmatch(value) is not None


def by_chance(value: JsonValue) -> bool:
    """Whether many values there are besides may equal ``value`` by chance: it needs a kind, or is a common word."""
    return needs_kind(value) or common_word(value)
