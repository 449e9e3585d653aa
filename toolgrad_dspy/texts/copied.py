"""Texts that repeat what their writer was shown: names with values in parentheses, as no person writes."""

import re
from collections.abc import Iterable, Iterator, Sequence

from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import in_words
from toolgrad_dspy.texts.demands import Demand

_ASIDE = re.compile(r"\(([^()]{3,1000})\)")
_WHICH = re.compile(r"which \w[\w ]* \"")
_QUOTED = re.compile(r"\w \"[^\"]+\"")
# One name with its value a person may put in parentheses as well: "(party size 4)".
_PAIRS = 2
# So many first words of a description are no chance, so near before the parentheses.
_WORDS, _DESCRIPTION_CHARS = 6, 240


def copied(query: str, wanted: Sequence[Demand], does: Iterable[str] = ()) -> Iterator[str]:
    """The parentheses of ``query`` in which stand names and values of the demands, as request lines write them.

    One alone is copied after the words of what a tool ``does``, its description.

    >>> wanted = [Demand("value", "s1", "find", "/text", "Quay"), Demand("value", "s1", "find", "/limit", 3)]
    >>> list(copied('Find stops (text "Quay", limit 3).', wanted)), list(copied("Stops (at the Quay).", wanted))
    (['(text "Quay", limit 3)'], [])
    """
    pairs = {normalise(f"{in_words(demand.name)} {demand.said}") for demand in wanted}
    for aside in _ASIDE.finditer(query):
        said = normalise(aside[1])
        found = sum(pair in said for pair in pairs)
        if found >= _PAIRS or (found and (_WHICH.match(aside[1]) or _follows(query[: aside.start()], does))):
            yield aside[0]


def copied_into_response(response: str, wanted: Sequence[Demand]) -> Iterator[str]:
    """The parentheses of ``response`` that stand so in a request line: two names, and a value in quotation marks.

    A response may tell names with their values ("booked (party size 4, by the window)"), but nobody quotes them so.

    >>> wanted = [Demand("value", "s1", "find", "/text", "Quay"), Demand("value", "s1", "find", "/limit", 3)]
    >>> list(copied_into_response('Find stops (text "Quay", limit 3).', wanted))
    ['(text "Quay", limit 3)']
    >>> list(copied_into_response("Three stops (text Quay, limit 3) were found.", wanted))
    []
    """
    return (aside for aside in copied(response, wanted) if _QUOTED.search(aside))


def _follows(before: str, does: Iterable[str]) -> bool:
    """Whether the text before ends with the words of a description."""
    said = normalise(before[-_DESCRIPTION_CHARS:])
    starts = (normalise(_ASIDE.sub("", text)).split()[:_WORDS] for text in does)
    return any(len(words) == _WORDS and f" {' '.join(words)} " in said for words in starts)
