"""The requests of a query: its clauses, and which steps of the workflow serve them.

A clause is served by a step if it says a value that the step was given, or shares a telling word with what its tool
does. What asks for nothing (a greeting, a reason) needs no step. What else asks for something, the rules leave open.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from toolgrad_dspy.provenance.statements import Mention, mentions
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Step, Tool, Workflow, in_words, leaves
from toolgrad_dspy.rendering import abridge
from toolgrad_dspy.texts.claims import claims
from toolgrad_dspy.texts.demands import Demand
from toolgrad_dspy.texts.evidence import Evidence
from toolgrad_dspy.texts.words import ENGLISH, GENERAL

_CLAUSE = re.compile(
    r"(?<=[.!?;])(?<!\d\.)\s+|(?<=[。！？\n])\s*|(?:,?\s+)(?=(?:and|then|also|plus|but)\s+(?:then\s+|also\s+|please\s+|i\b|could\b|can\b|"
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


# Characters of a result in which the moments of a query are looked for.
_RESULT_CHARS = 4000
_ORDINAL_DAY = re.compile(r"\b([4-9]|[12]\d|3[01])(?:st|nd|rd|th)\b")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query that stands for itself, ``start`` to ``end``, and whether it asks for something."""

    text: str
    start: int
    end: int
    asks: bool


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


@dataclass(frozen=True, slots=True)
class Served:
    """What the rules can say: the clauses that a step serves, those that none serves by them, and the steps that no
    clause asks for.
    """

    served: tuple[Clause, ...]
    open_clauses: tuple[Clause, ...]
    unasked: tuple[Step, ...]


def served(query: str, workflow: Workflow, tools: Mapping[str, Tool], demands: Sequence[Demand]) -> Served:
    """Match the clauses of ``query`` with the steps of ``workflow``.

    Each step serves the clauses that say its values, and one more that shares a word with what its tool does: two
    clauses that only share a word with one step ask for two things.
    """
    parts = clauses(query)
    steps = workflow.steps
    by_value: dict[int, set[str]] = {number: set() for number in range(len(parts))}
    for demand in demands:
        for mention in mentions(query, demand.value, demand.about) if demand.kind == "value" else ():
            number = next((n for n, part in enumerate(parts) if part.start <= mention.start < part.end), None)
            if number is not None:
                by_value[number].add(demand.step)
    known = {word for step in steps for word in _values(step)}
    by_word = {
        number: {step.id: shared for step in steps if (shared := len(telling(part.text) & vocabulary(step, tools)))}
        for number, part in enumerate(parts)
    }
    evidence = _evidence(steps)
    stated = [m for d in demands if d.kind == "value" for m in mentions(query, d.value, d.about)]
    english = is_english(query)
    foreign = {n for n, part in enumerate(parts) if part.asks and _foreign(part, english, stated, known, evidence)}
    told = set().union(*by_value.values())
    asking = [n for n, part in enumerate(parts) if part.asks and telling(part.text) and n not in foreign]
    matched = _matched(asking, by_word, told)
    needed = _used_by(steps, told | set(matched.values()))
    unasked = {step.id for step in steps if step.id not in needed}
    # Which of two clauses or calls that fit one another is too many, words do not tell.
    open_ = {n for n in asking if n not in matched and not by_value[n] and _is_open(n, by_word, parts)} | foreign
    rivals = {n for n, step in matched.items() if any(by_word[o].get(step, 0) >= by_word[n][step] for o in open_)}
    unasked |= {step for n, step in matched.items() if any(by_word[n].get(o, 0) >= by_word[n][step] for o in unasked)}
    # A clause that says another step's values asks for this one only with a word that is not about that one.
    words = {step.id: vocabulary(step, tools) for step in steps}
    for n, name in matched.items():
        others = frozenset().union(*(words[other] for other in by_value[n]))
        if by_value[n] and not telling(parts[n].text) & words[name] - others and _is_last(name, steps):
            unasked.add(name)
    left = (open_ | rivals) - {n for n in rivals if by_value[n]}
    return Served(
        served=tuple(parts[n] for n in asking if n not in left),
        open_clauses=tuple(parts[n] for n in sorted(left)),
        unasked=tuple(step for step in steps if step.id in unasked),
    )


def _matched(numbers: Sequence[int], by_word: Mapping[int, Mapping[str, int]], told: set[str]) -> dict[int, str]:
    """A step for each clause that shares words with one, those first that share most; each step for one clause.

    Steps whose values a clause has ``told`` have theirs.
    """
    pairs = [(-shared, n, step) for n in numbers for step, shared in by_word[n].items() if step not in told]
    matched: dict[int, str] = {}
    for _, number, step in sorted(pairs):
        if number not in matched and step not in matched.values():
            matched[number] = step
    return matched


def _is_last(name: str, steps: Sequence[Step]) -> bool:
    """Whether no other step needs the step ``name``."""
    return all(name not in step.depends_on for step in steps)


def _is_open(number: int, by_word: Mapping[int, Mapping[str, int]], parts: Sequence[Clause]) -> bool:
    """Whether nothing fits a clause that has no call, or another clause that asks for something fits the same."""
    return not by_word[number] or any(
        other != number and part.asks and by_word[other].keys() & by_word[number].keys()
        for other, part in enumerate(parts)
    )


def _foreign(part: Clause, english: bool, stated: Sequence[Mention], known: set[str], evidence: Evidence) -> bool:
    """Whether the clause names something that no call was given and no result has."""
    # "and on the 14th": a day that nothing has to do with.
    if any(day not in known and day.zfill(2) not in known for day in _ORDINAL_DAY.findall(part.text)):
        return True
    for claim in claims(part.text):
        # In German every noun has a capital.
        if claim.kind == "name" and " " not in claim.text and not english:
            continue
        start, end = part.start + claim.start, part.start + claim.end
        if any(mention.start < end and start < mention.end for mention in stated):
            continue
        if claim.kind in ("date", "time", "weekday") and evidence.supports(claim, part.text):
            continue
        if not set(normalise(claim.text).split()) <= known:
            return True
    return False


def _evidence(steps: Sequence[Step]) -> Evidence:
    """What the calls were given and gave, as far as prompts show it."""
    return Evidence({s.id: [s.call.arguments, abridge(s.observation.value, _RESULT_CHARS)] for s in steps}, ())


def _values(step: Step) -> Iterable[str]:
    """The words of a step's arguments and of its result, a bounded part of it."""
    for value in (step.call.arguments, step.observation.value):
        for number, (_, leaf) in enumerate(leaves(value)):
            if number > 2000:
                break
            if isinstance(leaf, (str, int, float)) and not isinstance(leaf, bool):
                yield from normalise(str(leaf)[:2000]).split()


def _used_by(steps: Sequence[Step], asked: set[str]) -> set[str]:
    """The steps that are asked for, and those that they need."""
    needed = set(asked)
    for step in reversed(steps):
        if step.id in needed:
            needed |= step.depends_on
    return needed


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
    """``word`` without the common endings of English, roughly: ``opening`` and ``opens`` are one."""
    for ending in ("ings", "ing", "ies", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


_STEMS = frozenset(stem(word) for word in GENERAL)
