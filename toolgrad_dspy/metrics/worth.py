"""What a session's sample is worth, and its price: pure functions of a session, each in [0, 1], higher is better.

A *useful* step tells something: it repeats no earlier one, and its result is not empty. Whether a result is empty is
the verdict that it had in its session, where ``{}`` from a tool that writes is a success.
"""

from collections.abc import Iterable

from toolgrad_dspy.provenance.repeats import repeated
from toolgrad_dspy.records import Attempt, Iteration, Session, Step

# Tokens per useful step that are worth half of what a free one is. No paper has the figure: it is about what the
# program that ships takes on the bundled world (docs/models.md, "What a sample costs"), so that most prices are told
# apart, cheaper and dearer ones alike.
TOKENS_PER_STEP = 3000


def useful_steps(session: Session) -> float:
    """The share of steps that are useful; 0 without steps."""
    steps = _steps(session)
    return count_useful(session) / len(steps) if steps else 0.0


def picks_determined(session: Session) -> float:
    """The share of picks, one element out of several, that the query determines; 1 without picks, 0 without a query.

    Decided where the texts were examined (``trace.checks``). Nothing counts as determined because nobody decided it.
    """
    if session.sample is None or not session.sample.query:
        return 0.0
    held = [check.holds for check in session.trace.checks if check.about == "pick"]
    return sum(held) / len(held) if held else 1.0


def texts_at_once(session: Session) -> float:
    """1 for an accepted session whose first texts were right, so that nothing was rewritten or salvaged; else 0."""
    return float(session.status == "accepted" and not session.salvaged and not session.trace.rewritten)


def efficiency(session: Session) -> float:
    """What a useful step costs: 1 if nothing, a half at :data:`TOKENS_PER_STEP`, falling to 0; 0 without one.

    Input and output tokens over all roles: what a user pays for, or waits for. LM calls would not tell a prompt of 24
    tools from one of 50, and dollars are known of some models only.
    """
    worth = TOKENS_PER_STEP * count_useful(session)
    return worth / (worth + session.usage.tokens) if worth else 0.0


def count_useful(session: Session) -> int:
    """How many steps of the sample are useful."""
    steps, empty = _steps(session), _empty(session)
    return sum(is_useful(step, steps[:i], empty) for i, step in enumerate(steps))


def is_useful(step: Step, before: tuple[Step, ...], empty: Iterable[str]) -> bool:
    """Whether ``step`` tells something after the steps ``before`` it; ``empty`` names those with an empty result."""
    return step.id not in empty and repeated(step.call, step.observation, before) is None


def chosen_attempts(iteration: Iteration) -> tuple[Attempt, ...]:
    """The attempts of the report that was chosen, those that became steps; none where nothing was."""
    chosen = iteration.selection.report if iteration.selection else None
    return next((report.kept for report in iteration.reports if report.proposal == chosen), ())


def _empty(session: Session) -> frozenset[str]:
    """The steps whose result is empty."""
    # A report that was chosen may have been refused afterwards: then nothing was added, and the pairs are none.
    pairs = (pair for i in session.trace.iterations for pair in zip(i.added, chosen_attempts(i), strict=False))
    return frozenset(name for name, attempt in pairs if attempt.verdict.outcome == "empty")


def _steps(session: Session) -> tuple[Step, ...]:
    return session.sample.workflow.steps if session.sample else ()
