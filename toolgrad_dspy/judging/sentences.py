"""The sentences of a query, for a judge that goes through them pair by pair."""

import re
from itertools import pairwise

# A full stop, question or exclamation mark with what closes a quotation, then a blank; or a line's end. The marks of
# Chinese and Japanese take no blank.
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\s*\n+\s*")
# Words that end in a full stop inside a sentence.
_ABBREVIATED = re.compile(r"(?:^|[\s(])(?:mrs?|ms|dr|prof|st|vs|e\.g|i\.e|approx|[a-z])\.$", re.IGNORECASE)


def sentences(text: str) -> tuple[str, ...]:
    """``text`` in sentences, trimmed, in order; what follows an abbreviation stays with it."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        if "\n" not in end[0] and (_ABBREVIATED.search(piece) or text[end.end() : end.end() + 1].islower()):
            continue
        if piece:
            found.append(piece)
        start = end.end()
    last = text[start:].strip()
    return (*found, last) if last else tuple(found)


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of successive sentences of ``text``."""
    return tuple(pairwise(sentences(text)))
