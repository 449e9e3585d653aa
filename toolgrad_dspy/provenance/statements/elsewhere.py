"""What a text names and does not give: the title of something, a street, a day that another one is counted from."""

import re
from bisect import bisect_right
from functools import lru_cache
from operator import itemgetter

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, word_set

# Signs around a mention that are looked at.
_AROUND = 60
# "three weeks before dec 25th", "une heure avant 18h": a day or time that another one is counted from.
_UNIT = (
    r"(?:minutes?|hours?|days?|weeks?|months?|years?|nights?|minuten?|stunden?|tagen?|wochen?|monaten?|heures?|jours?"
    r"|semaines?|mois|minutos?|horas?|días?|dias?|semanas?|minuti|ore|ora|giorni|giorno|settimane|settimana)"
)
_COUNTED_BEFORE = re.compile(
    rf"\b(?:lasted|took|duré|gedauert|dauerte|duró|durato) $|\b{_UNIT} (?:before|after|from|past|prior to|ahead of"
    rf"|vor|nach|avant|après|antes de|después de|prima di|dopo"
    r"|antes d[eao]|depois d[eao])(?: (?:the|le|la|el|den|dem|il|o|on))?[ ']?$"
)
_COUNTED_AFTER = re.compile(
    rf"[^.!?]{{0,50}}\b(?:the )?(?:{_UNIT}|an? {_UNIT}) (?:after|before|earlier|later)(?! (?:the|that|this|my|\d))\b"
)
# A name of a street, a restaurant, a film: "calle Alta", "rue du 8 Mai 1945", "Chez Marcel", "Recursive Art".
_STREET_BEFORE = re.compile(
    r"(?:\b(?:calle|avenida|plaza|paseo|rue|avenue|place|boulevard|via|viale|piazza|corso|rua|praça|chez|café"
    r"|platz|straße|street)(?: (?:de|du|des|del|della|la|le|les|do|da))? )$"
)
_CALLED_BEFORE = re.compile(
    r"\b(?:(?:song|film|movie|book|article|album|band|show|series|folder|magazine|novel|playlist|game|magazine"
    r"|podcast"
    r"|one|restaurant|bar|pub)(?: called| named| titled)?|titled|entitled) [\"'“‘]?$"
)
_PUT_IN = re.compile(
    r"[\"”“»'’]?,? (?:in|into|as|for|to) (?:the|its|my|a) (title|subject|description|body|message|note|comment"
    r"|name|tag|label)\b"
)
_QUOTE = re.compile(r"[\"“„«](?P<a>[^\"”“»]{2,120})[\"”“»]|(?<![^\W_])['‘](?P<b>[^'’\n]{2,120})['’](?![^\W_])")
_TEXTS = word_set(
    "text message title body subject content note caption comment name query keyword description headline"
)
# "Don't tell Jo I'm quitting", and "AB-120 has been replaced by AB-121".
_UNSAID = re.compile(r"\b(?:don't|do not|never|must not|mustn't) (?:tell|say|write|mention|send)\b[^.!?]{0,30}$")
_REPLACED_AFTER = re.compile(r" (?:has been|was|is|got) (?:replaced|cancelled|canceled|discontinued|renamed)\b")
# Labels of numbers and codes that people have: what stands after another one's is not this one's.
_LABELS = word_set(
    "order invoice customer account ticket flight phone tracking pr issue room gate booking reference case member "
    "policy license plate zip serial part sku employee student passport contract parcel reservation confirmation "
    "bug page"
)
_SAME = {"pr": "pull", "booking": "reservation", "reservation": "booking", "bug": "issue", "issue": "bug"}
_LABEL_BEFORE = re.compile(r"\b([a-z]+)(?: (?:number|no|nr|id|code))?\.?(?: is| was|:)? ?#?$")
_CODES = word_set("id number code no ref reference key sku plate tracking")
_SHORT_CODE, _COUNTED = 4, re.compile(r" [^\W\d]{3,}")
_ZONE = re.compile(
    r"\b[A-Z][a-z]+(?: [A-Z][a-z]+)? time\b|\b(?:Eastern|Pacific|CET|CEST|EST|EDT|PST|PDT|JST|IST|BST)\b"
)


def names_something_else(reading: Reading, start: int, end: int, rule: str, value: JsonValue, about: About) -> bool:
    """Whether the mention at ``start:end``, found by ``rule``, is of something else than the parameter's value."""
    before = reading.plain[max(0, start - _AROUND) : start]
    if _STREET_BEFORE.search(before) and about.kind != "place":
        return True
    if rule in ("date", "time", "date_time"):
        return (
            _counted_from(reading, before, end)
            or (rule == "date_time" and _in_another_zone(reading, value))
            or (rule == "date_time" and _COUNTED_BEFORE.search(_but_last(reading.plain[start:end])) is not None)
            or _is_quoted_in_part(reading, start, end)
            # A day in words between quotation marks is the name of something: 'Fourth of July'.
            or (not reading.plain[start].isdigit() and _quotation(reading, start, end) is not None)
        )
    if _TEXTS.intersection(about.words) and _UNSAID.search(before):
        return True
    if _REPLACED_AFTER.match(reading.plain, end) and "old" not in about.words:
        return True
    return _within_a_title(reading, start, end, before, about) or _labelled(reading, before, end, value, about)


def _counted_from(reading: Reading, before: str, end: int) -> bool:
    after = _COUNTED_AFTER.match(reading.plain, end)
    # "And not a minute later" only stresses the time.
    return bool(_COUNTED_BEFORE.search(before) or (after and not re.search(r"\bnot an? \w+ \w+$", after[0])))


def _in_another_zone(reading: Reading, value: JsonValue) -> bool:
    return isinstance(value, str) and value.endswith("Z") and _ZONE.search(reading.text) is not None


def _within_a_title(reading: Reading, start: int, end: int, before: str, about: About) -> bool:
    """Whether it is a part of what is quoted or called so: the "red" of the song "Lady in Red"."""
    if _is_quoted_in_part(reading, start, end):
        return True
    # 'Put "bring snacks" in the description': that is no title.
    place = _quotation(reading, start, end)
    put = _PUT_IN.match(reading.plain, place[1]) if place else None
    if put and put[1] not in about.words:
        return True
    if _TEXTS.intersection(about.words) or not _CALLED_BEFORE.search(before):
        return False
    # "The folder called Recursive Art": a name with capitals goes on.
    first, last = reading.origin(start, end)
    return reading.text[first].isupper() and re.match(r" [A-Z]", reading.text[last : last + 2]) is not None


def _is_quoted_in_part(reading: Reading, start: int, end: int) -> bool:
    quotation = _quotation(reading, start, end)
    return quotation is not None and _letters(reading, start, end) < 0.8 * _letters(reading, *quotation)


def _but_last(text: str) -> str:
    return text.rpartition(" ")[0] + " "


def _quotation(reading: Reading, start: int, end: int) -> tuple[int, int] | None:
    """The place of the quoted text that holds ``start:end``, or None; quoted texts do not overlap."""
    quoted = _quoted(reading)
    last = bisect_right(quoted, start, key=itemgetter(0)) - 1
    return quoted[last] if last >= 0 and end <= quoted[last][1] else None


@lru_cache(maxsize=KEPT_TEXTS)
def _quoted(reading: Reading) -> tuple[tuple[int, int], ...]:
    """The places of what stands between quotation marks, in their order."""
    return tuple(match.span("a" if match["a"] else "b") for match in _QUOTE.finditer(reading.plain))


def _letters(reading: Reading, start: int, end: int) -> int:
    return sum(sign.isalnum() for sign in reading.plain[start:end])


def is_code_name(about: About) -> bool:
    """Whether a parameter's name says that its values are numbers or codes of things."""
    return not _CODES.isdisjoint(about.words)


def _labelled(reading: Reading, before: str, end: int, value: JsonValue, about: About) -> bool:
    """Whether it is a number or code of another thing: "invoice 5521" is no order."""
    if not is_code_name(about):
        return False
    label = _LABEL_BEFORE.search(before)
    if label is not None and label[1] in _LABELS:
        return not {label[1], _SAME.get(label[1])} & set(about.words)
    # "3 parcels are on their way" gives no number of one.
    short = isinstance(value, str) and value.isdecimal() and len(value) < _SHORT_CODE
    return short and _COUNTED.match(reading.plain, end) is not None
