"""The optimization metric on single steps: what another program does at the states of a session that was recorded.

A step is one iteration, begun from the recorded workflow: its proposals, their reports, and the selection among them.
The session as a whole is known for the program that was recorded; for another one it is estimated. Each part is the
session's own value, plus the difference that the other program makes to it over the steps it was asked about.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.metrics.components import PARTS
from toolgrad_dspy.metrics.metric import Metric, Score
from toolgrad_dspy.metrics.sample_rules import repeated
from toolgrad_dspy.metrics.trace_rules import sound, steps_before, worth
from toolgrad_dspy.records import Iteration, Session, Step

# What one step adds to a part: so much, of so many. A session's part is the quotient of the sums over its steps.
Amount = tuple[float, int]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """An iteration of a session: the steps ``before`` it, and those it ``adds``."""

    session: Session
    iteration: Iteration
    before: tuple[Step, ...]
    adds: tuple[Step, ...]


def _executed(outcome: _Outcome) -> Amount:
    reports = outcome.iteration.reports
    return sum(worth(report) for report in reports), len(reports)


def _sound(outcome: _Outcome) -> Amount:
    if outcome.iteration.selection is None:
        return 0, 0
    return sound(outcome.session, outcome.iteration), 1


def _growth(outcome: _Outcome) -> Amount:
    return bool(outcome.adds), 1


def _dependent(outcome: _Outcome) -> Amount:
    able = outcome.adds if outcome.before else outcome.adds[1:]
    return sum(bool(step.depends_on) for step in able), len(able)


def _distinct_tools(outcome: _Outcome) -> Amount:
    used = {step.call.tool for step in outcome.before}
    return len({step.call.tool for step in outcome.adds} - used), len(outcome.adds)


def _no_redundancy(outcome: _Outcome) -> Amount:
    steps = (*outcome.before, *outcome.adds)
    first = len(outcome.before)
    fresh = (repeated(s.call, s.observation, steps[: first + i]) is None for i, s in enumerate(outcome.adds))
    return sum(fresh), len(outcome.adds)


# The parts of ``components.PARTS`` that steps tell something about. The others need the whole sample: its texts
# (known_origins, valid, no_leak, length), its longest chain (chain_depth), or a judge.
STEP_PARTS: Mapping[str, Callable[[_Outcome], Amount]] = {
    "executed": _executed,
    "dependent": _dependent,
    "distinct_tools": _distinct_tools,
    "sound_selections": _sound,
    "growth": _growth,
    "no_redundancy": _no_redundancy,
}


class StepMetric:
    """The weighted mean of those parts of ``metric`` that :data:`STEP_PARTS` has, with their weights there.

    Every part is in [0, 1], as there. Raises UsageError when no part is left.
    """

    def __init__(self, metric: Metric) -> None:
        self.weights = {name: weight for name, weight in metric.weights.items() if name in STEP_PARTS and weight}
        if not self.weights:
            raise UsageError(
                f"recorded steps tell nothing about {', '.join(metric.weights)}; tune without a recording, or give a "
                f"weight to one of {', '.join(STEP_PARTS)}"
            )

    def score(self, recorded: Session, played: Session, asked: Collection[int]) -> Score:
        """The score of a program that did as ``played`` tells in the iterations ``asked`` of ``recorded``.

        What did in all of them as was recorded scores what the recorded session does in these parts.
        """
        new, old = self._parts(played, asked), self._parts(recorded, asked)
        parts = {name: min(1.0, max(0.0, PARTS[name](recorded) + new[name] - old[name])) for name in self.weights}
        value = sum(part * self.weights[name] for name, part in parts.items()) / sum(self.weights.values())
        return Score(value, parts)

    def _parts(self, session: Session, numbers: Collection[int]) -> dict[str, float]:
        outcomes = [_outcome(session, one) for one in session.trace.iterations if one.number in numbers]
        found = {}
        for name in self.weights:
            amounts = [STEP_PARTS[name](outcome) for outcome in outcomes]
            of = sum(count for _, count in amounts)
            found[name] = sum(amount for amount, _ in amounts) / of if of else 0.0
        return found


def _outcome(session: Session, iteration: Iteration) -> _Outcome:
    before = steps_before(session, iteration.number)
    chosen = iteration.selection.report if iteration.selection else None
    kept = next((report.kept for report in iteration.reports if report.proposal == chosen), ())
    adds = tuple(
        Step(id=f"s{number}", call=a.call, observation=a.observation, origins=a.origins)
        for number, a in enumerate(kept, len(before) + 1)
        if a.observation is not None
    )
    return _Outcome(session, iteration, before, adds)
