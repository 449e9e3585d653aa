"""The clauses of a text: which of them ask for something, and the words by which they tell what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Step, Tool, in_words
from toolgrad_dspy.texts.words import ENGLISH, GENERAL

_CLAUSE = re.compile(
    r"(?<=[.!?;])(?<!\d\.)\s+|(?<=[.!?][\"”’'»)])\s+(?=(?-i:[A-Z]))|(?<=[。！？\n])\s*|(?:,?\s+)(?=(?:and|then|also|plus|but)\s+(?:then\s+|also\s+|please\s+|i\b|could\b|can\b|"
    r"tell\b|show\b|find\b|list\b|book\b|give\b|get\b|check\b|who\b|what\b|when\b|where\b|which\b|how\b|whether\b|"
    r"do\b|does\b|did\b|is\b|are\b|was\b|will\b|should\b|has\b|have\b|if\b|send\b|add\b|create\b|make\b|look\b|let\b|see\b|read\b|write\b|delete\b|remove\b|cancel\b|update\b|set\b))",
    re.IGNORECASE,
)
# What marks a clause that asks for something, in English.
_ASKS = re.compile(
    r"\?|^\W*(?:(?:first|next|then|also|and|but|plus|after\s+that|finally|after|once|when|to\s+begin\s+with|please|now|"
    r"with\s+[\w\s]{1,40})\W+)*(?:please|tell|show|find|list|book|give|get|check|look|send|add|create|make|let|see|read|write|"
    r"delete|remove|cancel|update|set|search|reserve|plan|buy|order|move|rename|open|close|start|stop|use|pick|choose|"
    r"compare|calculate|compute|convert|translate|summari[sz]e|count|sort|schedule|remind|play|call|pay|return|"
    r"change|put|fetch|download|upload|run|save|copy|share|invite|post|recommend|suggest|work\s+out)\b"
    r"|\b(?:could|can|would|will)\s+you\b|\bi(?:'d|\s+would)\s+(?:also\s+)?(?:like|love|want|need)\b|\bi(?:\s+\w+)?\s+(?:need|want|wish|have\s+to\s+know)\b"
    r"|\bi(?:'m|\s+am)\s+(?:\w+\s+)?(?:looking|after|interested|trying|hoping)\b|\blet\s+me\s+know\b|\bwho\b|\bwhat\b|\bhow\s+(?:much|many|long|far|do|is|are)\b|\bplease\b",
    re.IGNORECASE,
)
# The least share of frequent English words in an English text.
_ENGLISH_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query that stands for itself, ``start`` to ``end``, and whether it asks for something."""

    text: str
    start: int
    end: int
    asks: bool


@lru_cache(maxsize=64)
def clauses(query: str) -> tuple[Clause, ...]:
    """The clauses of ``query`` in their order. In another language than English every one may ask for something."""
    bounds = [0, *(match.end() for match in _CLAUSE.finditer(query)), len(query)]
    english = is_english(query)
    parts = []
    for start, end in pairwise(bounds):
        text = query[start:end]
        if normalise(text).strip():
            parts.append(Clause(text.strip(), start, end, not english or _ASKS.search(text) is not None))
    return tuple(parts)


@lru_cache(maxsize=256)
def is_english(text: str) -> bool:
    """Whether ``text`` has as many of the frequent words of English as an English text has."""
    words = normalise(text).split()
    return not words or sum(word in ENGLISH for word in words) >= _ENGLISH_SHARE * len(words)


def vocabulary(step: Step, tools: Mapping[str, Tool]) -> frozenset[str]:
    """The telling words of what the tool of ``step`` does."""
    tool = tools.get(step.call.tool)
    named = in_words(step.call.tool)
    return telling(
        f"{named} {tool.description.split('. ')[0] if tool else ''} {' '.join(map(in_words, step.call.arguments))}"
    )


@lru_cache(maxsize=4096)
def telling(text: str) -> frozenset[str]:
    """The words of ``text`` that tell what it is about, without their endings."""
    return frozenset(stem(word) for word in normalise(text).split() if word not in GENERAL and len(word) > 2) - _STEMS


def stem(word: str) -> str:
    """``word`` without the common endings of English, roughly.

    >>> [stem(word) for word in ("opening", "opens", "places", "place", "cancelled", "cancel", "entries")]
    ['open', 'open', 'plac', 'plac', 'cancel', 'cancel', 'entry']
    """
    for ending in ("ings", "ing", "ies", "es", "ed", "s"):
        # "Places" are a place, and "boxes" a box.
        if ending == "es" and not word[:-2].endswith(("s", "x", "z", "ch", "sh")):
            continue
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    silent = len(word) > 4 and word[-1] == "e"
    doubled = len(word) > 3 and word[-1] == word[-2]
    return word[:-1] if silent or doubled else word


_STEMS = frozenset(stem(word) for word in GENERAL)
