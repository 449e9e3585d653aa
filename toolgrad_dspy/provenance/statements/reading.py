"""A text as the rules read it: folded, cut into words, with the way back to the places in the original."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

# Readings and what was found in them are kept for so many texts: one query is asked about many values.
KEPT_TEXTS = 256

_WORD = re.compile(r"[^\W_]+")
_CLUSTER = re.compile(r"[^\u0300-\u036f\u3099\u309a][\u0300-\u036f\u3099\u309a]*|[\u0300-\u036f\u3099\u309a]+")
_DIGIT = re.compile(r"\d")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# NFKC makes "21⁄2" of "2½".
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
# Quotes and dashes that mean what the typewriter's do.
_SIGNS = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "−": "-", "–": "-", "—": "-", "‑": "-", "٫": ".", "٬": ","})


class Reading:
    """A text in lower case and compatibility form, its digits ASCII, with places that lead back to the original.

    ``plain`` is what rules search, ``words`` are its runs of letters and digits. ``span`` gives the place of words in
    ``plain``, ``origin`` that of a span of ``plain`` in the text. Readings compare by identity, so that what a parser
    found can be kept by reading; ``read`` gives the same one for the same text.
    """

    __slots__ = ("_places", "_starts", "case", "plain", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        # "upper" or "lower" where a text has no other letters: there capitals say nothing of names.
        self.case = "upper" if text.isupper() else "lower" if text == text.lower() else "mixed"
        self.plain, self._starts = _folded(text)
        self.words: tuple[str, ...] = tuple(_WORD.findall(self.plain))
        self._places: list[tuple[int, int]] | None = None

    def span(self, first: int, after: int) -> tuple[int, int]:
        """The span of ``plain`` from word number ``first`` up to the one before ``after``."""
        if self._places is None:
            self._places = [match.span() for match in _WORD.finditer(self.plain)]
        return self._places[first][0], self._places[after - 1][1]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that ``plain[start:end]`` was folded from."""
        if self._starts is None:
            return start, end
        # Where the next sign of the original begins is where this one ends.
        first = self._starts[start] if start < len(self._starts) else len(self.text)
        later = bisect_right(self._starts, self._starts[end - 1]) if end else 0
        return first, self._starts[later] if later < len(self._starts) else len(self.text)

    def written(self, start: int, end: int) -> str:
        """What ``plain[start:end]`` was folded from, as it is written."""
        first, last = self.origin(start, end)
        return self.text[first:last]


def word_set(words: str) -> frozenset[str]:
    """The words of a line, as a set to look words up in."""
    return frozenset(words.split())


@lru_cache(maxsize=KEPT_TEXTS)
def read(text: str) -> Reading:
    """The reading of ``text``."""
    return Reading(text)


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Lower case, every run of anything but letters and digits as one blank, a blank at both ends."""
    return " " + " ".join(_WORD.findall(_folded(text)[0])) + " "


@lru_cache(maxsize=16384)
def bare(word: str) -> str:
    """``word`` without accents, as it is typed where the keyboard has none."""
    if word.isascii():
        return word
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


def _folded(text: str) -> tuple[str, Sequence[int] | None]:
    """The folded text, and for each of its signs where the original one begins; None where places are the same."""
    # A lone surrogate is no letter, and libraries that encode texts fail on it.
    text = _SURROGATE.sub(" ", text)
    if text.isascii():
        return text.lower(), None
    if not any(sign in text for sign in _FRACTIONS) and unicodedata.is_normalized("NFKC", text):
        plain = text.lower()
        if len(plain) == len(text):
            return _ascii_digits(plain.translate(_SIGNS)), None
    signs: list[str] = []
    starts: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        sign = cluster[0]
        folded = _FRACTIONS.get(sign) or _lower(unicodedata.normalize("NFKC", sign)).translate(_SIGNS)
        if sign in _FRACTIONS and not (signs and signs[-1].isdecimal()):
            folded = "0" + folded
        signs.append(_ascii_digits(folded))
        starts += [cluster.start()] * len(folded)
    return "".join(signs), starts


def _lower(sign: str) -> str:
    # The capital "İ" leaves its point behind, which would cut the word in two.
    return sign.lower().replace("i\u0307", "i")


def _ascii_digits(text: str) -> str:
    return _DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0], 0)), text)
