"""The dates of a text: in words and in numbers, with ranges, in six languages and in Chinese and Japanese."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from toolgrad_dspy.provenance.statements.calendar_names import months_of
from toolgrad_dspy.provenance.statements.dated import Dated, Day
from toolgrad_dspy.provenance.statements.feasts import feasts
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.numbers import chinese_number
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, read
from toolgrad_dspy.provenance.statements.reckoned_days import days_of_months, reckoned_days
from toolgrad_dspy.provenance.statements.relative_days import relative_days
from toolgrad_dspy.provenance.statements.spoken import Spoken, spoken

# Two digits of a year are of this century, up to so many; the others of the last one.
_CENTURY = 2000
_LAST_CENTURY = 60


_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er|ère|º|ª|°|\.(?!\d))?"
# After a day no number goes on, and nothing is counted: "we march 3 hours", "May 4 people come?".
_NO_MORE = (
    r"(?!\d|[:.,]\d|\s?[ap]\.?m\b|\s?(?:uhr|h|heures|o'clock|%|percent|seconds?|minutes?|hours?|days?|weeks?|nights?|km"
    r"|kilomet\w+|miles?|met(?:er|re)s?|people|persons?|guests?|of (?:us|you|them)|times|steps|euros?|dollars?)\b)"
)
_OF = r"\s*(?:[-/.]|day of|of|de|del|di|do mês de|d'|the)?\s*"
_THE = r"(?:the |den |dem |der |le |el |il |al |o |am |on |du |vom )?"
_TO = rf"\s*(?:-|/|&|\+|,|(?:and|or|to|until|till|through|thru|bis|und|oder|au|et|ou|al|y|o|a|e|ao|até)\b)\s*{_THE}"
# After the month only what cannot be a number of something else: "May 14-16", "May 14th and 16th", "May 14 and 16."
_AND_DAY = (
    rf"(?:\s?-\s?{_DAY}|{_TO}(?:\d+(?:st|nd|rd|th)|{_DAY}(?=\s*(?:[.;!?)]|$|(?:and|in|at|for|with|please|of)\b))))"
)
_YEAR = r"(?:\s*(?:,|of|de|del|do|[-/.])?\s*(?P<year{0}>(?:1\d|20|21)\d\d|'\d\d)(?!\d|[:.]\d))?"
_NUMERIC = re.compile(
    r"(?<![\d.,/:-])(?:(?P<y>[12]\d{3})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<t>[-/.])(?P<b>\d{1,2})(?P=t)(?P<c>[12]\d{3}|\d\d)"
    r"|(?P<e>\d{1,2})/(?P<f>\d{1,2})|(?P<g>\d{1,2})\.(?P<h>\d{1,2})\."
    r"|(?P<iso>(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])))(?=t\d|[^\d/:\w-]|[:-](?!\d)|$|[\u3040-\u9fff])"
)
# Words between digits, and how far from its month the parts of a date may stand.
# "We march", "I may": before these the names are verbs.
_VERB = re.compile(r"\b(?:i|we|you|they|he|she|it|who|people) $")
_LETTERS = re.compile(r"[^\W\d_]+")
_AROUND = 60
# What every one of them has, as a quick look.
_SEPARATED = re.compile(r"\d[-/.]\d|\d{8}")
_DIGIT_CJK = r"(?:\d+|[〇零一二三四五六七八九十]+)"
_CHINESE = re.compile(
    rf"(?:(?P<y>{_DIGIT_CJK})\s?年\s?)?(?P<m>{_DIGIT_CJK})\s?月\s?(?P<d>{_DIGIT_CJK})\s?[日号號]?"
    rf"(?:\s?[-~至到から、和と]+\s?(?P<e>{_DIGIT_CJK})\s?[日号號])?"
)
_DIGITS = re.compile(r"\d+")


def dates_in(text: str) -> tuple[Dated, ...]:
    """Every date of ``text``, in order. Nothing is guessed: no "tomorrow" of an unknown day, no day of no month.

    >>> [day for dated in dates_in("May 14-16, 2026") for day in dated.values]
    [Day(year=2026, month=5, day=14), Day(year=2026, month=5, day=16)]
    """
    return _in_the_text(read(text), dates(read(text)))


def written_dates_in(text: str) -> tuple[Dated, ...]:
    """The dates that ``text`` itself gives, without those that follow from them.

    >>> [day for dated in written_dates_in("May 14 for two nights") for day in dated.values]
    [Day(year=None, month=5, day=14)]
    """
    return _in_the_text(read(text), _written(read(text)))


def _in_the_text(reading: Reading, found: Iterable[Dated]) -> tuple[Dated, ...]:
    return tuple(Dated(*reading.origin(dated.start, dated.end), dated.values) for dated in found)


@lru_cache(maxsize=KEPT_TEXTS)
def dates(reading: Reading) -> tuple[Dated, ...]:
    """The dates of ``reading``, with places in its plain text; those of a range share a place."""
    written = _written(reading)
    return tuple(sorted([*written, *reckoned_days(reading, written)], key=lambda dated: dated.start))


@lru_cache(maxsize=KEPT_TEXTS)
def _written(reading: Reading) -> tuple[Dated, ...]:
    found = [*_numeric(reading), *_named(reading), *feasts(reading), *days_of_months(reading)]
    if "月" in reading.plain:
        found += _chinese(reading)
    if found:
        found += relative_days(reading, found)
    return tuple(sorted(found, key=lambda dated: dated.start))


def _numeric(reading: Reading) -> Iterator[Dated]:
    if not _SEPARATED.search(reading.plain):
        return
    german = "de" in languages(reading)
    for match in _NUMERIC.finditer(reading.plain):
        if match["y"]:
            values = [Day(int(match["y"]), int(match["m"]), int(match["d"]))]
        elif match["iso"]:
            values = [Day(int(match["iso"][:4]), int(match["iso"][4:6]), int(match["iso"][6:]))]
        elif match["a"]:
            year = int(match["c"]) if len(match["c"]) > 2 else _CENTURY + int(match["c"])
            values = _orders(year, int(match["a"]), int(match["b"]), match["t"])
        elif match["e"]:
            values = _orders(None, int(match["e"]), int(match["f"]), "/")
        else:
            values = _orders(None, int(match["g"]), int(match["h"]), ".") if german else []
        if values := [day for day in values if 1 <= day.month <= 12 and 1 <= (day.day or 0) <= 31]:
            yield Dated(match.start(), match.end(), tuple(dict.fromkeys(values)))


def _orders(year: int | None, first: int, second: int, sign: str) -> list[Day]:
    """Day and month in either order; with points the day comes first."""
    day_first = Day(year, second, first)
    return [day_first] if sign == "." else [day_first, Day(year, first, second)]


@lru_cache(maxsize=64)
def _patterns(spoken_languages: tuple[str, ...]) -> re.Pattern[str]:
    names = sorted(months_of(spoken_languages), key=len, reverse=True)
    month = rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, names))})(?![^\W\d_])\.?"
    days_first = rf"(?<![\d.,:/$€£-])(?P<days1>{_DAY}(?:{_TO}{_DAY}){{0,4}}){_OF}(?P<month1>{month}){_YEAR.format(1)}"
    month_first = (
        rf"(?:(?P<before>[12]\d{{3}})[ -])?(?P<month2>{month})(?:[-/\s]|,? (?:the |der |den )){{1,2}}"
        rf"(?P<days2>{_DAY}{_NO_MORE}(?:{_AND_DAY}{_NO_MORE}){{0,4}}){_YEAR.format(2)}"
    )
    return re.compile(rf"{days_first}|{month_first}|(?P<month3>{month}){_YEAR.format(3)[:-1]}")


def _named(reading: Reading) -> Iterator[Dated]:
    codes = languages(reading)
    months = months_of(codes)
    said = spoken(reading)
    at = 0
    for word in _LETTERS.finditer(said.text):
        if word[0] not in months or word.end() <= at:
            continue
        # Nothing of a date is further from its month than this.
        around = _patterns(codes).finditer(said.text, max(at, word.start() - _AROUND), word.end() + _AROUND)
        for match in around:
            at = match.end()
            yield from _read(match, months, said)


def _read(match: re.Match[str], months: dict[str, int], said: Spoken) -> Iterator[Dated]:
    kind = next(kind for kind in "123" if match[f"month{kind}"])
    if match[f"month{kind}"] in ("march", "may") and _VERB.search(
        said.text, max(0, match.start() - 12), match.start()
    ):
        return
    month = months[match[f"month{kind}"].rstrip(".")]
    written = match[f"year{kind}"] or (match["before"] if kind == "2" else None)
    years = _years(written)
    place = said.plain(match.start(), match.end())
    if kind == "3":
        yield Dated(*place, tuple(Day(year, month, None) for year in years))
        return
    for day in _DIGITS.findall(match[f"days{kind}"]):
        yield Dated(*place, tuple(Day(year, month, int(day)) for year in years))


def _years(written: str | None) -> tuple[int | None, ...]:
    """The years that one is written for: '81 may be 1981, and is hardly 2081."""
    if not written:
        return (None,)
    if written[0] != "'":
        return (int(written),)
    short = int(written[1:])
    return (_CENTURY + short,) if short < _LAST_CENTURY else (_CENTURY - 100 + short,)


def _chinese(reading: Reading) -> Iterator[Dated]:
    for match in _CHINESE.finditer(reading.plain):
        year = _cjk(match["y"]) if match["y"] else None
        for day in (match["d"], match["e"]):
            if day:
                yield Dated(match.start(), match.end(), (Day(year, _cjk(match["m"]), _cjk(day)),))


def _cjk(signs: str) -> int:
    return int(signs[:8]) if signs.isdecimal() else chinese_number(signs[:8])
