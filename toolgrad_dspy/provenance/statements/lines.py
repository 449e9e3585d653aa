"""The words of a text in one line, in one form each: as they are, as they are typed, and their stems."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, bare, word_set

# A span of the plain text, and the same with the rule that found it.
Span = tuple[int, int]
Place = tuple[str, int, int]

_STEMMERS = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese"}
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"})
# Short forms in addresses, and the states of the USA.
_SHORT = {
    "st": "street",
    "str": "straße",
    "ave": "avenue",
    "av": "avenue",
    "rd": "road",
    "blvd": "boulevard",
    "dr": "drive",
    "sq": "square",
    "ln": "lane",
    "mt": "mount",
    "ft": "fort",
    "apt": "apartment",
}
STATES = dict(
    pair.split(":")
    for pair in word_set(
        "alabama:al alaska:ak arizona:az arkansas:ar california:ca colorado:co connecticut:ct delaware:de florida:fl "
        "georgia:ga hawaii:hi idaho:id illinois:il indiana:in iowa:ia kansas:ks kentucky:ky louisiana:la maine:me "
        "maryland:md massachusetts:ma michigan:mi minnesota:mn mississippi:ms missouri:mo montana:mt nebraska:ne "
        "nevada:nv ohio:oh oklahoma:ok oregon:or pennsylvania:pa tennessee:tn texas:tx utah:ut vermont:vt "
        "virginia:va washington:wa wisconsin:wi wyoming:wy"
    )
)


class Line:
    """The words of a reading, each in one form, joined by blanks: a phrase is found in it as a text."""

    __slots__ = ("text", "words")

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.text = f" {' '.join(words)} "

    def find(self, phrase: "Line") -> Iterator[tuple[int, int]]:
        """The places of ``phrase``, as the numbers of its first word and of the one after its last."""
        first, counted = 0, 0
        at = self.text.find(phrase.text) if phrase.words else -1
        while at >= 0:
            first += self.text.count(" ", counted, at)
            counted = at
            yield first, first + len(phrase.words)
            at = self.text.find(phrase.text, at + 1)


@lru_cache(maxsize=KEPT_TEXTS)
def exact(reading: Reading) -> Line:
    """The words as they are."""
    return Line(reading.words)


@lru_cache(maxsize=KEPT_TEXTS)
def typed(reading: Reading) -> Line:
    """The words without accents and with common short forms written out: "St" and "Street", "FL" and "Florida"."""
    words = map(bare, reading.words)
    return Line(tuple(_SHORT.get(word) or STATES.get(word, word) for word in words))


@lru_cache(maxsize=KEPT_TEXTS)
def transliterated(reading: Reading) -> Line:
    """The words with the letters that are written for those a keyboard has not: "ö" as "oe"."""
    return Line(tuple(word if word.isascii() else bare(word.translate(_LETTERS)) for word in reading.words))


@lru_cache(maxsize=2 * KEPT_TEXTS)
def stems(reading: Reading, language: str) -> Line:
    """The stems of the words: one for "museum" and "museums"."""
    return Line(tuple(stem(word, language) for word in reading.words))


@lru_cache(maxsize=32768)
def stem(word: str, language: str) -> str:
    """The stem of a word by the Snowball stemmer of its language, without accents."""
    return bare(_stemmer(language).stemWord(word)) if word.isalpha() and len(word) < 64 else word


@lru_cache(maxsize=len(_STEMMERS))
def _stemmer(language: str) -> Any:
    import snowballstemmer  # only here: it loads the tables of every language

    return snowballstemmer.stemmer(_STEMMERS[language])


def spans(reading: Reading, places: Iterator[tuple[int, int]]) -> Iterator[Span]:
    """Places among the words as places in the plain text."""
    return (reading.span(first, after) for first, after in places)
