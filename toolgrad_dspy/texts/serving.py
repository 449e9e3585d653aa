"""Which steps of a workflow serve which clauses of its query.

A clause is served by a step if it says a value that the step was given, or shares a telling word with what its tool
does. What asks for nothing (a greeting, a reason) needs no step. What else asks for something, the rules leave open.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from toolgrad_dspy.provenance.statements import Mention, conveys, mentions
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Step, Tool, Workflow, leaves
from toolgrad_dspy.rendering import abridge
from toolgrad_dspy.texts.claims import claims
from toolgrad_dspy.texts.clauses import Clause, clauses, is_english, telling, vocabulary
from toolgrad_dspy.texts.demands import Demand
from toolgrad_dspy.texts.evidence import Evidence

# Characters of a result in which the moments of a query are looked for.
_RESULT_CHARS = 4000
_ORDINAL_DAY = re.compile(r"\b([4-9]|[12]\d|3[01])(?:st|nd|rd|th)\b")


@dataclass(frozen=True, slots=True)
class Served:
    """What the rules can say: the clauses that a step serves, those that none serves by them, and the steps that no
    clause asks for. ``by_word`` are those served ones that say no value of a step, and only share words with one,
    ``asked_by_word`` the steps that only such a clause asks for.
    """

    served: tuple[Clause, ...]
    by_word: tuple[Clause, ...]
    open_clauses: tuple[Clause, ...]
    unasked: tuple[Step, ...]
    asked_by_word: tuple[Step, ...]


def served(query: str, workflow: Workflow, tools: Mapping[str, Tool], demands: Sequence[Demand]) -> Served:
    """Match the clauses of ``query`` with the steps of ``workflow``.

    Each step serves the clauses that say its values, and one more that shares a word with what its tool does: two
    clauses that only share a word with one step ask for two things. Which of two clauses, or of two calls, that fit
    one another is one too many, words do not tell: then both are open.
    """
    matching = _Matching(query, workflow.steps, tools, demands)
    left = matching.left
    return Served(
        served=tuple(matching.parts[n] for n in matching.asking if n not in left),
        by_word=tuple(matching.parts[n] for n in matching.asking if n not in left and not matching.by_value[n]),
        open_clauses=tuple(matching.parts[n] for n in sorted(left)),
        unasked=tuple(step for step in workflow.steps if step.id in matching.unasked),
        asked_by_word=tuple(step for step in workflow.steps if step.id in matching.asked_by_word),
    )


class _Matching:
    """The clauses of a query, by number, and the steps that they ask for, by id."""

    def __init__(
        self, query: str, steps: Sequence[Step], tools: Mapping[str, Tool], demands: Sequence[Demand]
    ) -> None:
        self.parts = clauses(query)
        self._query = query
        self._steps = steps
        self._words = {step.id: vocabulary(step, tools) for step in steps}
        self._stated = [(demand.step, mention) for demand in demands for mention in _places(query, demand)]

    @cached_property
    def by_value(self) -> dict[int, set[str]]:
        """For each clause the steps whose values it says."""
        found: dict[int, set[str]] = {number: set() for number in range(len(self.parts))}
        for step, mention in self._stated:
            for number, part in enumerate(self.parts):
                if part.start <= mention.start < part.end:
                    found[number].add(step)
        return found

    @cached_property
    def by_word(self) -> dict[int, dict[str, int]]:
        """For each clause the steps with which it shares telling words, and how many."""
        shared = [{id: len(telling(part.text) & words) for id, words in self._words.items()} for part in self.parts]
        return {n: {id: count for id, count in counts.items() if count} for n, counts in enumerate(shared)}

    @cached_property
    def foreign(self) -> frozenset[int]:
        """The clauses that ask for something nobody has."""
        known = {word for step in self._steps for word in _values(step)}
        evidence, english = _evidence(self._steps), is_english(self._query)
        stated = [mention for _, mention in self._stated]
        asking = (n for n, part in enumerate(self.parts) if part.asks)
        return frozenset(n for n in asking if _foreign(self.parts[n], english, stated, known, evidence))

    @cached_property
    def asking(self) -> tuple[int, ...]:
        """The other clauses that ask for something."""
        asks = (n for n, part in enumerate(self.parts) if part.asks and telling(part.text))
        return tuple(n for n in asks if n not in self.foreign)

    @cached_property
    def _told(self) -> set[str]:
        return set().union(*self.by_value.values())

    @cached_property
    def matched(self) -> dict[int, str]:
        """A step for each clause that shares words with one, those first that share most; each step for one clause.

        Steps whose values a clause says have theirs.
        """
        pairs = [
            (-shared, bool(self.by_value[n]), n, id)  # what says a value has a step already
            for n in self.asking
            for id, shared in self.by_word[n].items()
            if id not in self._told
        ]
        found: dict[int, str] = {}
        for *_, number, step in sorted(pairs):
            if number not in found and step not in found.values():
                found[number] = step
        return found

    def _fits(self, number: int, step: str, other: str) -> bool:
        """Whether the clause would ask for ``step`` as well as for ``other``."""
        return self.by_word[number].get(step, 0) >= self.by_word[number][other]

    @cached_property
    def left(self) -> set[int]:
        """The clauses that are open."""
        rest = (n for n in self.asking if n not in self.matched and not self.by_value[n])
        unserved = {n for n in rest if self._is_open(n)} | self.foreign
        rivals = {
            n
            for n, step in self.matched.items()
            if any(self.by_word[other].get(step, 0) >= self.by_word[n][step] for other in unserved)
        }
        return unserved | {n for n in rivals if not self.by_value[n]}

    def _is_open(self, number: int) -> bool:
        """Whether nothing fits a clause that has no call, or another clause that asks for something fits the same."""
        own = self.by_word[number].keys()
        others = (n for n, part in enumerate(self.parts) if part.asks and n != number)
        return not own or any(self.by_word[other].keys() & own for other in others)

    @cached_property
    def unasked(self) -> set[str]:
        """The steps of which it is open whether a clause asks for them."""
        needed = _used_by(self._steps, self._told | set(self.matched.values()))
        rest = {step.id for step in self._steps if step.id not in needed}
        rivals = {id for n, id in self.matched.items() if any(self._fits(n, other, id) for other in rest)}
        return rest | rivals | set(self._by_the_way())

    @cached_property
    def asked_by_word(self) -> set[str]:
        """The steps that no value and no step which is asked for by one needs: words alone ask for them."""
        return set(self.matched.values()) - _used_by(self._steps, self._told) - self.unasked

    def _by_the_way(self) -> Iterator[str]:
        """The steps that only share words with a clause which says another step's values, and is about that one."""
        needed = {name for step in self._steps for name in step.depends_on}
        for number, step in self.matched.items():
            others = frozenset().union(*(self._words[other] for other in self.by_value[number]))
            own = telling(self.parts[number].text) & self._words[step]
            if self.by_value[number] and not own - others and step not in needed:
                yield step


def _places(query: str, demand: Demand) -> list[Mention]:
    """Where ``query`` says the value of a demand, or conveys the choice."""
    if demand.kind == "value":
        return mentions(query, demand.value, demand.about)
    found = conveys(query, demand.value, demand.about) if demand.kind == "choice" else None
    return [found] if found else []


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
