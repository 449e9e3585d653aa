"""Which invocations of sampled sessions are worth showing."""

import re
from collections.abc import Iterable
from statistics import mean

from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation

# Of the lines of feedback, those that say that all is well; the others are complaints.
PRAISE = re.compile(r" ran at once\.$|^The selection is sound\.$|^Nothing was chosen, rightly\.$")


class StepRanking:
    """How good invocations are: how many fewer complaints they draw than is usual in their iteration.

    Without the comparison those of first iterations would look best, where hardly anything can go wrong. Among equals
    the better one builds on earlier results, which is what the program is for.
    """

    def __init__(self, arena: Evaluator, sessions: Iterable[TaskEvaluation]) -> None:
        self._arena = arena
        drawn: dict[tuple[str, int], list[int]] = {}
        for evaluation in sessions:
            for invocation in evaluation.invocations:
                place = (invocation.predictor, invocation.iteration)
                drawn.setdefault(place, []).append(self._complaints(evaluation, invocation))
        self._usual = {place: mean(counts) for place, counts in drawn.items()}

    def best_invocations(self, evaluation: TaskEvaluation) -> tuple[Invocation, ...]:
        """The best invocation of each predictor, the latest of equals."""
        best: dict[str, tuple[tuple[float, bool, int], Invocation]] = {}
        for invocation in evaluation.invocations:
            usual = self._usual[invocation.predictor, invocation.iteration]
            fewer = usual - self._complaints(evaluation, invocation)
            rank = (fewer, _builds_on_results(evaluation, invocation), invocation.iteration)
            if invocation.predictor not in best or rank > best[invocation.predictor][0]:
                best[invocation.predictor] = (rank, invocation)
        return tuple(invocation for _, invocation in best.values())

    def _complaints(self, played: TaskEvaluation, step: Invocation) -> int:
        feedback = self._arena.feedback(played, step.role, step.iteration)
        return sum(not PRAISE.search(line) for line in feedback.splitlines())


def _builds_on_results(evaluation: TaskEvaluation, invocation: Invocation) -> bool:
    """Whether a proposal of it, or the report it chose, takes values from results of the workflow."""
    for iteration in evaluation.sessions[invocation.role].trace.iterations:
        if iteration.number == invocation.iteration:
            chosen = iteration.selection.report if iteration.selection else None
            origins = (
                origin
                for report in iteration.reports
                # A proposer is judged by all its proposals, a selector by the one it chose.
                if invocation.role == "proposer" or report.proposal == chosen
                for attempt in report.kept
                for origin in attempt.origins
            )
            return any(origin.kind == "result" and origin.step for origin in origins)
    return False
