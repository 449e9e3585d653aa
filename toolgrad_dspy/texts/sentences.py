"""The sentences of a text, and whether there are any."""

import re
from collections.abc import Iterator

from toolgrad_dspy.texts.claims import Claim

# A mark within quotation marks ends the sentence around them only if no small letter follows: '"See you." and so on'.
_END = re.compile(
    r"(?<=[.!?])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bSt\.)\s+"
    r"|(?<=[.!?][\"”»’'])\s+(?![a-z])|(?<=[。！？])|\n+"
)


def has_words(text: str) -> bool:
    """Whether ``text`` says anything at all, in any script: a letter or a digit.

    >>> has_words("..."), has_words("👍"), has_words("4"), has_words("नमस्ते")
    (False, False, True, True)
    """
    return any(map(str.isalnum, text))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of ``text`` begin and end."""
    start = 0
    for end in (*_END.finditer(text), None):
        stop = end.start() if end else len(text)
        if text[start:stop].strip():
            yield start, stop
        start = end.end() if end else stop


def sentence_of(text: str, claim: Claim) -> str:
    """The sentence of ``text`` that ``claim`` stands in."""
    return next((text[a:b] for a, b in sentences(text) if a <= claim.start < b), text)
