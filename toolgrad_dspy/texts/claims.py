"""Claims of a text: the numbers, dates, times, names and quotations in it, each of which comes from somewhere.

Names are told by their capitals. In scripts without them, and in German for single words, there is nothing to tell
them by, and they are not checked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

from toolgrad_dspy.provenance.statements import Clock, Day, numbers_in, times_in, written_dates_in
from toolgrad_dspy.provenance.statements.calendar_names import WEEKDAYS
from toolgrad_dspy.texts.words import COMMON, JOINING, MONTHS, OPENERS

ClaimKind = Literal["number", "date", "day", "time", "weekday", "name", "quote", "literal", "deed"]

# What can be read off a claim.
Reading = float | Day | Clock | str
# Numbers that say nothing of an amount: "a", "one of them", "the first".
_NO_CLAIMS = frozenset({"article", "ordinal"})

# Claims of one text that are read, and characters that are searched for them: no person reads more.
MOST_CLAIMS = 400
SEARCHED_CHARS = 20_000
# With a larger share of capitals inside sentences, nouns have them too, as in German.
_MOST_CAPITALS = 0.25
# Of fewer words than this the share says nothing.
_FEW_WORDS = 12

_WORD = re.compile(r"[^\W_](?:[\w'’&-]*[^\W_])?")
_SENTENCE_END = re.compile(r"(?:^|[.!?:;…\n。！？]|^\s*[-*•]|\d[.)])[\s\"'“”«»()*_-]*$")
_QUOTED = re.compile(r'"([^"\n]{2,400})"|“([^”\n]{2,400})”|»([^«\n]{2,400})«|«([^»\n]{2,400})»|„([^“”\n]{2,400})[“”]')
_LIST_NUMBER = re.compile(r"\s*(?:[-*•]\s*)?\d{1,3}[.)]\s")
# A day of a month that goes without saying: "on the 12th".
_DAY = re.compile(r"\b(?:on|the)\s+([12]?\d|3[01])(?:st|nd|rd|th)\b", re.IGNORECASE)
# Addresses, links, paths and ids: what cannot be written in other words.
_LITERAL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}"
    r"|https?://[^\s\"'<>)\]]+|(?<![\w/])(?:~|\.{1,2})?(?:/[\w.@-]+){2,}"
    r"|\b[A-Za-z]{1,12}[_-](?=\w{0,64}\d)\w{1,64}\b"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a text says, at ``start`` to ``end``; ``readings`` are what it may mean."""

    kind: ClaimKind
    text: str
    start: int
    end: int
    readings: tuple[Reading, ...] = ()


@lru_cache(maxsize=512)
def claims(text: str) -> tuple[Claim, ...]:
    """The claims of ``text`` in their order, :data:`MOST_CLAIMS` at most; of overlapping ones the one that says more.

    >>> [(claim.kind, claim.text) for claim in claims("Ask for Ann Lee on May 14; it costs 12.50.")]
    [('name', 'Ann Lee'), ('date', 'May 14'), ('number', '12.50')]
    """
    text = text[:SEARCHED_CHARS]
    found: list[Claim] = []
    free = bytearray(len(text))  # 1 where a claim stands already
    for claim in (*_literals(text), *_quotes(text), *_moments(text), *_names(text), *_numbers(text)):
        if not any(free[claim.start : claim.end]):
            free[claim.start : claim.end] = b"\1" * (claim.end - claim.start)
            found.append(claim)
            if len(found) == MOST_CLAIMS:
                break
    return tuple(sorted(found, key=lambda claim: claim.start))


def _literals(text: str) -> Iterator[Claim]:
    for match in _LITERAL.finditer(text):
        yield _claim("literal", text, match.start(), match.start() + len(match[0].rstrip(".,;:!?")))


def _quotes(text: str) -> Iterator[Claim]:
    for match in _QUOTED.finditer(text):
        group = next(number for number in range(1, 6) if match[number] is not None)
        yield _claim("quote", text, *match.span(group))


def _moments(text: str) -> Iterator[Claim]:
    # Line by line: "for one\n- 14 May" is no range of days.
    for begin, line in _lines(text):
        for dated in written_dates_in(line):
            yield _claim("date", text, begin + dated.start, begin + dated.end, dated.values)
        for timed in times_in(line):
            yield _claim("time", text, begin + timed.start, begin + timed.end, timed.values)
    for match in _DAY.finditer(text):
        yield _claim("day", text, match.start(1), match.end(), (float(match[1]),))
    for match in _WORD.finditer(text):
        if match[0].casefold() in WEEKDAYS and match[0][0].isupper():
            yield _claim("weekday", text, *match.span(), (match[0].casefold(),))


def _numbers(text: str) -> Iterator[Claim]:
    for begin, line in _lines(text):
        said = [number for number in numbers_in(line) if number.form not in _NO_CLAIMS]
        for start, alike in groupby(said, key=lambda number: number.start):
            readings = list(alike)  # "88 m" are metres, or millions
            end = max(number.end for number in readings)
            if line[start:end].casefold() != "one" and not _LIST_NUMBER.fullmatch(line, 0, end + 2):
                values = [value for number in readings for value in _whole(line[start:end], number.values)]
                yield _claim("number", text, begin + start, begin + end, tuple(dict.fromkeys(values)))


def _whole(said: str, values: Sequence[float]) -> tuple[float, ...]:
    """The readings of a number with a comma or a point that take all of its digits: "3,1" is neither 3 nor 1.

    >>> _whole("3,1", (3.1, 3, 1)), _whole("1,200", (1200, 1.2, 1, 200)), _whole("twelve", (12,))
    ((3.1,), (1200, 1.2), (12,))
    """
    if not re.fullmatch(r"\d+[.,]\d+", said):
        return tuple(values)
    digits = re.sub(r"\D", "", said).strip("0")
    return tuple(v for v in values if re.sub(r"\D", "", f"{v:f}").strip("0") == digits) or tuple(values)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of ``text``, with where they begin."""
    begin = 0
    for line in text.splitlines(keepends=True):
        yield begin, line
        begin += len(line)


def _names(text: str) -> Iterator[Claim]:
    words = list(_WORD.finditer(text))
    inside = [word for word in words if not _begins_sentence(text, word.start())]
    capitals = sum(_is_capital(word[0]) for word in inside)
    single = capitals <= _MOST_CAPITALS * max(len(inside), _FEW_WORDS)
    for run in _runs(text, words):
        first, last = run[0], run[-1]
        begins = _begins_sentence(text, first.start())
        if begins and len(run) > 1 and first[0].casefold() in OPENERS:
            first, run = run[1], run[1:]
            begins = False
        if len(run) > 1 or (single and not begins and len(first[0]) > 1):
            yield _claim("name", text, first.start(), last.end())


def _runs(text: str, words: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """The runs of words with capitals, joined by blanks and by the words that stand inside of names."""
    run: list[re.Match[str]] = []
    waiting: list[re.Match[str]] = []  # joining words, part of the run if a capital follows
    for word in words:
        near = bool(run) and _is_near(text, (waiting or run)[-1], word, initial=len(run) == 1)
        if _is_capital(word[0]) and not _is_calendar(word[0]):
            if near:
                run += [*waiting, word]
            else:
                if run:
                    yield run
                run = [word]
            waiting = []
        elif near and word[0].casefold() in JOINING and len(waiting) < 2:
            waiting.append(word)
        else:
            if run:
                yield run
            run, waiting = [], []
    if run:
        yield run


def _is_near(text: str, word: re.Match[str], after: re.Match[str], *, initial: bool) -> bool:
    """Whether two words stand side by side: "Ann Lee", "Bar & Grill", "J. Lee", but not "Ferry F. That one"."""
    between = text[word.end() : after.start()]
    return between in (" ", " & ") or (initial and between == ". " and len(word[0]) <= 2)


def _is_capital(word: str) -> bool:
    return word[0].isupper() and word.casefold() not in COMMON


def _is_calendar(word: str) -> bool:
    return word.casefold() in MONTHS or word.casefold() in WEEKDAYS


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 12) : start]
    return _SENTENCE_END.search(before) is not None or (start <= len(before) and not before.strip())


def _claim(kind: ClaimKind, text: str, start: int, end: int, readings: Sequence[Reading] = ()) -> Claim:
    end = start + len(text[start:end].rstrip(" .,;:"))
    return Claim(kind, text[start:end], start, end, tuple(readings))
