"""Days told from the one that a text names as today: "It is Sunday 12 October, see you the day after tomorrow".

Without a today nothing is known of them: "tomorrow" alone is no date.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from toolgrad_dspy.provenance.statements.dated import Dated, Day
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.reading import Reading
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
# A year to count days in where the text has none: one without a leap day.
_SOME_YEAR = 2001


def relative_days(reading: Reading, dated: Iterable[Dated]) -> Iterator[Dated]:
    """The days of ``reading`` that are counted from the one of ``dated`` which it names as today, if it does."""
    today = next((d for d in dated if _TODAY.search(reading.plain[max(0, d.start - _BEFORE) : d.start])), None)
    if today is None or len(today.values) != 1 or today.values[0].day is None:
        return
    for start, end, days in _offsets(reading):
        if day := _moved(today.values[0], days):
            yield Dated(start, end, (day,))


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


def _moved(today: Day, days: int) -> Day | None:
    try:
        there = date(today.year or _SOME_YEAR, today.month, today.day or 1) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return Day(there.year if today.year else None, there.month, there.day)
