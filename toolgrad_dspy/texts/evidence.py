"""Evidence: what results and a query say, and whether a claim of a response stands in it.

A name, a date, a quoted text or a distinctive number may stand anywhere in it. A small number stands somewhere by
chance: it needs the word for what it is of beside it, or to stand in the same record as something else that its
sentence says.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements import Clock, Day, dates_in, numbers_in, times_in
from toolgrad_dspy.provenance.statements.calendar_names import WEEKDAYS
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import key_words, last_key, leaves, names_id, opaque
from toolgrad_dspy.texts.claims import Claim, claims
from toolgrad_dspy.texts.contents import (
    LABEL_CHARS,
    READ_CHARS,
    clocks_of,
    days_of,
    lists,
    numbers_by_part,
    numbers_of,
    readings_of,
    significant_digits,
    sums,
    tellable_texts,
)

_DECIMAL = re.compile(r"\d{1,2}[.,]\d{2}")
# How far a round number may be from what it stands for.
_ROUNDED = 0.05
# Words of a long text that have to be told, and letters of such a word.
_WORDS_TOLD = 2
_WORD_LETTERS = 5
# Keys under which a result says how many there are, and words that say so in a sentence.
_TOTALS = frozenset({"total", "count", "size", "match", "hit"})
_IN_ALL = frozenset({"all", "altogether", "total", "overall"})
# A number of more significant digits is not there by chance.
_DISTINCTIVE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class _Place:
    """A record of a result: its source and pointer; the words of a key in it."""

    source: str
    record: str
    words: frozenset[str]


class Evidence:
    """What the results ``shown`` to the writer of a response hold, by step, and the ``texts`` beside them.

    The texts are the query, and what else may be repeated: what the tools are for.
    """

    def __init__(self, shown: Mapping[str, JsonValue], texts: Sequence[str]) -> None:
        self._shown = dict(shown)
        self._texts = list(texts)

    def supports(self, claim: Claim, sentence: str) -> str | None:
        """The rule by which ``claim``, which stands in ``sentence``, is supported; None if no rule finds it."""
        if claim.kind == "number":
            return self._number(claim, sentence)
        if self._has_text(claim.text):
            return "text"
        if claim.kind == "date":
            return "date" if any(self._has_date(reading) for reading in claim.readings) else None
        if claim.kind == "day":
            return "date" if {float(day.day or 0) for day in self._dates} & set(claim.readings) else None
        if claim.kind == "time":
            if self._has_time(claim):
                return "time"
            # "7.00" is a price as well.
            if _DECIMAL.fullmatch(claim.text):
                price = replace(claim, kind="number", readings=(float(claim.text.replace(",", ".")),))
                return self._number(price, sentence)
            return None
        if claim.kind == "weekday":
            return "weekday" if claim.text.casefold() in self._weekdays else None
        if claim.kind == "name":
            words = claim.text.split()
            # The first word of a sentence has its capital from there: "Vom Riverside Pier".
            begins = sentence.lstrip(" \n-*\"'“«„").startswith(words[0])
            article = words[0] in ("the", "The")
            if (article or begins) and len(words) > 1 + (not article) and self._has_text(" ".join(words[1:])):
                return "text"
            return "record" if self._in_one_record(normalise(claim.text).split()) else None
        return None

    def steps_told(self, text: str) -> frozenset[str]:
        """The steps of whose results ``text`` tells something that no other step's result and no other text has."""
        said = claims(text)
        plain = normalise(text)
        told = set()
        words = set(plain.split())
        for step, own in self._own.items():
            if (
                any(f" {text} " in plain for text in own.texts)
                or any(set(claim.readings) & own.readings for claim in said)
                or len(words & own.words) >= _WORDS_TOLD
            ):
                told.add(step)
        return frozenset(told)

    def has_own(self, step: str) -> bool:
        """Whether the result of ``step`` holds anything that could be told and stands nowhere else."""
        own = self._own.get(step)
        return own is not None and bool(own.texts or own.readings)

    # What stands where

    @cached_property
    def _plain(self) -> str:
        parts = [normalise(str(leaf)) for _, _, leaf in self._leaves()]
        return "".join((*parts, *map(normalise, self._texts)))

    def _has_text(self, text: str) -> bool:
        plain = normalise(text)
        if not plain.strip():
            return True  # signs only
        possessive = normalise(re.sub(r"['’]s?$", "", text))
        return plain in self._plain or possessive in self._plain

    def _leaves(self) -> Iterator[tuple[str, str, JsonValue]]:
        for step, value in self._shown.items():
            for path, leaf in leaves(value):
                yield step, path, leaf

    @cached_property
    def _records(self) -> tuple[frozenset[str], ...]:
        """The words of each object of the results."""
        found: dict[tuple[str, str], set[str]] = {}
        for step, path, leaf in self._leaves():
            found.setdefault((step, path.rpartition("/")[0]), set()).update(normalise(str(leaf)).split())
        return tuple(frozenset(words) for words in found.values())

    def _in_one_record(self, words: Sequence[str]) -> bool:
        return any(record.issuperset(words) for record in self._records)

    # Dates and times

    @cached_property
    def _dates(self) -> frozenset[Day]:
        found: set[Day] = set()
        for text in self._all_texts():
            found.update(days_of(text))
            found.update(day for dated in dates_in(text) for day in dated.values)
        return frozenset(found)

    @cached_property
    def _times(self) -> frozenset[object]:
        found: set[object] = set()
        for text in self._all_texts():
            found.update(clocks_of(text))
            found.update(clock for timed in times_in(text) for clock in timed.values)
        return frozenset(found)

    def _has_time(self, claim: Claim) -> bool:
        """Whether a reading is a time of the evidence; one without a half of the day may be twelve hours later."""
        readings = {reading for reading in claim.readings if isinstance(reading, Clock)}
        if not re.search(r"[a-z]", claim.text, re.IGNORECASE):
            readings |= {Clock(clock.hour + 12, clock.minute) for clock in readings if clock.hour < 12}
        return bool(self._times & readings)

    @cached_property
    def _weekdays(self) -> frozenset[str]:
        return frozenset(WEEKDAYS[day.weekday()] for day in _days(self._dates))

    def _has_date(self, reading: object) -> bool:
        if not isinstance(reading, Day):
            return False
        return any(
            known.month == reading.month
            and (None in (known.day, reading.day) or known.day == reading.day)
            and (None in (known.year, reading.year) or known.year == reading.year)
            for known in self._dates
        )

    def _all_texts(self) -> Iterator[str]:
        yield from self._texts
        yield from (leaf for _, _, leaf in self._leaves() if isinstance(leaf, str))

    # Numbers

    @cached_property
    def _numbers(self) -> dict[float, list[_Place]]:
        found: dict[float, list[_Place]] = {}
        for step, path, leaf in self._leaves():
            record, words = path.rpartition("/")[0], frozenset(key_words(last_key(path)))
            if isinstance(leaf, str) and len(leaf) > LABEL_CHARS:
                for part, numbers in numbers_by_part(leaf):
                    place = _Place(step, record, words | part)
                    for number in numbers:
                        found.setdefault(number, []).append(place)
                continue
            for number in numbers_of(leaf):
                found.setdefault(number, []).append(_Place(step, record, words))
        for text in self._texts:
            for said in numbers_in(text):
                for number in said.values:
                    found.setdefault(float(number), []).append(_Place("", "", frozenset()))
        return found

    @cached_property
    def _counts(self) -> frozenset[float]:
        """How many there are of something: the lengths of lists, the calls."""
        counts = {float(len(found)) for value in self._shown.values() for found in lists(value)}
        return frozenset({*counts, float(len(self._shown))})

    @cached_property
    def _totals(self) -> frozenset[float]:
        return frozenset(total for value in self._shown.values() for total in sums(value))

    def _number(self, claim: Claim, sentence: str) -> str | None:
        words = {word.rstrip("s") for word in normalise(sentence).split()}
        if re.search(rf"(?<!\d){re.escape(claim.text)} ?[ap]\.?m\b", sentence):  # "18 am" is no time, and no number
            return None
        for reading in claim.readings:
            if not isinstance(reading, (int, float)):
                continue
            places = [place for number in self._close(float(reading), claim.text) for place in self._numbers[number]]
            if any(place.source == "" for place in places):
                return "query"
            telling = significant_digits(reading) >= _DISTINCTIVE_DIGITS
            if places and (telling or any(place.words & words for place in places)):
                return "number"
            if places and self._same_record(places, sentence):
                return "record"
            if self._is_hour(reading, sentence):
                return "time"
            if reading in self._counts or self._is_count(reading, words) or self._is_total(places, words):
                return "count"
            if round(reading, 2) in self._totals:
                return "sum"
        return None

    def _is_count(self, reading: float, words: set[str]) -> bool:
        """Whether so many things of a list have something in common that the sentence says: "four are confirmed"."""
        return any(count == reading and said <= words for said, count in self._alike)

    @cached_property
    def _alike(self) -> frozenset[tuple[frozenset[str], int]]:
        """How many things of a list have the same short text, or the same yes; with the words for it."""
        found: set[tuple[frozenset[str], int]] = set()
        for value in self._shown.values():
            for things in lists(value):
                held = Counter(
                    _worded(key, item) for thing in things if isinstance(thing, dict) for key, item in thing.items()
                )
                found |= {(said, count) for said, count in held.items() if said and 1 < count < len(things)}
        return frozenset(found)

    def _is_total(self, places: Iterable[_Place], words: set[str]) -> bool:
        """Whether one of ``places`` says how many there are of what the sentence speaks of, or in all."""
        for place in places:
            if place.words & _TOTALS:
                record = self._shown.get(place.source) if place.record == "" else None
                beside = record if isinstance(record, dict) else {}
                of = {word.rstrip("s") for key in beside for word in key_words(key)}
                if words & (of | _IN_ALL):
                    return True
        return False

    def _close(self, reading: float, text: str) -> list[float]:
        """The numbers of the evidence that ``reading`` is, or is rounded from; a percentage that it is of."""
        if reading in self._numbers:
            return [reading]
        decimals = len(text.rpartition(".")[2]) if re.search(r"\d\.\d", text) else 0
        near = [number for number in self._numbers if round(number, decimals) == reading and number != reading]
        if significant_digits(reading) >= 2 and near:
            return near
        # "some 400 metres" for 397: people round to what has one or two digits.
        if reading >= 20 and reading % 10 == 0 and significant_digits(reading) <= 2:
            rounded = [number for number in self._numbers if abs(number - reading) <= _ROUNDED * reading]
            if rounded:
                return rounded
        return [number for number in self._numbers if round(number * 100, 6) == reading and 0 < number < 1]

    def _is_hour(self, reading: float, sentence: str) -> bool:
        """Whether a bare number is an hour: "at 6:30, 7 or 7:30 pm"."""
        if reading not in range(25) or not any(claim.kind == "time" for claim in claims(sentence)):
            return False
        return bool(self._times & {Clock(int(reading) % 24, 0), Clock((int(reading) + 12) % 24, 0)})

    def _same_record(self, places: Iterable[_Place], sentence: str) -> bool:
        """Whether one of ``places`` is in a record that the sentence says something else of."""
        plain = normalise(sentence)
        for place in places:
            value = self._shown.get(place.source)
            for path, leaf in leaves(value):
                inside = path.rpartition("/")[0]
                if not (
                    inside == place.record
                    or inside.startswith(place.record + "/")
                    or place.record.startswith(inside + "/")
                ):
                    continue
                if isinstance(leaf, str) and len(leaf) > 2 and normalise(leaf) in plain:
                    return True
        return False

    @cached_property
    def _own(self) -> dict[str, "_Own"]:
        """What each step's result has that no other one and no text has."""
        seen: dict[object, set[str]] = {}
        worded: dict[str, set[str]] = {}
        for step, path, leaf in self._leaves():
            if names_id(last_key(path)) or opaque(leaf):
                continue
            for item in (*tellable_texts(leaf), *readings_of(leaf)):
                seen.setdefault(item, set()).add(step)
            if isinstance(leaf, str) and len(leaf) > LABEL_CHARS:
                for word in normalise(leaf[:READ_CHARS]).split():
                    if len(word) >= _WORD_LETTERS:
                        worded.setdefault(word, set()).add(step)
        beside = "".join(map(normalise, self._texts))
        own = {step: _Own(set(), set(), set()) for step in self._shown}
        for word, steps in worded.items():
            if len(steps) == 1 and f" {word} " not in beside:
                own[next(iter(steps))].words.add(word)
        for item, steps in seen.items():
            if len(steps) != 1:
                continue
            (step,) = steps
            if isinstance(item, str):
                if f" {item} " not in beside:
                    own[step].texts.add(item)
            else:
                own[step].readings.add(item)
        return own


@dataclass(frozen=True, slots=True)
class _Own:
    """What only one step's result has: short texts, numbers and moments, and the words of long texts."""

    texts: set[str]
    readings: set[object]
    words: set[str]


def _worded(key: str, item: JsonValue) -> frozenset[str]:
    """The words by which a response says what a thing has; none for what is said in other ways."""
    if item is True:
        return frozenset(word.rstrip("s") for word in key_words(key))
    if isinstance(item, str) and len(item) <= LABEL_CHARS and not any(sign.isdigit() for sign in item):
        return frozenset(word.rstrip("s") for word in normalise(item.replace("_", " ")).split())
    return frozenset()


def _days(dates: Iterable[Day]) -> Iterator[date]:
    for year, month, day in dates:
        try:
            yield date(year or 0, month, day or 0)
        except ValueError:
            continue
