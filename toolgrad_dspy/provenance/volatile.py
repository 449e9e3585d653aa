"""What differs between two equal calls in equal states and means nothing: times, durations, random ids, counters.

That it varies is found by calling twice; here is what may. A difference in anything else is a difference. A date
without a time of day is none of these: it does not change between two calls, and a tool that draws one at random is
not repeatable.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from pydantic import JsonValue

from toolgrad_dspy.records import key_words, last_key, leaves, names_id, opaque

# Every quantifier is bounded or ends at a character of another class: the search is linear in the text.
_PARTS = re.compile(
    r"""
    (?P<moment>
        # Fri Nov 27 2026 23:25:11, Fri, 27 Nov 2026 23:25:11, Fri Nov 27 23:25:11 2026, and a zone
        \b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?(?:\ {1,2}(?:[A-Z][a-z]{2,8}|\d{1,4}),?){2,3}
            \ \d{1,2}:\d{2}:\d{2}(?:\ \d{4}\b)?(?:\ (?:GMT|UTC|Z)?(?:[+-]\d{4})?)?
        | \b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\ ?(?:Z|UTC|GMT)|[+-]\d{2}:?\d{2})?
        | (?<![\d:])\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?![\d:])
        | \b1\d{9}(?:\d{3}|\.\d{1,9})?\b  # seconds or milliseconds since 1970
    )
    | (?P<uuid> (?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z]) )
    | (?P<hex> (?<![0-9A-Za-z])(?:(?=[0-9A-Fa-f]{0,63}[A-Fa-f])(?=[0-9A-Fa-f]{0,63}\d)[0-9A-Fa-f]{8,64}
        | [0-9A-Fa-f]{12,64})(?![0-9A-Za-z]) )
    | (?P<token> (?<![\w-])(?=[\w-]{0,63}\d)(?=[\w-]{0,63}[A-Z])(?=[\w-]{0,63}[a-z])[\w-]{16,64}(?![\w-]) )
    | (?P<duration> \b\d{1,12}(?:\.\d{1,12})?\ ?(?:(?:ns|[µμu]s|ms|s|secs?|seconds?)\b
        |(?:mins?|minutes?|hours?|days?)\ ago\b) )
    """,
    re.VERBOSE,
)
# Words of a key (singular) that make a number, or a text of digits, a reading of a clock or a meter.
_CLOCKS = frozenset(
    ("accessed", "age", "clock", "created", "duration", "elapsed", "expiry", "latency", "millis", "modified", "mtime")
).union(("now", "runtime", "second", "time", "timestamp", "took", "updated", "uptime"))
_METERS = frozenset(
    ("call", "counter", "cpu", "heap", "hit", "load", "nonce", "pid", "remaining", "request", "sequence", "served")
)
_MILLISECONDS = re.compile(r"(?:^|_)[mun]?s$|[a-z]Ms$")
_DIGITS = re.compile(r"[\d:.,/ TZ+-]{1,40}")
# A pointer's list indexes.
_INDEX = re.compile(r"/\d+(?=/|$)")

Scalar = str | int | float


@dataclass(frozen=True, slots=True)
class Changes:
    """How a result differs from that of an equal call.

    ``volatile`` has the pointers of the leaves in which it differs and may; ``other`` is the first place where it
    must not, None if there is none. ``values`` maps each volatile id and moment of the first result, whole or a part
    of a text, to the one in its place in the second.
    """

    volatile: tuple[str, ...] = ()
    other: str | None = None
    values: Mapping[Scalar, Scalar] = field(default_factory=dict)


def changes(value: JsonValue, again: JsonValue) -> Changes:
    """How the result ``again`` of the same call differs from ``value``. Linear in their size.

    >>> changes({"id": "n_7f3a09c1", "took_ms": 12, "n": 1}, {"id": "n_c04e11d8", "took_ms": 9, "n": 1}).volatile
    ('/id', '/took_ms')
    >>> changes({"content": "7 bytes, 23:25:11"}, {"content": "9 bytes, 23:25:14"}).other
    '/content'
    """
    if value == again:
        return Changes()
    theirs = dict(leaves(again))
    mine = dict(leaves(value))
    if mine.keys() != theirs.keys():
        return Changes(other=min(mine.keys() ^ theirs.keys()))
    volatile: list[str] = []
    values: dict[Scalar, Scalar] = {}
    other = None
    for pointer, leaf in mine.items():
        if leaf == theirs[pointer]:
            continue
        pairs = _volatile(last_key(pointer), leaf, theirs[pointer])
        if pairs is None:
            other = pointer if other is None else other
        else:
            volatile.append(pointer)
            values.update(pairs)
    return Changes(tuple(volatile), other, values)


def generalised(pointer: str) -> str:
    """``pointer`` with its list indexes left open: ``/files/0/modified`` and ``/files/7/modified`` are one path.

    >>> generalised("/files/0/modified")
    '/files/*/modified'
    """
    return _INDEX.sub("/*", pointer)


def _volatile(key: str, leaf: JsonValue, again: JsonValue) -> dict[Scalar, Scalar] | None:
    """The ids and moments of a volatile leaf beside those in their place; None if the leaf is not volatile."""
    if isinstance(leaf, str) and isinstance(again, str):
        if names_id(key) and opaque(leaf) and opaque(again):
            return {leaf: again}
        parts, others = list(_PARTS.finditer(leaf)), list(_PARTS.finditer(again))
        if parts and _skeleton(leaf) == _skeleton(again):
            pairs = zip(parts, others, strict=True)
            return {a.group(): b.group() for a, b in pairs if a.lastgroup != "duration" and a.group() != b.group()}
        read = _reads(key, _CLOCKS) and _DIGITS.fullmatch(leaf) and _DIGITS.fullmatch(again)
        return {} if read else None
    if not _is_number(leaf) or not _is_number(again):
        return None
    if names_id(key):
        return {leaf: again}
    if _epoch(leaf) and _epoch(again):
        return {leaf: again}
    return {} if _reads(key, _CLOCKS | _METERS) else None


def _reads(key: str, instruments: frozenset[str]) -> bool:
    return not instruments.isdisjoint(key_words(key)) or _MILLISECONDS.search(key) is not None


def _skeleton(text: str) -> str:
    """``text`` with the kind of each volatile part in its place."""
    return _PARTS.sub(lambda part: f"\0{part.lastgroup}\0", text)


def _is_number(leaf: JsonValue) -> TypeGuard[int | float]:
    return isinstance(leaf, int | float) and not isinstance(leaf, bool)


def _epoch(number: float) -> bool:
    """Seconds or milliseconds since 1970, of the years from 2001 to 2039."""
    return 1e9 <= number < 2.2e9 or 1e12 <= number < 2.2e12
