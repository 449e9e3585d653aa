"""The program as an optimizer gets it."""

from collections.abc import Callable
from typing import Any

import dspy

from toolgrad_dspy.lm import Models, Role
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.evaluations import Evaluations
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation

TUNED_ROLES: tuple[Role, ...] = ("proposer", "selector")

# Which steps of a played session an optimizer gets to see.
Shown = Callable[[TaskEvaluation, Evaluator], tuple[Invocation, ...]]


def all_invocations(played: TaskEvaluation) -> tuple[Invocation, ...]:
    """Every step."""
    return played.steps


class Tunable(dspy.Module):
    """Grows a workflow of tool calls from nothing, as an example of how tools are used.

    for each iteration:
        reason, proposals = proposer(tools drawn for it, workflow, lacking, progress)
        reports = what came of each proposal's calls: {"$from", "$path"} gives way to the value meant, tools are run
        reason, report, chain, lacking = selector(workflow, reports that did not fail, progress)
        workflow = workflow + the calls of that report, at the end of that chain
    Last, a query is written that the workflow answers, and a response.

    A task is a seed, by which tools are drawn and their data are made: there is no question, and no right answer.
    """

    def __init__(
        self, program: ToolGrad, models: Models, arena: Evaluator, ledger: Evaluations, shown: Shown
    ) -> None:
        super().__init__()
        # These first: optimizers name predictors by where they find them, and find them once.
        self.proposer = program.proposer
        self.selector = program.selector
        self.program = program
        self._shared = _Shared(models, arena, ledger, shown)
        self._variant: tuple[float | None, int] | None = None

    def forward(self, seed: int, index: int) -> dspy.Prediction:
        """``played`` and its ``score``. The steps shown are added to DSPy's trace."""
        shared = self._shared
        played = shared.ledger.once(
            Prompts.of(self), index, self._variant, lambda: shared.arena.play(self.program, seed, index)
        )
        if dspy.settings.trace is not None:
            predictors = dict(self.named_predictors())
            shown = shared.shown(played, shared.arena)
            dspy.settings.trace.extend(step.entry(predictors[step.predictor]) for step in shown)
        return dspy.Prediction(played=played, score=played.score)

    def showing(self, shown: Shown) -> "Tunable":
        """A copy that shows other steps in traces."""
        copy: Tunable = self.deepcopy()
        copy._shared = _Shared(self._shared.models, self._shared.arena, self._shared.ledger, shown)
        return copy

    def sampled(self, temperature: float, number: int) -> "Tunable":
        """A copy whose proposer and selector answer at ``temperature``; ``number`` tells such copies apart."""
        copy: Tunable = self.deepcopy()
        copy._sample(temperature, number)
        return copy

    def _sample(self, temperature: float | None, number: int) -> None:
        predictors = (self.proposer.predict, self.selector.predict)
        for role, predictor in zip(TUNED_ROLES, predictors, strict=True):
            # A shallow copy: limits, meter and connections stay the role's.
            predictor.lm = self._shared.models.lm(role).copy(temperature=temperature, seed=number)
        self._variant = (temperature, number)

    def get_lm(self) -> dspy.LM:
        """For SIMBA, which wants to sample: it copies this one with another temperature and rollout."""
        return self._shared.models.lm("proposer")

    def set_lm(self, lm: dspy.LM) -> None:
        """As a rule one model for all; here each role keeps its own and takes over temperature and rollout."""
        rollout = lm.kwargs.get("rollout_id")
        if rollout is not None:
            self._sample(lm.kwargs.get("temperature"), int(rollout))


class _Shared:
    """What all copies have in common."""

    def __init__(self, models: Models, arena: Evaluator, ledger: Evaluations, shown: Shown) -> None:
        self.models = models
        self.arena = arena
        self.ledger = ledger
        self.shown = shown

    def __deepcopy__(self, memo: dict[int, object]) -> Any:
        return self
