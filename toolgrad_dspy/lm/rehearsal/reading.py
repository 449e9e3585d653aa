"""What a rehearsal query says for a blank: the one place that reads a value out of a text.

Scripted rules on the words of the query. What a call was given is never among what they read.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from toolgrad_dspy.records import in_words

_NUMBER_WORDS = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
]
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = rf"\d{{4}}-\d\d-\d\d|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}} {_MONTH}(?: \d{{4}})?"
_TIME = r"\d{1,2}:\d\d(?: ?[ap]m)?|\d{1,2} ?[ap]m|noon|midnight"
_NUMBER = rf"(?<![\w.:-])-?\d+(?:\.\d+)?(?![\w:-]|\.\d)|(?<!\w)(?:{'|'.join(_NUMBER_WORDS)})(?!\w)"
_NAME = r"(?<=\w )[A-Z]\w*(?: (?:of |the )?[A-Z]\w*)*(?: \d+[a-z]?\b)?"

# What a blank's value looks like, by its schema's type and format, or by a word of its name or meaning.
_FORMS: dict[str, re.Pattern[str]] = {
    "date": re.compile(_DATE, re.IGNORECASE),
    "time": re.compile(_TIME, re.IGNORECASE),
    "date-time": re.compile(rf"(?:{_DATE})(?:T|,? (?:at )?)(?:{_TIME})", re.IGNORECASE),
    "number": re.compile(_NUMBER, re.IGNORECASE),
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "text": re.compile(rf'"[^"]*"|{_NAME}'),
}
_TOLD_BY: dict[str, frozenset[str]] = {
    "email": frozenset({"email", "mail"}),
    "time": frozenset({"time", "hour", "hh"}),
    "date": frozenset({"date", "day", "yyyy"}),
}
_MOMENT = re.compile(rf"{_DATE}|{_TIME}", re.IGNORECASE)
# Words that say no to a yes-or-no blank, before the word that names it.
_NO = re.compile(r"\b(?:no|not|without|nothing|never|skip)\b[^.,;]*$", re.IGNORECASE)
# A name that one of these follows is spoken of, and no value comes after it.
_GOES_ON = r"(?!(?:and|or|of|at|in|on|to|for|is|as|with|from|that|which|the|its?|you|I)\b)"
_SENTENCE = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”]))\s+(?![a-z])")
# Words of any sentence, which tell nothing of what it is about. Shorter ones than four letters tell nothing either.
_EVERYWHERE = frozenset(
    {"after", "also", "find", "first", "from", "give", "have", "list", "look", "need", "next", "please", "show"}
    | {"tell", "that", "their", "them", "then", "there", "this", "what", "when", "where", "which", "with", "your"}
)


def sentences(text: str) -> list[str]:
    """The sentences of ``text``; what a quotation ends with, ends its sentence."""
    return [part for part in _SENTENCE.split(text.strip()) if part]


def shared(sentence: str, words: Iterable[str]) -> int:
    """How many of ``words`` a sentence has, as they are or as a plural."""
    return len(_roots(sentence) & _roots(" ".join(words)))


def sentence_about(said: Sequence[str], words: Iterable[str], place: int) -> list[str]:
    """The one of the sentences ``said`` that shares most ``words``, the nearest to ``place`` of several; or none."""
    wanted = list(words)
    scored = [(shared(sentence, wanted), -abs(number - place), sentence) for number, sentence in enumerate(said)]
    best = max(scored, default=(0, 0, ""))
    return [best[2]] if best[0] else []


@lru_cache(maxsize=4096)
def _roots(text: str) -> set[str]:
    found = set(re.findall(r"[a-z]{4,}", in_words(text))) - _EVERYWHERE
    return {word.removesuffix("s") for word in found}


def read_value(query: str, sentences: Sequence[str], blank: dict[str, Any]) -> str | None:
    """The words of ``query`` that give the value of ``blank``; None where it says nothing for it.

    ``sentences`` are those that speak of the blank's call; where none does, the whole query is read. ``blank`` is one
    as a prompt shows it: its ``parameter`` and, where known, its ``meaning``, the ``options`` to choose from, and the
    ``type`` and ``format`` of its schema.

    >>> read_value("A table for four on May 14.", ["A table for four on May 14."], {"parameter": "date"})
    'May 14'
    """
    texts = sentences or (query,)
    options = blank.get("options")
    if isinstance(options, list):
        return next((said for text in texts if (said := _option(text, options, blank)) is not None), None)
    form = _FORMS[_form(blank)]
    for text in texts:
        named = _named(text, blank)
        found = None if named is None else form.search(named)
        if named is not None and (found is not None or form is _FORMS["text"]):
            return named if found is None or form is _FORMS["text"] else found[0]
    return next((found.strip('"') for text in texts for found in _nearest(text, form, blank)), None)


def _named(text: str, blank: dict[str, Any]) -> str | None:
    """What stands after the parameter's name, up to the comma or full stop that ends it, or in quotation marks."""
    name = re.escape(_name(blank))
    ends = r"(?=, \w|[.?!]\s|[.?!]?$)"
    stated = re.search(rf'(?<!\w){name} (?:"([^"]*)"|{_GOES_ON}(.+?){ends})', text, re.IGNORECASE | re.MULTILINE)
    return None if stated is None else stated[1] or stated[2]


def _option(text: str, options: Sequence[Any], blank: dict[str, Any]) -> str | None:
    """The option whose words stand in ``text``, the longest first; of yes and no, by the parameter's own words."""
    if options and all(isinstance(option, bool) for option in options):
        words = _name(blank)
        at = re.search(rf"\b{re.escape(words)}s?\b", text, re.IGNORECASE)
        if at is None:
            return None
        denied = re.match(r" (?:no|false)\b", text[at.end() :], re.IGNORECASE) or _NO.search(text[: at.start()])
        return "false" if denied else "true"
    for option in sorted(map(str, options), key=len, reverse=True):
        words = re.escape(in_words(option))
        if re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE):
            return option
    return None


def _form(blank: dict[str, Any]) -> str:
    kind = blank.get("format") or blank.get("type")
    if kind in ("integer", "number"):
        return "number"
    if kind in _FORMS:
        return str(kind)
    # Its name says more than its meaning, which speaks of other parameters, too.
    for about in (_name(blank), str(blank.get("meaning", ""))):
        words = set(re.findall(r"[a-z]+", about.lower()))
        told = next((form for form, names in _TOLD_BY.items() if words & names), None)
        if told is not None:
            return told
    return "text"


def _nearest(text: str, form: re.Pattern[str], blank: dict[str, Any]) -> list[str]:
    """What looks like a value: first what is nearest to a word of the parameter's name, else in their order."""
    found = list(form.finditer(text))
    if form in (_FORMS["text"], _FORMS["number"]):  # "7 pm" is no number, and "May" a name where it is no month
        taken = {place for moment in _MOMENT.finditer(text) for place in range(*moment.span())}
        found = [match for match in found if match.start() not in taken]
    words = re.findall(r"\w+", in_words(str(blank.get("parameter", ""))))
    starts = "|".join(re.escape(word[:4]) for word in words)
    places = [at.start() for at in re.finditer(rf"\b(?:{starts})", text, re.IGNORECASE)] if starts else []
    if places:
        found.sort(key=lambda match: _distance(places, match.start()))
    return [match[0] for match in found]


def _distance(places: Sequence[int], start: int) -> int:
    """From ``start`` to the nearest of ``places``, which are in order."""
    at = bisect_left(places, start)
    return min(abs(place - start) for place in places[max(0, at - 1) : at + 1])


def _name(blank: dict[str, Any]) -> str:
    return in_words(str(blank.get("parameter", "")).rsplit(".", 1)[-1])
