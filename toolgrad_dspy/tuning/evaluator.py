"""Evaluating a candidate on a task: the session is run, or asked about, and scored."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import dspy

from toolgrad_dspy.lm import LOOP_ROLES, Meter, metered
from toolgrad_dspy.metrics import Finding, Metric
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning.invocations import Invocation, invocations_of
from toolgrad_dspy.tuning.use import NOTHING, Use, session_use


@dataclass(frozen=True, slots=True)
class TaskEvaluation:
    """What a program did on one task.

    ``score`` is in [0, 1]. ``sessions`` holds, by role, the session that feedback on the role is about; live they are
    the same. ``invocations`` are ordered by predictor and iteration. ``failure`` is the reason if no step was
    accepted, else empty. ``tool_calls`` counts replayed calls too. ``use`` is what the evaluation took.
    """

    score: float
    sessions: Mapping[str, Session]
    invocations: tuple[Invocation, ...]
    tool_calls: int = 0
    failure: str = ""
    use: Use = NOTHING

    def iteration_of(self, inputs: Mapping[str, Any]) -> int:
        """The iteration of the invocation that was given ``inputs``; 0 if there is none."""
        given = dict(inputs)
        return next((call.iteration for call in self.invocations if dict(call.inputs) == given), 0)


class Evaluator(ABC):
    """A way to evaluate programs. Called from many threads at once, none of which has an event loop.

    ``whole`` says whether an evaluation runs a whole session, and so costs as much as one.
    """

    whole: bool = True

    def knows(self, seed: int, index: int) -> bool:
        """Whether the task can be evaluated."""
        return True

    def check_roles(self, roles: tuple[str, ...]) -> None:  # noqa: B027 - most can evaluate all
        """Raise UsageError (``role_not_recorded``) unless programs whose ``roles`` are tuned can be evaluated."""

    @abstractmethod
    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        """Evaluate ``program`` on the session ``index`` of the run seeded by ``seed``.

        Raises UnansweredError when a model did not answer, and another ToolGradError when the whole tuning has to
        end; what fails inside the session is a lower score.
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
        started = perf_counter()
        with dspy.context(trace=[]):
            session: Session = program(seed=seed, index=index).session
            invocations = invocations_of(dspy.settings.trace, program, program.config.iterations)
        with metered() as judging:
            score = self._metric.score(session).value
        return TaskEvaluation(
            score=score,
            sessions=dict.fromkeys(LOOP_ROLES, session),
            invocations=invocations,
            tool_calls=session.usage.all_tool_calls,
            failure=session.reason if session.status == "failed" else "",
            use=replace(session_use(session), seconds=0.0).plus(metered_use(judging, perf_counter() - started)),
        )

    def feedback(self, evaluation: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        return self._metric.feedback(evaluation.sessions[role], role, iteration)


def metered_use(meter: Meter, seconds: float) -> Use:
    """What ``meter`` counted in ``seconds``."""
    return Use(meter.calls, sum(role.usd for role in meter.roles().values()), seconds)
