"""Names of people, and the same words as something else: a month, a street, an attribute, a part of a longer name."""

import re
from bisect import bisect_right
from functools import lru_cache
from operator import itemgetter

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, word_set

# Words of a name's name: alone they name a person, or whatever the tool is about.
_NAME = word_set("name first last full middle nick display")
_PERSON = word_set(
    "contact recipient sender guest person attendee assignee author doctor customer employee passenger surname "
    "patient user friend owner speaker artist player driver host manager participant invitee member teacher"
)
# Signs around a name.
_AROUND = 40
# "the Victoria line", "a Martin guitar", "Grace period", "Johnson Street", "Smith & Sons".
_ARTICLE_BEFORE, _NOUN_AFTER = (
    re.compile(r"\b(?:[Tt]he|[Aa]n?|two|three|four|five|\d) $"),
    re.compile(
        r"(?: [A-Z][a-z]+)? (?!(?:for|and|with|from|near|after|before|that|which|who|will|can|has|had|was|are"
        r"|please|but"
        r"|then|when|where|while|until|again|today|tomorrow|tonight|instead|too|the|this|next|now|does)\b)[a-z]{3,}"
    ),
)
_THING_AFTER = re.compile(
    r"(?:['’]s)? (?:Street|Road|Lane|Avenue|Square|Park|Bridge|Museum|University|Airport|Station|Hospital|School|Inc"
    r"|Ltd|GmbH|Hotel|Tower|Island|Prize|Award|Cup|period|line|Line|Boulevard|Blvd|St|Ave|Way|Drive|Court|Close|Terrace"
    r"|Gardens)\b|['’]s [A-Z]|-(?:style|based|type)\b| & [A-Z]"
)
_THING_BEFORE = re.compile(r"[A-Z]\w+ & $")
_RECIPIENT = word_set("recipient addressee receiver")
_NAME_OF = r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?"
_TELL = re.compile(
    r"\b(?:[Tt]ell|[Aa]sk|[Ee]mail|[Mm]ail|[Tt]ext|[Mm]essage|[Ww]rite(?: to)?|[Nn]otify|[Rr]emind|[Ii]nvite)"
    rf"(?: (?:my|our|the|dear) \w+)? (?P<names>{_NAME_OF}(?:(?:, | and | & |, and ){_NAME_OF})*)(?! (?:to|with)\b)"
)
_MONTHS = word_set("april may june august")
_MONTH_BEFORE = re.compile(r"\b(?:in|since|until|till|of|last|next|early|mid|late|this|by|for|from|end of) $", re.I)
_MONTH_AFTER = re.compile(r" \d")
# A word with a capital before a whole name that is part of it: "Mary Ann Lee"; not a title, not a sentence's first.
_PART_BEFORE = re.compile(r"(?<![.!?:] )(?<!^)(?<!\n)\b([A-Z][a-z]+) $")
_TITLES = word_set(
    "dr mr mrs ms miss prof professor aunt uncle sir lady captain hi hello dear hey coach chef president mayor "
    "doctor officer judge saint father mother brother sister grandma grandpa cousin monday tuesday wednesday "
    "thursday friday saturday sunday january february march april may june july august september october november "
    "december herr frau monsieur madame señor señora don doña"
)


def tells_another(text: str, start: int, about: About) -> bool:
    """Whether the text tells others than the one named at ``start``: "Tell Angela that Marcus has approved it"."""
    if _RECIPIENT.isdisjoint(about.words):
        return False
    if re.match(r"[A-Z][\w-]+['’]s [a-z]", text[start : start + 60]):  # "Forward Ivan's report to Katrin"
        return True
    told = _told(text)
    at = bisect_right(told, start, key=itemgetter(0)) - 1
    return bool(told) and not (at >= 0 and start < told[at][1])


@lru_cache(maxsize=KEPT_TEXTS)
def _told(text: str) -> tuple[tuple[int, int], ...]:
    """Where the names of those stand whom ``text`` asks to tell something."""
    return tuple(match.span("names") for match in _TELL.finditer(text))


def is_person(about: About) -> bool:
    """Whether the parameter's values are names of people, as its name says."""
    return bool(about.words) and (not _PERSON.isdisjoint(about.words) or _NAME.issuperset(about.words))


def within_something_else(text: str, start: int, end: int, *, english: bool) -> bool:
    """Whether the name at ``start:end`` of ``text`` is only a part, or an attribute, of something else there.

    In text that is not ``english``, "a" may be a preposition.
    """
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    name = text[start:end]
    if (
        _THING_AFTER.match(after)
        or _THING_BEFORE.search(before)
        or (english and _ARTICLE_BEFORE.search(before) and _NOUN_AFTER.match(after))
    ):
        return True
    if name.lower() in _MONTHS and (_MONTH_BEFORE.search(before) or _MONTH_AFTER.match(after)):
        return True
    if " " in name and re.match(r" [A-Z][a-z]+\b", after):  # "Martin Luther King"
        return True
    part = _PART_BEFORE.search(before) if " " in name else None
    return part is not None and part[1].lower() not in _TITLES
