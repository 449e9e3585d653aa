"""Which end of a way, a conversion or a span a value is: "from Paris to Rome" has no destination Paris.

A parameter that is named for one end takes no value that the text puts at the other one.
"""

import re
from itertools import pairwise

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.reading import Reading, word_set

_FIRST = word_set("from source origin departure depart start begin since sender base checkin")
_LAST = word_set(
    "to target destination dest arrival arrive end until till recipient checkout new current entry assignee into"
)
# In time a stay begins with the arrival: of days and times these alone are ends.
_FIRST_IN_TIME = word_set("from start begin since checkin")
_LAST_IN_TIME = word_set("to end until till checkout return new current expiry expire deadline due")
# What is said of the days of a stay or a journey, and the parameters that it is not for.
_ARRIVING = re.compile(r"\b(?:(?:arriv\w+|land(?:s|ing)?|check(?:ing)? in)(?: on| at)?|in (?:on|at))(?: the)? $")
_LEAVING = re.compile(r"\b(?:(?:leav\w+|depart\w+|check(?:ing)? out)(?: on| at)?|(?:out|back) (?:on|at))(?: the)? $")
_RETURNING = re.compile(r"\b(?:return(?:ing|s)?|(?:come|coming|fly|flying|get|getting) back)(?: on)?(?: the)? $")
_ENDING = re.compile(
    r"\b(?:ends?|ended|ending|finish(?:es|ing)?|over(?: the same day)?|closes?|acaba|termina|finit|endet)"
    r"(?: on| at| el| le| am| um| a| alle)?(?: the| las| la)? $"
)
_STARTING = re.compile(
    r"\b(?:starts?|started|starting|begins?|beginning|opens?|empieza|comienza|commence|beginnt|inizia|começa)"
    r"(?: on| at| el| le| am| um| a| alle)?(?: the| las| la)? $"
)
_ARRIVAL, _DEPARTURE = word_set("arrival arrive checkin"), word_set("departure depart checkout leave")
# "Convert the PDF to Word": what comes out of it has no name for its end.
_RESULT = word_set("format output result")
# Signs around a mention.
_AROUND = 40

_FROM = {
    "en": "from|since|out of|starting(?: in| at| on)?|beginning(?: in| at| on)?|leaving",
    "de": "von|vom|aus|ab|seit",
    "fr": "de|du|depuis|d'",
    "es": "de|desde|del",
    "it": "da|dal|dalla",
    "pt": "de|do|da|desde",
}
_TO = {
    "en": "to|into|until|till|through|towards?",
    "de": "nach|zu|zum|zur|bis|ins|in die|an",
    "fr": "à|vers|jusqu'à|jusqu'au|au|pour",
    "es": "a|al|hasta|hacia|para",
    "it": "a|al|fino a|per",
    "pt": "a|ao|até|para",
}
_ARTICLE = r"(?: ?(?:the|a|an|my|our|le|la|les|el|los|las|der|die|das|dem|den|il|lo|o|os|as))?"
# "until 9", and what a span of time begins with: "from 9 to 10", "between 9 and 10".
_UNTIL = "until|till|bis|jusqu'à|jusqu'au|hasta|fino a|fino al|fino alle|até"
_SPAN = re.compile(r"\b(?:from|between|von|zwischen|entre|desde|dalle|das|de las?|de \d)\b[^.!?]*$")
_SPAN_GOES_ON = re.compile(r",? ?(?:-|to|and|until|till|bis|und|à|et|jusqu'à|a|hasta|y|alle|e|às|até)\b")
_MOMENTS = frozenset({"date", "time", "date_time"})
_RANGE = re.compile(
    r"\d\S* ?(?:-|/|to|until|till|through|thru|bis|au|al|ao|à|a|até) ?\S*\d|\b(?:to|through|until|bis|au|al)\b|-"
)
_ON = re.compile(
    r",? (?:to|into|until|till|->|→|nach|hasta|fino a|até) (?!(?:be|do|get|have|make|see|go|know|let)\b)|\s?[→>]"
)
_BETWEEN_AND = re.compile(r"\b(?:between|zwischen|entre|tra|fra) [^.!?]* (?:and|und|et|y|e) $")
_BY = re.compile(r"\b(?:raise|increase|bump|lower|reduce|cut|lift)\b[^.!?]{0,30} by [$€£]?$")
# "The recipe's in ounces, give me grams": what it is in is not what it is wanted in.
_IS_IN = re.compile(
    r"(?:\b(?:is|are|was|were|comes?|given|listed|written|have (?:it|them|this))|'s|'re)(?: all| now)? in $"
)
_AND_WANTED = re.compile(
    r"(?: [\w']+)?[,.;:-]* (?:but |and |so |please )*(?:give|convert|show|make|i need|i want|i'd like"
    r"|i would like|can you"
    r"|could you|need|want|tell|put|change|turn|what's that)\b"
)
# "Swap pounds for kroner", and "90 dollars in euros", where both are of the kind.
_SWAPPED = re.compile(r"\b(?:swap|exchange|trade|change)\b[^.!?]* for (?:[\w.,]+ )?$")
_SWAP, _FOR_OTHERS = re.compile(r"\b(?:swap|exchange|trade|change)\b[^.!?]{0,20}$"), re.compile(r" (?:for|into) ")
_IN_OTHERS = re.compile(r" (?:in|en|em) (?=[^\W\d])")
_COUNTED = re.compile(r"\d[ -]?(?:us-|us )?$")
_ASKED_IN = re.compile(r"\bhow (?:many|much) [^\W\d]")
_CONVERTED = re.compile(
    r"\b(?:convert|change|turn|translate|transform|export|replace|swap|rename)(?: (?:the|this|my|a|an|that|these"
    r"|those))? $"
)


def end_of(about: About) -> str:
    """The end that a parameter is named for: ``first``, ``last``, ``result`` of a conversion, or "" for none."""
    words = _words(about)
    first, last = bool(words & _FIRST), bool(words & _LAST)
    if first != last:
        return "first" if first else "last"
    return "result" if words & _RESULT else ""


def end_in_time(about: About) -> str:
    """As :func:`end_of`, for days and times."""
    words = _words(about)
    first, last = bool(words & _FIRST_IN_TIME), bool(words & _LAST_IN_TIME)
    return "" if first == last else "first" if first else "last"


def _words(about: About) -> set[str]:
    return {*about.words, *map("".join, pairwise(about.words))}


def opposed(reading: Reading, start: int, end: int, about: About, rule: str = "") -> bool:
    """Whether the text puts the mention at ``start:end`` at the other end than the one ``about`` is named for.

    ``rule`` is the form of the mention. Days that are written together are told apart where they are found.
    """
    before = reading.plain[max(0, start - _AROUND) : start]
    code = languages(reading)[0]
    if rule in _MOMENTS:
        if _of_the_other_day(before, _words(about)):
            return True
        which = end_in_time(about)
        if not which or _RANGE.search(reading.plain[start:end]):
            return False
        came = _after(before, _FROM[code]) and which != "first"
        if (_ENDING if which == "first" else _STARTING).search(before):
            return True
        spans = _SPAN.search(before) is not None
        goes = _after(before, _UNTIL) or (
            spans and (_after(before, _TO[code]) or _BETWEEN_AND.search(before) is not None)
        )
        # "From 9" may have no end; an end has a beginning, said or not.
        return goes if which == "first" else came and _SPAN_GOES_ON.match(reading.plain, end) is not None
    which = end_of(about)
    if not which:
        return False
    came, goes = _after(before, _FROM[code]), _after(before, _TO[code])
    came = came or _is_source(reading, end, before, about)
    goes = goes or _SWAPPED.search(before) is not None
    if came or goes:
        return goes and not came if which == "first" else came and not goes
    if _BY.search(before) and {"new", "target"} & _words(about):  # "raise it by 10" is to none of 10
        return True
    if _CONVERTED.search(before):
        return which != "first"
    return which != "first" and _ON.match(reading.plain, end) is not None


def _is_source(reading: Reading, end: int, before: str, about: About) -> bool:
    """Whether what ends at ``end`` is what there is, and another thing is wanted for it."""
    after = reading.plain
    if (_IS_IN.search(before) and _AND_WANTED.match(after, end)) or (
        _SWAP.search(before) and _FOR_OTHERS.match(after, end)
    ):
        return True
    counted = about.kind == "currency" and _COUNTED.search(before) is not None
    # "90 dollars in euros", "how many baht is 90 euros": the money that is counted.
    return counted and bool(_IN_OTHERS.match(after, end) or _ASKED_IN.search(before))


def _of_the_other_day(before: str, words: set[str]) -> bool:
    """Whether a day is said to be that of leaving where one of arriving is wanted, or the other way round."""
    if words & _DEPARTURE and "return" not in words and _RETURNING.search(before):
        return True
    leaving = words & _ARRIVAL and _LEAVING.search(before)
    return bool(leaving or (words & _DEPARTURE and _ARRIVING.search(before)))


def at_other_end(number: int, of: int, written: str, about: About) -> bool:
    """Whether day ``number`` of so many that are ``written`` together is at the other end than ``about`` names."""
    which = end_in_time(about)
    if of < 2 or not which or not _RANGE.search(written):
        return False
    return number != 0 if which == "first" else number != of - 1


def _after(before: str, prepositions: str) -> bool:
    return re.search(rf"(?<![^\W_])(?:{prepositions}){_ARTICLE}[ ']?$", before.rstrip(" ") + " ") is not None
