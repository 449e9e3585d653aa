"""The sentences of a query, for a judge that compares them pair by pair."""

import re
from itertools import pairwise

# A full stop, question or exclamation mark with what closes a quotation, then white space; or a line's end. The marks
# of Chinese and Japanese need no white space.
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\s*\n+\s*")
# Words that end in a full stop inside a sentence.
_ABBREVIATED = re.compile(r"(?:^|[\s(])(?:mrs?|ms|dr|prof|st|vs|e\.g|i\.e|approx|[a-z])\.$", re.IGNORECASE)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of ``text``, trimmed, in order. An abbreviation does not end one."""
    split: list[str] = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        # A mark inside a sentence: an abbreviation, or what goes on in lower case. A line's end always ends one.
        if "\n" not in end[0] and (_ABBREVIATED.search(piece) or text[end.end() : end.end() + 1].islower()):
            continue
        if piece:
            split.append(piece)
        start = end.end()
    last = text[start:].strip()
    return (*split, last) if last else tuple(split)


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of successive sentences of ``text``."""
    return tuple(pairwise(sentences(text)))
