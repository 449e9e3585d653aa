"""Which of several values of a kind a parameter means: "Yoga starts at 5:45 pm, remind me at 5" for ``remind_at``.

Where a text has more than one time, day, quantity or code, each word of the parameter's name that stands in it
belongs to the nearest of them; the others are then of something else. A word usually stands before what it is said of
("closes at 7"), or just after it ("5 minutes of stretching"). What is joined by "to" or "and" belongs together.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.dates import dates
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.lines import Span, stem
from toolgrad_dspy.provenance.statements.numbers import numbers
from toolgrad_dspy.provenance.statements.quantities import quantities, quantity_at
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, bare, word_set
from toolgrad_dspy.provenance.statements.role_words import said_for_role
from toolgrad_dspy.provenance.statements.times import times

# What is measured.
Dimension = Literal["money", "duration", "length", "mass"]
Kind = Literal["date", "time", "code", "number"] | Dimension

# Words of a name that say nothing of its role, or that ``direction`` reads.
_GENERIC = word_set(
    "a an the of in to for and or at on by is be id number no code ref reference key value amount quantity total sum "
    "count how many date time day hour minute second week month year night moment when price cost fee budget money "
    "usd eur gbp euro dollar pound km m cm mm kg g lb mile meter metre unit min max minimum maximum limit "
    "from until till since duration length distance weight size new old current target name text item user per "
    "first last only check in out"
)
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
# What joins two values to one: "from 9 to 10", "50 or 60".
_JOINED = re.compile(r"\s?(?:-|/|,|&|to|and|or|until|till|bis|und|oder|au|et|ou|al|y|o|a|e|ao|ate|até|à)?\s?[$€£]?")
# Between a value and a word after it that it is of: "5 minutes of stretching", "10 de gorjeta", "20-minute nap".
_OF = re.compile(r"(?: (?:of|for|de|di|d'|für|pour|para|per|von)(?: the| a| an| my)?)?[ -]")
_APART = re.compile(r"[,;()]| (?:and|und|et|y|e) ")
# How far a word may stand from what it is said of, in characters; and what standing after or apart from it costs.
_FAR, _AFTER = 40, 12
_ALONE = re.compile(r"\s*(?:[.,;!?)]|$|(?:before|after|and|or|at|then|more|instead)\b)")
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"(?<![\w.,:/-])#?(?=[\w-]*\d)[^\W_][\w-]*[^\W_]")


def given_to_another(reading: Reading, start: int, end: int, kind: Kind, about: About) -> bool:
    """Whether what stands at ``start:end``, one of several of its kind, is not the one that the name's words mean."""
    own = _own(reading, kind, about)
    if not own or any(start < last and first < end for first, last in own):
        return False
    # "Ticket AB-12 blocks AB-13": codes of one form are of things of one kind.
    return kind != "code" or all(_form(reading, span) != _form(reading, (start, end)) for span in own)


def is_given_to(reading: Reading, start: int, end: int, kind: Kind, about: About) -> bool:
    """Whether what stands at ``start:end``, one of several of its kind, is the one that the name's words mean."""
    return any(start < last and first < end for first, last in _own(reading, kind, about))


def _own(reading: Reading, kind: Kind, about: About) -> frozenset[Span]:
    words = tuple(word for word in about.words if word not in _GENERIC)
    return _owned(reading, words, kind) if words else frozenset()


def _form(reading: Reading, span: Span) -> str:
    return _LETTERS.sub("a", _DIGITS.sub("9", reading.plain[slice(*span)].lstrip("#")))


@lru_cache(maxsize=4 * KEPT_TEXTS)
def _owned(reading: Reading, words: tuple[str, ...], kind: Kind) -> frozenset[Span]:
    """The values of a kind that the words are said of; none where the text has one, or none of the words."""
    groups = _groups(reading, _values(reading, kind))
    if len(groups) < 2:
        return frozenset()
    return frozenset(group for label in _labels(reading, words) if (group := _nearest(reading, label, groups)))


def _values(reading: Reading, kind: Kind) -> list[Span]:
    if kind == "date":
        return [(one.start, one.end) for one in dates(reading) if one.values[0].day]
    if kind == "time":
        return [(one.start, one.end) for one in times(reading)]
    if kind == "code":
        return [match.span() for match in _CODE.finditer(reading.plain)]
    measured = [
        (one.start, one.end)
        for one in quantities(reading)
        if kind == "number" or any(unit.dimension.partition(":")[0] == kind for unit in one.units)
    ]
    bare_ones = _bare_numbers(reading) if kind in ("money", "number", "duration") else []
    if kind == "duration":  # "for 15 before slicing", but no "4 eggs"
        bare_ones = [span for span in bare_ones if _ALONE.match(reading.plain, span[1])]
    return measured + bare_ones


def _bare_numbers(reading: Reading) -> list[Span]:
    """The numbers without a unit, as money is often given, too."""
    taken = {place for one in dates(reading) for place in range(one.start, one.end)}
    taken |= {place for one in times(reading) for place in range(one.start, one.end)}
    return [
        (one.start, one.end)
        for one in numbers(reading)
        if one.form != "article" and one.start not in taken and quantity_at(reading, one.start) is None
    ]


def _groups(reading: Reading, values: Sequence[Span]) -> list[Span]:
    """The values in order, those that are joined as one."""
    groups: list[Span] = []
    for start, end in sorted(set(values)):
        if groups and (start <= groups[-1][1] or _JOINED.fullmatch(reading.plain, groups[-1][1], start)):
            groups[-1] = (groups[-1][0], max(end, groups[-1][1]))
        else:
            groups.append((start, end))
    return groups


def _labels(reading: Reading, words: tuple[str, ...]) -> Iterator[Span]:
    language = languages(reading)[0]
    said = {word: said_for_role(word) for word in words}
    wanted = {form for word in words if said[word] is None for form in (stem(word, language), word)}
    for word in _LETTERS.finditer(reading.plain):
        if stem(word[0], language) in wanted or any(one and one.fullmatch(bare(word[0])) for one in said.values()):
            yield word.span()


def _nearest(reading: Reading, label: Span, groups: Sequence[Span]) -> Span | None:
    best: tuple[int, Span] | None = None
    after = bisect_left(groups, label)
    for group in groups[max(0, after - 1) : after + 1]:
        if group[0] < label[1] and label[0] < group[1]:
            continue  # the word is a part of it: "a 3 kids' menu"
        before = label[1] <= group[0]
        between = reading.plain[label[1] : group[0]] if before else reading.plain[group[1] : label[0]]
        if len(between) > _FAR or _SENTENCE_END.search(between):
            continue
        cost = len(between) + _AFTER * (
            (not before and _OF.fullmatch(between) is None) + len(_APART.findall(between))
        )
        if best is None or cost < best[0]:
            best = (cost, group)
    return best[1] if best else None
