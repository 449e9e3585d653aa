"""What a query says for a blank: the one place that reads a value out of a text.

Scripted rules on the words of the query: the phrases in which ``phrasing.py`` says a value, read backwards, then what
stands beside the parameter's name, then what looks like such a value. What a call was given is never among what they
read.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolgrad_dspy.lm.rehearsal.phrasing import phrases
from toolgrad_dspy.lm.rehearsal.wording import MONTHS, NUMBERS
from toolgrad_dspy.records import in_words

_MONTH = rf"(?:{'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in MONTHS)}|sept)"
_YEAR = r"(?:,? \d{4})?"
_DATE = (
    rf"\d{{4}}-\d\d-\d\d|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b{_YEAR}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b{_YEAR}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}"
)
_HOUR_WORDS = "|".join(NUMBERS[1:13])
_TIME = (
    r"\d{1,2}[:.]\d\d(?: ?[ap]\.?m\b)?|\d{1,2} ?[ap]\.?m\b|noon|midnight"
    rf"|(?:(?:half|quarter) (?:past|to) (?:{_HOUR_WORDS}|\d{{1,2}})|(?:{_HOUR_WORDS}) o'clock)(?: in the \w+)?"
)
_MOMENT = rf"(?:{_DATE})(?:T|,? (?:at )?)(?:{_TIME})(?: UTC)?"
_WORDS = "|".join(NUMBERS[1:])
_NUMBER = (
    r"(?<![\w.:/-])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w:/-]|[.,]\d| ?[ap]\.?m\b)"
    rf"|(?<!\w)(?:{_WORDS}|a couple|a dozen)(?![\w-])"
)
_NAME = r"[^\W\d_]*[A-Z]\w*(?:[ '’.-]+(?:(?:of|the|and|de|la) )?[A-Z0-9]\w*)*"
_QUOTED = r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^'\n]+'(?!\w)"
_EMAIL = r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PHONE = r"\+?\d[\d ()-]{5,}\d"
_URL = r"https?://[^\s,]+[^\s,.?!]"
_PATH = r"(?<![\w:/])(?:~|\.{1,2})?/[^\s,]*[^\s,.?!]|(?<![\w/])[\w-]+\.[a-z]{1,4}(?!\w)"
# What a blank's value looks like, by its schema's type and format, or by a word of its name or meaning.
_FORMS = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_MOMENT}|{_DATE}",
    "number": _NUMBER,
    "email": _EMAIL,
    "phone": _PHONE,
    "uri": f"{_URL}|{_QUOTED}",
    "path": f"{_PATH}|{_QUOTED}",
    "id": r"(?:#|no\. ?)?[A-Za-z]*[-_]?\d[\w-]*",
    "text": rf"{_QUOTED}|(?<=\w )(?!(?:I|(?i:{_MONTH}))\b){_NAME}(?![@\w])",
}
_COMPILED = {form: re.compile(pattern, re.IGNORECASE if form != "text" else 0) for form, pattern in _FORMS.items()}
# After one of these phrases a value may stand bare, in lower case: "about gardening", "for the word tea".
_BARE = r"[\w'’-]+(?: [\w'’-]+){0,3}"
_TOLD_BY_NAME = re.compile(r"\b(?:at|of|to|from|for) the [\w-]+ called $")
_MOMENTS = re.compile(f"{_DATE}|{_TIME}", re.IGNORECASE)
_PLACED = re.compile(r"\b(?:in|from|to|at|near|around) $")
# What stands after a parameter's name: a text in quotation marks, or words up to the end of the detail.
_AFTER_NAME = re.compile(
    r' (?:(?:is|of|being|=|:) )?(?:"(?P<quoted>[^"]*)"'
    r"|(?P<bare>[\w.+@:/-]+(?: [A-Z][\w-]*)*)(?=, \w|\.\s|\.$|$| and | with |\?))"
)
# Words that say no to a yes-or-no blank, before the word that names it.
_NO = re.compile(r"\b(?:no|not|n't|without|nothing|never|skip|neither|nor|don't|needn't)\b[^.,;]*$", re.IGNORECASE)
# Characters of a text that are read, and options that are looked for.
_LONG, _OPTIONS = 20_000, 200


@dataclass(frozen=True, slots=True)
class Found:
    """The value that a text has for a blank, and the words that say it."""

    words: str
    value: str


def read_value(query: str, sentences: Sequence[str], blank: dict[str, Any]) -> str | None:
    """What ``query`` gives for ``blank``; None where it says nothing for it.

    ``sentences`` are those that speak of the blank's call; where none does, the whole query is read. ``blank`` is one
    as a prompt shows it: its ``parameter`` and, where known, its ``meaning``, the ``options`` to choose from, and the
    ``type`` and ``format`` of its schema.

    >>> read_value("A table for four on May 14.", ["A table for four on May 14."], {"parameter": "date"})
    'May 14'
    """
    found = find_value(query, sentences, blank)
    return found.value if found else None


def find_value(
    query: str,
    sentences: Sequence[str],
    blank: dict[str, Any],
    taken: Collection[str] = (),
    guess: bool = True,
) -> Found | None:
    """As :func:`read_value`, with the words. What is ``taken`` says something else; without ``guess`` no name or text
    is taken for the value only because it is one.
    """
    sentences = [text[:_LONG] for text in sentences or (query,)]
    options = blank.get("options")
    if isinstance(options, list):
        return next((found for text in sentences if (found := _option(text, options, blank))), None)
    said = phrased(sentences, blank)
    if said is not None:
        return said
    form = _form(blank)
    for text in sentences:
        named = _named(text, blank, form)
        if named is not None:
            return Found(named, named)
    if form == "text" and not guess:
        return None
    left = (found for text in sentences for found in _nearest(text, form, blank) if found not in taken)
    return next((Found(found, _bare(found)) for found in left), None)


def phrased(sentences: Sequence[str], blank: dict[str, Any]) -> Found | None:
    """What stands where one of the parameter's own phrases has its value."""
    for pattern in _patterns(_name(blank), _form(blank)):
        for text in sentences:
            for found in pattern.finditer(_masked(text) if _form(blank) == "number" else text):
                # "The stop called Quay" is told by its name, and nothing else is.
                if not _TOLD_BY_NAME.search(text[max(0, found.start() - 40) : found.start("value")]):
                    return Found(found["value"], _bare(found["value"]))
    return None


def _masked(text: str) -> str:
    """``text`` without dates and times, whose digits are no numbers of their own."""
    return _MOMENTS.sub(lambda moment: " " * len(moment[0]), text)


@lru_cache(maxsize=1024)
def _patterns(name: str, form: str) -> tuple[re.Pattern[str], ...]:
    """The parameter's phrases as patterns; a text that stands bare only after words that lead to nothing else."""
    value = f"(?i:{_FORMS[form]})"
    if form == "text":  # of whatever looks, where its place is certain
        value = rf"{_FORMS[form]}|{_EMAIL}|{_URL}|{_PATH}|[^\W\d_]*[A-Z0-9]\w*(?:[/:-]\w+)+|[\w.-]*\*[\w.*-]*"
    noun = re.sub(r" (?:id|number)$", "", name)
    ids = (f"{noun} {{}}", f"{noun} number {{}}", f"{noun} no. {{}}", f"{noun} #{{}}") if noun != name else ()
    said = [*phrases(name), *ids, *_ALSO.get(name.split()[-1] if name else "", ())]
    patterns = []
    for phrase in said:
        before, _, after = phrase.partition("{}")
        before = before.removeprefix("with ") if before.startswith("with the ") else before
        bare = f"|(?i:{_BARE})" if form == "text" and before.strip() in _LEADING else ""
        start = rf"(?<!\w)(?i:{re.escape(before)})" if before else r"(?<!\w)"
        patterns.append(re.compile(rf"{start}(?P<value>{value}{bare})(?i:{re.escape(after)})"))
    return tuple(patterns)


# What somebody writes stands in quotation marks sooner than it is a name.
_WRITTEN = frozenset({"text", "message", "body", "content", "note", "notes", "comment"})
_LEADING = frozenset({"about", "called", "titled", "named", "saying"})
# How people say some parameters besides, which no phrase of the grammar does.
_ALSO = {
    "source": ("rename {}", "move {}", "copy {}"),
    "pattern": ("matching {}",),
    "seats": ("{} tickets", "{} seats"),
    "author": ("by {}", "written by {}"),
    "size": (
        "we're {}",
        "we are {}",
        "for {}",
        "{} people",
        "{} of us",
        "table for {}",
        "{} guests",
        "{} persons",
        "party of {}",
    ),
    "guests": ("{} guests", "{} of us"),
    "limit": ("no more than {}", "up to {}", "the first {}", "the top {}", "max {}", "{} results"),
    "name": ("named {}", "name is {}", "someone called {}"),
    "title": ("named {}", "title {}", "entitled {}"),
    "text": ("says {}", "tell them {}", "the message {}", "with the text {}", "matching {}"),
    "query": ("about {}", "search for {}", "look for {}", "matching {}"),
    "date": ("for {}", "to {}", "by {}"),
    "start": ("at {}", "to {}", "for {}"),
    "time": ("to {}", "for {}", "by {}", "from {}", "after {}", "before {}"),
    "district": ("around {}", "near {}"),
    "city": ("for {}", "around {}", "near {}"),
    "days": ("for {} days", "next {} days", "{} days"),
    "price": ("under {}", "below {}", "less than {}", "{} euros", "at most {}"),
    "email": ("at {}", "mail {}"),
    "street": ("lives at {}", "at {}"),
}


def _named(text: str, blank: dict[str, Any], form: str) -> str | None:
    """What stands after the parameter's name: in quotation marks, or up to the comma or full stop that ends it."""
    name = _name(blank)
    at = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) if name else None
    if at is None:
        return None
    if form != "text":  # whatever words are between the name and a number or a date
        beside = text[at.end() : at.end() + 60].partition(", ")[0]
        found = _COMPILED[form].search(_masked(beside) if form == "number" else beside)
        return found[0] if found else None
    stated = _AFTER_NAME.match(text, at.end())
    return (stated["quoted"] or stated["bare"]) if stated else None


def _option(text: str, options: Sequence[Any], blank: dict[str, Any]) -> Found | None:
    """The option whose words stand in ``text``, the longest first; of yes and no, by the parameter's own words."""
    if options and {str(option).lower() for option in options} <= {"true", "false"}:
        return _yes_or_no(text, blank)
    place = _ORDINAL.search(text) if _name(blank).startswith("which ") else None
    if place and _ORDINALS.index(place[1].lower()) < len(options):
        return Found(place[0], str(options[_ORDINALS.index(place[1].lower())]))
    ways = {option: [in_words(option), *_CODES.get(option.lower(), ())] for option in map(str, options[:_OPTIONS])}
    # "From EUR to USD": the word before tells which of two is meant.
    first = _name(blank).split()[:1]
    before = {"from": "from ", "source": "from ", "to": "(?:to|in|into) ", "target": "(?:to|in|into) "}
    leading = [before[word] for word in first if word in before]
    others = {
        "from": "(?<!to )(?<!into )",
        "source": "(?<!to )(?<!into )",
        "to": "(?<!from )",
        "target": "(?<!from )",
    }
    for lead in (*leading, *(others[word] for word in first if word in others), *(() if leading else ("",))):
        for option in sorted(ways, key=len, reverse=True):
            said = "|".join(map(_loosely, ways[option]))
            if found := re.search(rf"(?<!\w){lead}(?P<said>{said})(?!\w)", text, re.IGNORECASE):
                return Found(found["said"], option)
    return None


# Codes of currencies and languages, as people say them.
_CODES = {
    "eur": ("euro",),
    "usd": ("dollar", "US dollar"),
    "gbp": ("pound", "sterling"),
    "jpy": ("yen",),
    "chf": ("franc",),
    "de": ("German",),
    "en": ("English",),
    "fr": ("French",),
    "es": ("Spanish",),
    "it": ("Italian",),
    "pt": ("Portuguese",),
    "ja": ("Japanese",),
    "zh": ("Chinese",),
    "celsius": ("degrees C",),
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_ORDINAL = re.compile(rf"\bthe ({'|'.join(_ORDINALS)}) \w+\b", re.IGNORECASE)


def _yes_or_no(text: str, blank: dict[str, Any]) -> Found | None:
    words = re.sub(r"^(?:is|are|only|include|show|with|has|have|needs?|require) | only$", "", _name(blank))
    at = re.search(rf"(?<!\w){_loosely(words)}(?!\w)", text, re.IGNORECASE) if words else None
    if at is None:
        return None
    denied = re.match(r" (?:no|false)\b", text[at.end() :], re.IGNORECASE)
    before = _NO.search(text[: at.start()])
    said = before[0] + at[0] if before else at[0] + (denied[0] if denied else "")
    return Found(said, "false" if denied or before else "true")


def _loosely(words: str) -> str:
    """A pattern of ``words`` as singular or plural, with blanks or hyphens between them."""
    return r"[\s-]+".join(re.escape(re.sub(r"(?<=[a-z]{3})s$", "", word)) + "(?:s|es)?" for word in words.split())


def _form(blank: dict[str, Any]) -> str:
    kind = blank.get("format") or blank.get("type")
    if kind in ("integer", "number"):
        return "number"
    if kind in _FORMS:
        return str(kind)
    words = set(_name(blank).split())
    by_name = next((form for form, named in _BY_NAME.items() if words & named), None)
    if by_name:
        return "date-time" if by_name == "date" and words & {"time", "datetime"} else by_name
    # The meaning may speak of other parameters, too: it only tells moments.
    meant = set(re.findall(r"[a-z]+", str(blank.get("meaning", "")).lower()))
    return next((form for form in ("date", "time") if meant & _BY_NAME[form]), "text")


_BY_NAME = {
    "id": frozenset({"id", "number"}),
    "email": frozenset({"email", "mail"}),
    "phone": frozenset({"phone", "telephone", "mobile"}),
    "uri": frozenset({"url", "uri", "link"}),
    "path": frozenset({"path", "file", "folder", "directory", "filename", "paths"}),
    "date": frozenset({"date", "day", "datetime", "yyyy"}),
    "time": frozenset({"time", "hour", "hh", "start", "end"}),
    "number": frozenset(
        {
            "limit",
            "size",
            "guests",
            "count",
            "numbers",
            "amount",
            "quantity",
            "price",
            "min",
            "max",
            "minutes",
            "days",
        }
    ),
}


def _nearest(text: str, form: str, blank: dict[str, Any]) -> list[str]:
    """What looks like a value: first what is nearest to a word of the parameter's name, else in their order."""
    # A place that something is in is not its name.
    text = _masked(text) if form == "number" else text
    found = [
        at
        for at in _COMPILED[form].finditer(text)
        if form != "text" or not _PLACED.search(text[max(0, at.start() - 8) : at.start()])
    ]
    words = [re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in _name(blank).split()]
    places = [word.start() for word in words if word is not None]
    if form == "text" and _name(blank).split()[-1:] and _name(blank).split()[-1] in _WRITTEN:
        found.sort(key=lambda match: match[0][:1] not in "\"“'")
    if places:
        found.sort(key=lambda match: min(abs(match.start() - place) for place in places))
    return [match[0] for match in found]


def _name(blank: dict[str, Any]) -> str:
    return in_words(str(blank.get("parameter", "")).rsplit(".", 1)[-1])


def _bare(text: str) -> str:
    return text.strip("\"'“”")
