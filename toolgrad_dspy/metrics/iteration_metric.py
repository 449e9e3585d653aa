"""The optimization metric on single iterations: what another program does at the states of a recorded session.

The session as a whole is known for the program that was recorded; for another one it is estimated. Each component is
the session's own value, plus the difference that the other program makes over the iterations it was asked
about (``iteration_rules.py``). Of the useful steps, which the metric's floor counts, it is taken to add as many more
in every iteration as in those.
"""

from collections.abc import Collection, Sequence

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.metrics.components import ITERATION_COMPONENTS, rule_value
from toolgrad_dspy.metrics.iteration_rules import IterationOutcome, iteration_outcome, useful_steps
from toolgrad_dspy.metrics.metric import Metric, Score, scored
from toolgrad_dspy.metrics.worth import count_useful
from toolgrad_dspy.records import Session


class IterationMetric:
    """The weighted mean of those components of ``metric`` that have an iteration rule, with their weights there.

    The others need the whole sample: its texts (known_origins, valid, picks_determined, texts_at_once, no_leak,
    length), its longest chain (chain_depth), its price (efficiency), or a judge. Every component is in [0, 1]. Raises
    UsageError (``no_iteration_rule``) if none is.
    """

    def __init__(self, metric: Metric) -> None:
        self.weights = {
            name: weight for name, weight in metric.weights.items() if name in ITERATION_COMPONENTS and weight
        }
        if not self.weights:
            raise UsageError(
                f"recorded iterations tell nothing about {', '.join(metric.weights)}; tune without a recording, or "
                f"give a weight to one of {', '.join(ITERATION_COMPONENTS)}",
                code="no_iteration_rule",
            )
        self._metric = Metric(self.weights, floor=metric.floor)

    def score(self, recorded: Session, answered: Session, asked: Collection[int]) -> Score:
        """The score of a program that did what ``answered`` holds in the iterations ``asked`` of ``recorded``.

        A program that did the same as was recorded scores what the recorded session does in these components.
        """
        answers, before = _outcomes(answered, asked), _outcomes(recorded, asked)
        new, old = self._values(answers), self._values(before)
        parts = {
            # The difference is an estimate from a few iterations: it may lead out of the range.
            name: min(1.0, max(0.0, rule_value(name, recorded) + new[name] - old[name]))
            for name in self.weights
        }
        more = (_useful(answers) - _useful(before)) * len(recorded.trace.iterations) / max(1, len(before))
        return scored(parts, self._metric, max(0.0, count_useful(recorded) + more))

    def _values(self, outcomes: Sequence[IterationOutcome]) -> dict[str, float]:
        """The components over these iterations alone; 0 where they say nothing about one."""
        values = {}
        for name in self.weights:
            amounts = [ITERATION_COMPONENTS[name](outcome) for outcome in outcomes]
            total = sum(of for _, of in amounts)
            values[name] = sum(amount for amount, _ in amounts) / total if total else 0.0
        return values


def _outcomes(session: Session, numbers: Collection[int]) -> list[IterationOutcome]:
    """What the iterations ``numbers`` come to."""
    return [iteration_outcome(session, i) for i in session.trace.iterations if i.number in numbers]


def _useful(outcomes: Sequence[IterationOutcome]) -> float:
    """The useful steps that they add."""
    return sum(useful_steps(outcome)[0] for outcome in outcomes)
