"""A text with its number words written as digits: "the fourteenth of May, half past seven" as "the 14th of may, half
past 7". Grammars of numbers, dates, times and quantities are then about digits alone, in every language.

Number words of six languages are read by ``text2num``.
"""

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Any, NamedTuple

from text_to_num import find_numbers

from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, word_set

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
# After digits these scale the number, and are read with it: "2 million".
SCALES = {
    **dict.fromkeys(("hundred", "hundert", "cento", "cien", "cem"), 100),
    **dict.fromkeys(("thousand", "tausend", "tsd", "mille", "mil", "mila", "k", "grand"), 1000),
    **dict.fromkeys(
        (
            *("million", "millions", "millionen", "mio", "mn", "m", "mln"),
            *("millón", "millones", "milione", "milioni"),
        ),
        10**6,
    ),
    **dict.fromkeys(("milhão", "milhões"), 10**6),
    **dict.fromkeys(("billion", "billions", "bn", "milliarde", "milliarden", "mrd", "milliard", "milliards"), 10**9),
    **dict.fromkeys(("miliardo", "miliardi", "bilhão", "bilhões"), 10**9),
}
# "a second" is a moment; "the second" and "twenty-second" are numbers.
_BEFORE_SECOND = word_set("the my our your her his their every twenty thirty forty fifty - of on")
_AFTER_SECOND = [[word] for word in ("quarter", "half", "week", "day", "floor", "row", "page", "edition", "of")]
# Words that are more often something else: "sei" is "you are", "cuarto" a quarter or a room, "segunda" Monday.
_DOUBTFUL = {
    "en": frozenset({"o"}),
    "it": frozenset({"sei", "quarto"}),
    "es": frozenset({"cuarto", "cuarta", "cuartos"}),
    "pt": frozenset({"quarto", "quarta", "segunda", "terça", "quinta", "sexta"}),
    "fr": frozenset({"second"}),
}
# Words for one that are mostly articles, by language: they are numbers where a grammar says so.
ARTICLES = word_set("a an ein eine einen einem einer un une una um uma uno")


# "dreieinhalb" is 3.5.
_GERMAN_HALVES = {
    name: number
    for number, name in enumerate(
        ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"], start=1
    )
}
# What is said of a scale, and stays a word of its own: "half a million", "a couple of thousand".
_PARTS = word_set(
    "half couple quarter quarters demi quart quarts viertel cuarto cuartos quarto quarti medio media mezzo meio"
)
_OF_A = word_set("a an of de di un una d ' einer")
# After these Italian "sei" is six, and no verb.
_BEFORE_SEI = word_set("in per le alle dalle ore da")
# Hundreds of feminine things: "quinientas personas".
_FEMININE = ("cientas", "nientas")


class _Token(str):
    """What ``text2num`` asks of a token."""

    __slots__ = ()

    def text(self) -> str:
        return str(self)

    def nt_separated(self, previous: "_Token") -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return self == "#"


class _Piece(NamedTuple):
    """A number word: where it stands in the plain text, and the digits for it."""

    start: int
    end: int
    digits: str


class Spoken:
    """The plain text with digits for number words, and the way back to the places in the plain text.

    ``worded`` has the places in ``text`` of digits that were words; ``articles`` those of them that may be articles.
    """

    __slots__ = ("_pieces", "_starts", "articles", "text", "worded")

    def __init__(self, reading: Reading) -> None:
        self._pieces = _number_words(reading)
        self._starts: list[int] = []
        self.worded: set[int] = set()
        self.articles: set[int] = set()
        parts, at, length = [], 0, 0
        for piece in self._pieces:
            between = reading.plain[at : piece.start]
            length += len(between)
            self._starts.append(length)
            self.worded.add(length)
            if reading.plain[piece.start : piece.end] in ARTICLES:
                self.articles.add(length)
            parts += [between, piece.digits]
            length += len(piece.digits)
            at = piece.end
        self.text = "".join([*parts, reading.plain[at:]])

    def plain(self, start: int, end: int) -> tuple[int, int]:
        """The span of the plain text that ``text[start:end]`` says."""
        return self._back(start, inside=0), self._back(end, inside=1)

    def _back(self, at: int, inside: int) -> int:
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return at
        begin, piece = self._starts[index], self._pieces[index]
        if at == begin:
            return piece.start
        over = at - begin - len(piece.digits)
        return piece.end + over if over >= 0 else (piece.start, piece.end)[inside]


def _number_words(reading: Reading) -> list[_Piece]:
    places = [(m.start(), m.end()) for m in _TOKEN.finditer(reading.plain)]
    words = [reading.plain[start:end] for start, end in places]
    taken: dict[int, _Piece] = {}
    for index, word in enumerate(words):
        if word.endswith("einhalb") and (whole := _GERMAN_HALVES.get(word.removesuffix("einhalb"))):
            taken[index] = _Piece(*places[index], f"{whole}.5")
    found = [
        (occurrence.start - occurrence.end, occurrence.start, occurrence.end, _digits(occurrence))
        for language in languages(reading)
        for occurrence in find_numbers([_Token(word) for word in _masked(words, language)], language, threshold=0.0)
    ]
    # The longest first: of two languages the one that reads more of a number is meant.
    for _, start, end, digits in sorted(found, key=lambda occurrence: occurrence[0]):
        if all(index not in taken for index in range(start, end)):
            piece = _Piece(places[start][0], places[end - 1][1], digits)
            taken.update(dict.fromkeys(range(start, end), piece))
    return sorted(set(taken.values()))


def _masked(words: list[str], language: str) -> list[str]:
    """``words`` with a sign for those that are no number words where they stand."""
    doubtful = _DOUBTFUL.get(language, frozenset())
    masked = list(words)
    for index, word in enumerate(words):
        if word in SCALES:
            before = words[max(0, index - 3) : index]
            if (before and before[-1].isdecimal()) or _is_part(before):
                masked[index] = "#"
        elif word.isdecimal() or _is_no_number(words, index, doubtful):
            masked[index] = "#"
        elif word.endswith(_FEMININE):
            masked[index] = f"{word[:-2]}os"
    return masked


def _is_part(before: list[str]) -> bool:
    """Whether words before a scale say how much of it: "half a", "a couple of", "three quarters of a"."""
    while before and before[-1] in _OF_A:
        before = before[:-1]
    return bool(before) and before[-1] in _PARTS


def _is_no_number(words: list[str], index: int, doubtful: frozenset[str]) -> bool:
    """French "neuf" after its noun is new, German "acht" after "gib" is care; a second may be a moment."""
    if words[index] in doubtful:
        return not (words[index] == "sei" and index > 0 and words[index - 1] in _BEFORE_SEI)
    if words[index] == "second":
        return not _is_ordinal(words, index)
    if words[index] == "neuf":
        return index > 1 and words[index - 2] in ("un", "une", "le", "la", "mon", "ma", "ce", "cette", "du", "d")
    return words[index] == "acht" and index > 0 and words[index - 1] in ("gib", "gebt", "gebe", "gibt", "geben")


def _is_ordinal(words: list[str], index: int) -> bool:
    return (index > 0 and words[index - 1] in _BEFORE_SECOND) or words[index + 1 : index + 2] in _AFTER_SECOND


def _digits(found: Any) -> str:
    value = found.value
    plain = f"{int(value)}" if value == int(value) else f"{value:.6f}".rstrip("0")
    return plain + ("th" if found.is_ordinal else "")


@lru_cache(maxsize=KEPT_TEXTS)
def spoken(reading: Reading) -> Spoken:
    """``reading`` with digits for its number words."""
    return Spoken(reading)
