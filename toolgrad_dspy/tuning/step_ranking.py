"""Which steps of sampled sessions are worth being shown."""

from collections.abc import Iterable
from statistics import mean

from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation


class StepRanking:
    """How good steps are: how many complaints fewer they draw than is usual in their iteration.

    Without the comparison first steps would look best, at which there is hardly anything to be done wrong. Of equals
    the better one goes on from earlier results, which is what the program is for.
    """

    def __init__(self, arena: Evaluator, sessions: Iterable[TaskEvaluation]) -> None:
        self._arena = arena
        drawn: dict[tuple[str, int], list[int]] = {}
        for played in sessions:
            for step in played.steps:
                drawn.setdefault((step.predictor, step.iteration), []).append(self._complaints(played, step))
        self._usual = {where: mean(counts) for where, counts in drawn.items()}

    def best_steps(self, played: TaskEvaluation) -> tuple[Invocation, ...]:
        """The best step of each predictor, the latest of equals."""
        best: dict[str, tuple[tuple[float, bool, int], Invocation]] = {}
        for step in played.steps:
            fewer = self._usual[step.predictor, step.iteration] - self._complaints(played, step)
            rank = (fewer, _builds_on_results(played, step), step.iteration)
            if step.predictor not in best or rank > best[step.predictor][0]:
                best[step.predictor] = (rank, step)
        return tuple(step for _, step in best.values())

    def _complaints(self, played: TaskEvaluation, step: Invocation) -> int:
        return sum(not finding.praise for finding in self._arena.feedback(played, step.role, step.iteration))


def _builds_on_results(played: TaskEvaluation, step: Invocation) -> bool:
    """Whether a proposal of the step, or the report it chose, takes values from results of the workflow."""
    for iteration in played.sessions[step.role].trace.iterations:
        if iteration.number == step.iteration:
            chosen = iteration.selection.report if iteration.selection else None
            origins = (
                origin
                for report in iteration.reports
                if step.role == "proposer" or report.proposal == chosen
                for attempt in report.kept
                for origin in attempt.origins
            )
            return any(origin.kind == "result" and origin.step for origin in origins)
    return False
