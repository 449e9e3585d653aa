"""What single iterations of a session add to the components of the metric: pure functions, no model is asked.

An iteration begins with the workflow as it was then: its proposals, their reports, and the selection.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from toolgrad_dspy.metrics.trace_rules import sound, steps_before, worth
from toolgrad_dspy.metrics.worth import chosen_attempts, is_useful
from toolgrad_dspy.provenance.repeats import repeated
from toolgrad_dspy.records import Iteration, Session, Step

# What one iteration adds to a component: so much, of so many. The session's value is the quotient of the sums over
# its iterations.
Amount = tuple[float, int]


@dataclass(frozen=True, slots=True)
class IterationOutcome:
    """An iteration of a session: the workflow's steps ``before`` it, and those it ``adds``.

    ``empty`` names those of the latter whose result is empty.
    """

    session: Session
    iteration: Iteration
    before: tuple[Step, ...]
    adds: tuple[Step, ...]
    empty: frozenset[str] = frozenset()


IterationRule = Callable[[IterationOutcome], Amount]


def iteration_outcome(session: Session, iteration: Iteration) -> IterationOutcome:
    """The outcome of ``iteration``, one of the session's."""
    before = steps_before(session, iteration.number)
    kept = [attempt for attempt in chosen_attempts(iteration) if attempt.observation is not None]
    # Not those in ``iteration.added``: where another program was asked, these are still the recorded ones.
    recorded = [step for step in _steps(session) if step.id in iteration.added]
    first = max((step.number for step in before), default=0) + 1
    adds = tuple(
        Step(
            id=f"s{number}",
            call=a.call,
            observation=a.observation,
            origins=a.origins,
            # Which order state asks for is found out at the end, so that only the recorded calls have it.
            after=next((step.after for step in recorded if step.call == a.call), ()),
        )
        for number, a in enumerate(kept, first)
        if a.observation is not None
    )
    empty = frozenset(s.id for s, a in zip(adds, kept, strict=True) if a.verdict.outcome == "empty")
    return IterationOutcome(session, iteration, before, adds, empty)


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
    fresh = (repeated(s.call, s.observation, before) is None for s, before in _with_earlier(outcome))
    return sum(fresh), len(outcome.adds)


def useful_steps(outcome: IterationOutcome) -> Amount:
    """The added steps that are useful, of all that are added."""
    return sum(is_useful(s, before, outcome.empty) for s, before in _with_earlier(outcome)), len(outcome.adds)


def _with_earlier(outcome: IterationOutcome) -> Iterator[tuple[Step, tuple[Step, ...]]]:
    """Each added step with all that are there before it."""
    for i, step in enumerate(outcome.adds):
        yield step, (*outcome.before, *outcome.adds[:i])


def _steps(session: Session) -> tuple[Step, ...]:
    return session.sample.workflow.steps if session.sample else ()
