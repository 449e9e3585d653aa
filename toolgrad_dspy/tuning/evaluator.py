"""Where a candidate is tried out: it plays a task, and the session is scored."""

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
    """A task that was played.

    ``score`` is in [0, 1]. ``sessions`` holds the session by role, whose feedback is about its own steps; live both
    are one. ``failure`` is why nothing came about, empty if something did. ``tool_calls`` counts replayed ones too.
    """

    score: float
    sessions: Mapping[str, Session]
    steps: tuple[Invocation, ...]
    tool_calls: int = 0
    failure: str = ""


class Evaluator(ABC):
    """A way to play tasks. Called from many threads at once, none of which has an event loop."""

    @abstractmethod
    def play(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        """Play the session ``index`` of the run seeded by ``seed``. Raises ToolGradError when the run is to end."""

    @abstractmethod
    def feedback(self, played: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        """What went well and wrong at the invocation of ``role`` in ``iteration``."""


class LiveEvaluator(Evaluator):
    """Whole sessions on real tools, scored by the metric."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def play(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        with dspy.context(trace=[]):
            session: Session = program(seed=seed, index=index).session
            steps = invocations_of(dspy.settings.trace, program)
        return TaskEvaluation(
            score=self._metric.score(session).value,
            sessions=dict.fromkeys(("proposer", "selector"), session),
            steps=steps,
            tool_calls=session.usage.tool_calls + session.usage.replayed_calls,
            failure=session.reason if session.status == "failed" else "",
        )

    def feedback(self, played: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        return self._metric.feedback(played.sessions[role], role, iteration)
