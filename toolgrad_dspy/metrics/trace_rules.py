"""Rule metrics on a session's trace, and on its single iterations: pure functions, each in [0, 1], higher is better.

No model is asked. Those on the sample are in ``sample_rules.py``.
"""

from toolgrad_dspy.records import Iteration, Report, Session, Step

# What a proposal is worth that ran only after a model mended it: it works, at the price of more LM calls.
REPAIRED = 0.5


def executed(session: Session) -> float:
    """Yield: the share of proposals that ran to the end; one that needed a repair counts :data:`REPAIRED`.

    0 when nothing was proposed.
    """
    reports = [report for iteration in session.trace.iterations for report in iteration.reports]
    return sum(worth(report) for report in reports) / len(reports) if reports else 0.0


def worth(report: Report) -> float:
    """What one proposal counts in :func:`executed`."""
    if report.outcome == "failed" or report.reason:
        return 0.0
    return REPAIRED if any(attempt.turn for attempt in report.attempts) else 1.0


def sound_selections(session: Session) -> float:
    """The share of selections that needed no correction and took a report worth taking.

    Not sound: a chain that the argument origins contradict, an empty or redundant report, and taking nothing although
    a report with something new was there.
    """
    judged = [sound(session, iteration) for iteration in session.trace.iterations if iteration.selection is not None]
    return sum(judged) / len(judged) if judged else 0.0


def sound(session: Session, iteration: Iteration) -> bool:
    """Whether the iteration's selection is sound, as in :func:`sound_selections`."""
    selection = iteration.selection
    assert selection is not None, "the iteration has a selection"
    before = steps_before(session, iteration.number)
    poor = {r.proposal for r in iteration.reports if r.outcome != "ok" or redundant(r, before)}
    if selection.report is None:
        return all(report.proposal in poor for report in iteration.reports)
    return selection.report not in poor and not selection.note


def growth(session: Session) -> float:
    """The share of iterations that added a step."""
    iterations = session.trace.iterations
    return sum(bool(iteration.added) for iteration in iterations) / len(iterations) if iterations else 0.0


def valid(session: Session) -> float:
    """1 for an accepted session, else 0."""
    return float(session.status == "accepted")


def redundant(report: Report, before: tuple[Step, ...]) -> bool:
    """Whether every call of the report repeats an earlier step: the same tool with the same arguments."""
    return all(any(attempt.call == step.call for step in before) for attempt in report.kept)


def steps_before(session: Session, number: int) -> tuple[Step, ...]:
    """The steps that were there when iteration ``number`` began."""
    later = {name for i in session.trace.iterations if i.number >= number for name in i.added}
    return tuple(step for step in _steps(session) if step.id not in later)


def _steps(session: Session) -> tuple[Step, ...]:
    return session.sample.workflow.steps if session.sample else ()
