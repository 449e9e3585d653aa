"""Evaluating a candidate on a task: the session is run, or asked about, and scored."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import dspy

from toolgrad_dspy.metrics import Finding, Metric
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning.invocations import Invocation, invocations_of


@dataclass(frozen=True, slots=True)
class TaskEvaluation:
    """What a program did on one task.

    ``score`` is in [0, 1]. ``sessions`` holds, by role, the session that feedback on the role is about; live they are
    the same. ``invocations`` are ordered by predictor and iteration. ``failure`` is the reason if no step was
    accepted, else empty. ``tool_calls`` counts replayed calls too.
    """

    score: float
    sessions: Mapping[str, Session]
    invocations: tuple[Invocation, ...]
    tool_calls: int = 0
    failure: str = ""


class Evaluator(ABC):
    """A way to evaluate programs. Called from many threads at once, none of which has an event loop."""

    @abstractmethod
    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        """Evaluate ``program`` on the session ``index`` of the run seeded by ``seed``.

        Raises ToolGradError when the whole tuning has to end; what fails inside the session is a lower score.
        """

    @abstractmethod
    def feedback(self, evaluation: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        """What went well and wrong at the invocation of ``role`` in ``iteration``."""


class LiveEvaluator(Evaluator):
    """Runs whole sessions on real tools, scored by the metric.

    >>> from toolgrad_dspy.metrics import Metric
    >>> evaluator = LiveEvaluator(Metric())
    """

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        with dspy.context(trace=[]):
            session: Session = program(seed=seed, index=index).session
            invocations = invocations_of(dspy.settings.trace, program)
        return TaskEvaluation(
            score=self._metric.score(session).value,
            sessions=dict.fromkeys(("proposer", "selector"), session),
            invocations=invocations,
            tool_calls=session.usage.all_tool_calls,
            failure=session.reason if session.status == "failed" else "",
        )

    def feedback(self, evaluation: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        return self._metric.feedback(evaluation.sessions[role], role, iteration)
