"""A query that repeats what its writer was shown: names with values in parentheses, as no person writes."""

import re
from collections.abc import Iterator, Sequence

from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import in_words
from toolgrad_dspy.texts.demands import Demand

_ASIDE = re.compile(r"\(([^()]{3,1000})\)")
_WHICH = re.compile(r"which \w[\w ]* \"")
# One name with its value a person may put in parentheses as well: "(party size 4)".
_PAIRS = 2


def copied(query: str, wanted: Sequence[Demand]) -> Iterator[str]:
    """The parentheses of ``query`` in which stand names and values of the demands, as request lines write them.

    >>> wanted = [Demand("value", "s1", "find", "/text", "Quay"), Demand("value", "s1", "find", "/limit", 3)]
    >>> list(copied('Find stops (text "Quay", limit 3).', wanted)), list(copied("Stops (at the Quay).", wanted))
    (['(text "Quay", limit 3)'], [])
    """
    pairs = {normalise(f"{in_words(demand.name)} {demand.said}") for demand in wanted}
    for aside in _ASIDE.finditer(query):
        said = normalise(aside[1])
        if sum(pair in said for pair in pairs) >= _PAIRS or (
            _WHICH.match(aside[1]) and any(p in said for p in pairs)
        ):
            yield aside[0]
