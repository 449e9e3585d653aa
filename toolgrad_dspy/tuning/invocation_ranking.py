"""Which invocations of sampled sessions are worth showing."""

from collections.abc import Iterable
from statistics import mean

from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation


class InvocationRanking:
    """How good invocations are: how many fewer complaints they draw than is usual in their iteration.

    Without the comparison those of first iterations would look best, where hardly anything can go wrong. Among equals
    the better one builds on earlier results, which is what the program is for.
    """

    def __init__(self, evaluator: Evaluator, sessions: Iterable[TaskEvaluation]) -> None:
        self._evaluator = evaluator
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

    def _complaints(self, evaluation: TaskEvaluation, invocation: Invocation) -> int:
        findings = self._evaluator.feedback(evaluation, invocation.role, invocation.iteration)
        return sum(not finding.praise for finding in findings)


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
