"""What a response says was done to one thing and was done to another: "the table at Da Nino is cancelled", for Umi's.

Each of the names stands in the results. What a write was about is told by its arguments, its result, and the records
with the ids that it was given; a sentence that says it was done has to name none but those.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from pydantic import JsonValue

from toolgrad_dspy.provenance.repeats import objects
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Step, Tool, in_words, last_key, leaves, names_id
from toolgrad_dspy.texts.claims import Claim
from toolgrad_dspy.texts.picks import NAME_KEYS
from toolgrad_dspy.texts.relations import MOST_LEAVES, SHORT

# What was done, of verbs that have no regular form for it.
_IRREGULAR = {
    "send": "sent", "make": "made", "buy": "bought", "pay": "paid", "write": "(?:wrote|written)", "put": "put",
    "set": "set", "take": "(?:took|taken)", "lend": "lent", "give": "(?:gave|given)", "hold": "held",
}  # fmt: skip

# What looks like the name of something, whatever it is called by: a booking's "restaurant" is "Da Nino".
_PROPER = re.compile(r"[^\W\d_a-z][^\W\d_]*(?:[ '’-][^\W\d_]+){0,5}")
_ANOTHER_CLAUSE = re.compile(r"[;:]|\b(?:and|but|while)\b")


class Deeds:
    """What the writing ``steps`` have done, and to what; ``shown`` has the results, by step."""

    def __init__(self, steps: Sequence[Step], tools: Mapping[str, Tool], shown: Mapping[str, JsonValue]) -> None:
        self._steps = [step for step in steps if (tool := tools.get(step.call.tool)) is not None and tool.writes]
        self._shown = shown

    def misplaced(self, sentence: str, start: int, said: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
        """Of a ``sentence`` that begins at ``start`` of the response and makes the claims ``said``: what it says was
        done, with the name of the other thing that it says that of.
        """
        names = [claim for claim in said if claim.kind in ("name", "quote") and normalise(claim.text) in self._names]
        for pattern, own in self._done.items() if names else ():
            done = pattern.search(sentence)
            if done is None or any(normalise(name.text) in text for name in names for text in own):
                continue
            name = min(names, key=lambda name: abs(name.start - start - done.start()))
            begin, end = sorted((start + done.start(), name.start))
            another_clause = _ANOTHER_CLAUSE.search(sentence[begin - start : end - start])
            if not another_clause and not self._is_so(normalise(name.text), normalise(done[0])):
                yield Claim("deed", done[0], start + done.start(), start + done.end()), name

    def _is_so(self, name: str, state: str) -> bool:
        """Whether a record with that ``name`` says that it is so: a booking that was cancelled before."""
        return any({name, state} <= record for record in self._records)

    @cached_property
    def _records(self) -> list[frozenset[str]]:
        """The short texts of each object of the results."""
        return [
            frozenset(normalise(item) for item in record.values() if isinstance(item, str) and len(item) <= SHORT)
            for value in self._shown.values()
            for record in objects(value)
        ]

    @cached_property
    def _names(self) -> frozenset[str]:
        """What things are called in the results."""
        found = set()
        for value in self._shown.values():
            for path, leaf in list(leaves(value))[:MOST_LEAVES]:
                if isinstance(leaf, str) and (last_key(path) in NAME_KEYS or _PROPER.fullmatch(leaf)):
                    found.add(normalise(leaf[:SHORT]))
        return frozenset(found)

    @cached_property
    def _done(self) -> dict[re.Pattern[str], frozenset[str]]:
        """For each verb of the writes, as it is told of what is done, the short texts of what they were about."""
        about: dict[str, set[str]] = {}
        for step in self._steps:
            about.setdefault(in_words(step.call.tool).partition(" ")[0], set()).update(self._texts(step))
        return {_past(verb): frozenset(own) for verb, own in about.items() if verb.isalpha() and own & self._names}

    def _texts(self, step: Step) -> Iterator[str]:
        given = list(leaves(step.call.arguments))
        ids = {leaf for path, leaf in given if isinstance(leaf, (str, int)) and names_id(last_key(path))}
        ids |= {
            leaf
            for path, leaf in leaves(self._shown.get(step.id))
            if isinstance(leaf, str) and names_id(last_key(path))
        }
        records = [record for value in self._shown.values() for record in _with_any(value, ids)]
        for value in (step.call.arguments, self._shown.get(step.id), *records):
            yield from (normalise(leaf) for _, leaf in leaves(value) if isinstance(leaf, str) and len(leaf) <= SHORT)


def _past(verb: str) -> re.Pattern[str]:
    regular = f"{re.escape(verb)}{re.escape(verb[-1])}?e?d"
    return re.compile(rf"\b{_IRREGULAR.get(verb, regular)}\b", re.IGNORECASE)


def _with_any(value: JsonValue, ids: set[str | int]) -> Iterator[dict[str, JsonValue]]:
    """The objects in ``value`` that have one of ``ids`` among their own members."""
    if isinstance(value, dict):
        if any(isinstance(item, (str, int)) and names_id(key) and item in ids for key, item in value.items()):
            yield {key: item for key, item in value.items() if not isinstance(item, (dict, list))}
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _with_any(item, ids)
