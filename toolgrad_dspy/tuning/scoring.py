"""One metric, in the shapes in which DSPy's optimizers want it."""

from collections.abc import Callable
from typing import Any

import dspy

from toolgrad_dspy.tuning.evaluator import Evaluator
from toolgrad_dspy.tuning.invocations import iteration_of


class Scoring:
    """The metrics to hand out. Each takes an example, a prediction of the tunable program, and a trace."""

    def __init__(self, arena: Evaluator) -> None:
        self._arena = arena

    def value(self, example: dspy.Example, prediction: dspy.Prediction, trace: object = None) -> float:
        """The score, in [0, 1]."""
        score: float = prediction.score if prediction is not None else 0.0
        return score

    def worth_showing(self, threshold: float) -> Callable[..., float]:
        """:meth:`value`, and for a demonstration whether it reaches ``threshold``.

        Optimizers pass a trace only when they ask that.
        """

        def metric(example: dspy.Example, prediction: dspy.Prediction, trace: object = None) -> float:
            score = self.value(example, prediction)
            return score if trace is None else float(score >= threshold)

        return metric

    def with_feedback(
        self,
        example: dspy.Example,
        prediction: dspy.Prediction,
        trace: object = None,
        pred_name: str | None = None,
        pred_trace: list[Any] | None = None,
    ) -> dspy.Prediction:
        """The score with feedback: on one step of a predictor, or on all steps."""
        if prediction is None:  # SIMBA scores a session that broke, too
            return dspy.Prediction(score=0.0, feedback="")
        played = prediction.played
        if pred_name is None or not pred_trace:
            return dspy.Prediction(score=prediction.score, feedback=self._on_all(prediction))
        role = pred_name.partition(".")[0]
        findings = self._arena.feedback(played, role, iteration_of(pred_trace[0][1]))
        return dspy.Prediction(score=prediction.score, feedback="\n".join(finding.text for finding in findings))

    def _on_all(self, prediction: dspy.Prediction) -> str:
        played = prediction.played
        steps = dict.fromkeys((step.iteration, step.role) for step in played.steps)
        return "\n".join(
            f"iteration {iteration}, {role}: {line}"
            for iteration, role in sorted(steps)
            for finding in self._arena.feedback(played, role, iteration)
            for line in finding.text.splitlines()
        )
