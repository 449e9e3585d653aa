"""What single iterations of a session add to the components of the metric: pure functions, no model is asked.

An iteration begins with the workflow as it was then: its proposals, their reports, and the selection.
"""

from collections.abc import Callable
from dataclasses import dataclass

from toolgrad_dspy.metrics.trace_rules import sound, steps_before, worth
from toolgrad_dspy.provenance.repeats import repeated
from toolgrad_dspy.records import Iteration, Session, Step

# What one iteration adds to a component: so much, of so many. The session's value is the quotient of the sums over
# its iterations.
Amount = tuple[float, int]


@dataclass(frozen=True, slots=True)
class IterationOutcome:
    """An iteration of a session: the workflow's steps ``before`` it, and those it ``adds``."""

    session: Session
    iteration: Iteration
    before: tuple[Step, ...]
    adds: tuple[Step, ...]


IterationRule = Callable[[IterationOutcome], Amount]


def iteration_outcome(session: Session, iteration: Iteration) -> IterationOutcome:
    """The outcome of ``iteration``, one of the session's."""
    before = steps_before(session, iteration.number)
    chosen = iteration.selection.report if iteration.selection else None
    kept = next((report.kept for report in iteration.reports if report.proposal == chosen), ())
    # Not those in ``iteration.added``: where another program was asked, these are still the recorded ones.
    adds = tuple(
        Step(id=f"s{number}", call=a.call, observation=a.observation, origins=a.origins)
        for number, a in enumerate(kept, len(before) + 1)
        if a.observation is not None
    )
    return IterationOutcome(session, iteration, before, adds)


def executed(outcome: IterationOutcome) -> Amount:
    """What the proposals are worth, of their number."""
    reports = outcome.iteration.reports
    return sum(worth(report) for report in reports), len(reports)


def sound_selections(outcome: IterationOutcome) -> Amount:
    """Whether the selection is sound; nothing where there was none."""
    if outcome.iteration.selection is None:
        return 0, 0
    return sound(outcome.session, outcome.iteration), 1


def growth(outcome: IterationOutcome) -> Amount:
    """Whether anything is added."""
    return bool(outcome.adds), 1


def dependent(outcome: IterationOutcome) -> Amount:
    """The added steps that use an earlier result, of those that could: the workflow's very first one cannot."""
    able = outcome.adds if outcome.before else outcome.adds[1:]
    return sum(bool(step.depends_on) for step in able), len(able)


def distinct_tools(outcome: IterationOutcome) -> Amount:
    """The tools that are new to the workflow, of the added steps."""
    used = {step.call.tool for step in outcome.before}
    return len({step.call.tool for step in outcome.adds} - used), len(outcome.adds)


def no_redundancy(outcome: IterationOutcome) -> Amount:
    """The added steps that repeat none before them, of all that are added."""
    steps = (*outcome.before, *outcome.adds)
    first = len(outcome.before)
    fresh = (repeated(s.call, s.observation, steps[: first + i]) is None for i, s in enumerate(outcome.adds))
    return sum(fresh), len(outcome.adds)
