"""Feedback from a judge's verdicts: the criteria that a sample does not meet, for whom they concern."""

from collections.abc import Mapping

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records import Criterion, Iteration, Judgement

# Characters of a judge's reason that are passed on.
LONGEST = 400

# What a failed criterion means, for the roles whose doing it is. The query's own faults, and the response's, are the
# updater's, which is not tuned.
_SAID: Mapping[Criterion, tuple[frozenset[str], str]] = {
    "alignment": (frozenset({"proposer"}), "By the query, an argument is not right"),
    "sufficiency": (frozenset({"proposer"}), "The calls of the sample leave a request open"),
    "minimality": (frozenset({"proposer"}), "A call of the sample is redundant"),
    "coherence": (frozenset({"proposer", "selector"}), "The steps do not hang together"),
}


def judged_feedback(judgement: Judgement, role: str, iteration: Iteration) -> list[str]:
    """One line per criterion that the sample does not meet and that concerns ``role``, with the judge's reason.

    A failure that is about certain steps is told of the iteration that added one of them only.
    """
    lines = []
    for verdict in judgement.criteria:
        roles, said = _SAID.get(verdict.criterion, (frozenset(), ""))
        elsewhere = verdict.steps and not set(verdict.steps) & set(iteration.added)
        if verdict.holds is False and role in roles and not elsewhere:
            lines.append(f"{said} ({verdict.criterion}): {one_line(verdict.reason, LONGEST).rstrip('.')}.")
    return lines
