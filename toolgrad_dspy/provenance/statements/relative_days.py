"""Days told from the one that a text names as today: "It is Sunday 12 October, see you the day after tomorrow".

Without a today nothing is known of them: "tomorrow" alone is no date.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from toolgrad_dspy.provenance.statements.calendar_names import WEEKDAYS
from toolgrad_dspy.provenance.statements.dated import Dated
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.reading import Reading
from toolgrad_dspy.provenance.statements.reckoned_days import moved
from toolgrad_dspy.provenance.statements.spoken import spoken

# What says that the date after it is today's.
_TODAY = re.compile(
    r"(?:\b(?:today(?:'s date)?(?: is|'s|:)|it(?: is|'s)(?: now)?|as of today,?|heute(?: ist|,|:)|wir haben heute"
    r"|aujourd'hui(?:,| c'est| nous sommes| on est|:)|nous sommes(?: aujourd'hui)?|on est|hoy(?: es|:|,)"
    r"|hoy estamos a"
    r"|oggi(?: è|:|,)|hoje(?: é|:|,))|今天是|今日は)[\s,]*(?:[^\W\d_]+,? ){0,3}(?:the |der |den |le |el |il )?$"
)
_COUNTED: tuple[tuple[str, int], ...] = (
    (r"(?:the )?day after tomorrow|übermorgen|après-demain|pasado mañana|dopodomani|depois de amanhã|后天|明後日", 2),
    (r"tomorrow|morgen|demain|(?<!la )(?<!de )mañana|domani|amanhã|明天|明日", 1),
    (r"(?:the )?day before yesterday|vorgestern|avant-hier|anteayer|altro ieri|anteontem|前天|一昨日", -2),
    (r"yesterday|gestern|hier|ayer|ieri|ontem|昨天|昨日", -1),
)
# German "morgen" is also the morning: "am Morgen", "heute Morgen". French "hier" is German for "here".
_NOT = re.compile(r"\b(?:am|heute|jeden|diesen|guten|this|every) $")
_ONLY = {"hier": "fr", "morgen": "de"}
_DAYS = "days?|tagen?|jours?|días?|dias?|giorni"
_WEEKS = "weeks?|wochen?|semaines?|semanas?|settimane|settimana"
_IN = re.compile(
    rf"\b(?:in|dans|en|dentro de|tra|fra|em) (?P<n>\d{{1,3}}) (?:(?P<days>{_DAYS})|(?P<weeks>{_WEEKS}))\b"
    rf"|\b(?P<n2>\d{{1,3}}) (?:(?P<days2>days?)|(?P<weeks2>weeks?)) (?P<way>from (?:now|today)|ago)\b"
)
_WORDS = re.compile("|".join(rf"(?P<w{i}>{words})" for i, (words, _) in enumerate(_COUNTED)))
# Signs before a date in which the text says that it is today's.
_BEFORE = 60
# "Today's Monday 2 March, book it for this Friday": the first such day after today; "next" may be the one after it.
_WEEKDAY = re.compile(
    r"\b(?P<which>this|on|coming|for|by|next|until|from) (?P<day>(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
    r"(?!,? (?:the )?\d|,? [a-z]+ \d| (?:in|of)\b)"
)


def relative_days(reading: Reading, dated: Iterable[Dated]) -> Iterator[Dated]:
    """The days of ``reading`` that are counted from the one of ``dated`` which it names as today, if it does."""
    today = next((d for d in dated if _TODAY.search(reading.plain[max(0, d.start - _BEFORE) : d.start])), None)
    if today is None or len(today.values) != 1 or today.values[0].day is None:
        return
    for start, end, days in _offsets(reading):
        if day := moved(today.values[0], days):
            yield Dated(start, end, (day,))
    yield from _weekdays(reading, today)


def _weekdays(reading: Reading, today: Dated) -> Iterator[Dated]:
    now = _weekday_of(reading, today)
    if now is None:
        return
    for match in _WEEKDAY.finditer(reading.plain, today.end):
        ahead = (WEEKDAYS.index(match["day"]) - now - 1) % 7 + 1
        counts = (ahead, ahead + 7) if match["which"] == "next" else (ahead,)
        if days := tuple(day for count in counts if (day := moved(today.values[0], count))):
            yield Dated(match.start(), match.end(), days)


def _weekday_of(reading: Reading, today: Dated) -> int | None:
    """The weekday of today as a number from Monday on: by its year, or as the text names it."""
    day = today.values[0]
    if day.year and moved(day, 0):
        return date(day.year, day.month, day.day or 1).weekday()
    before = reading.plain[max(0, today.start - 24) : today.start]
    return next((number for number, name in enumerate(WEEKDAYS) if name in before), None)


def _offsets(reading: Reading) -> Iterator[tuple[int, int, int]]:
    for match in _WORDS.finditer(reading.plain):
        whole = _is_word(reading.plain, match.start(), match.end()) or not match[0].isascii()
        only = _ONLY.get(match[0])
        if (
            whole
            and not _NOT.search(reading.plain[max(0, match.start() - 8) : match.start()])
            and (only is None or only in languages(reading))
        ):
            yield match.start(), match.end(), _COUNTED[int((match.lastgroup or "w0")[1:])][1]
    said = spoken(reading)
    for match in _IN.finditer(said.text):
        count = int(match["n"] or match["n2"]) * (7 if match["weeks"] or match["weeks2"] else 1)
        yield *said.plain(match.start(), match.end()), -count if match["way"] == "ago" else count


def _is_word(text: str, start: int, end: int) -> bool:
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return not any(sign.isalnum() for sign in around)
