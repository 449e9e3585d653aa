"""The program as an optimizer gets it."""

from collections.abc import Callable
from typing import Self

import dspy

from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.evaluations import Phase
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation

# Which invocations of an evaluated session an optimizer sees in traces, and in which order.
Visible = Callable[[TaskEvaluation, Evaluator], tuple[Invocation, ...]]


class TunableModule(dspy.Module):
    """What an optimizer needs of a program: its predictors, and a task in, an evaluation out.

    Copies share everything but the prompts.
    """

    def __init__(
        self, program: ToolGrad, models: Models, evaluator: Evaluator, phase: Phase, visible: Visible
    ) -> None:
        super().__init__()
        # These first: DSPy names a predictor by the first attribute under which it finds it.
        for role in program.tuned:
            setattr(self, role, getattr(program, role))
        self.program = program
        self._shared = _Shared(models, evaluator, phase, visible)
        self._variant: tuple[float | None, int] | None = None

    def forward(self, seed: int, index: int) -> dspy.Prediction:
        """The ``evaluation`` of the task and its ``score``. The visible invocations are added to DSPy's trace."""
        with self._shared.phase.under_way():
            return self._evaluated(seed, index)

    def _evaluated(self, seed: int, index: int) -> dspy.Prediction:
        shared = self._shared
        evaluation = shared.phase.once(
            Prompts.of(self), index, self._variant, lambda: shared.evaluator.evaluate(self.program, seed, index)
        )
        # Added here and not by the predictors: a session that is not run again has a trace, too.
        if dspy.settings.trace is not None:
            predictors = dict(self.named_predictors())
            visible = shared.visible(evaluation, shared.evaluator)
            dspy.settings.trace.extend(invocation.entry(predictors[invocation.predictor]) for invocation in visible)
        return dspy.Prediction(evaluation=evaluation, score=evaluation.score)

    def within(self, phase: Phase, visible: Visible) -> Self:
        """A copy whose sessions belong to ``phase``, and that shows the ``visible`` invocations in traces."""
        copy: Self = self.deepcopy()
        copy._shared = _Shared(self._shared.models, self._shared.evaluator, phase, visible)
        return copy

    def sampled(self, temperature: float, number: int) -> Self:
        """A copy whose tuned predictors answer at ``temperature``; ``number`` tells such copies apart."""
        copy: Self = self.deepcopy()
        copy._sample(temperature, number)
        return copy

    def _sample(self, temperature: float | None, number: int) -> None:
        for role in self.program.tuned:
            predictor = getattr(self, role).predict
            # A shallow copy: limits, meter and connections stay the role's.
            predictor.lm = self._shared.models.lm(role).copy(temperature=temperature, seed=number)
        self._variant = (temperature, number)

    def get_lm(self) -> dspy.LM:
        """For SIMBA, which samples by a copy of this one with another temperature and rollout."""
        return self._shared.models.lm("proposer")

    def set_lm(self, lm: dspy.LM) -> None:
        """Where other modules take ``lm`` for all predictors, each role keeps its own and takes the sampling only."""
        # SIMBA numbers its samples by rollouts; without one there is nothing to take over.
        rollout = lm.kwargs.get("rollout_id")
        if rollout is not None:
            self._sample(lm.kwargs.get("temperature"), int(rollout))


# DSPy's optimizers put this class into prompts, MIPRO its docstring and SIMBA its source. So all that is here is a
# description of the program; its wording is part of those prompts.
class Tunable(TunableModule):
    """Grows a workflow of tool calls from nothing, as an example of how tools are used.

    for each iteration:
        reason, proposals = proposer(tools drawn for it, workflow, lacking, progress)
        reports = what came of each proposal's calls: {"$from", "$path"} gives way to the value meant, tools are run
        reason, report, chain, lacking = selector(workflow, reports that did not fail, progress)
        workflow = workflow + the calls of that report, at the end of that chain
    Last, a query is written that the workflow answers, and a response.

    A task is a seed, by which tools are drawn and their data are made: there is no question, and no right answer.
    """


class _Shared:
    """What all copies have in common."""

    def __init__(self, models: Models, evaluator: Evaluator, phase: Phase, visible: Visible) -> None:
        self.models = models
        self.evaluator = evaluator
        self.phase = phase
        self.visible = visible

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
