"""The score of a session, in the shapes in which DSPy's optimizers want a metric."""

from typing import Any

import dspy

from toolgrad_dspy.tuning.evaluator import Evaluator
from toolgrad_dspy.tuning.invocations import iteration_of


class Scoring:
    """The metrics to pass to DSPy. Each takes an example, a prediction of a Tunable, and a trace."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def value(self, example: dspy.Example, prediction: dspy.Prediction, trace: object = None) -> float:
        """The score, in [0, 1]."""
        score: float = prediction.score if prediction is not None else 0.0
        return score

    def with_feedback(
        self,
        example: dspy.Example,
        prediction: dspy.Prediction,
        trace: object = None,
        pred_name: str | None = None,
        pred_trace: list[Any] | None = None,
    ) -> dspy.Prediction:
        """The score with feedback: on one invocation of a predictor, or on all invocations."""
        if prediction is None:  # SIMBA scores a session that broke, too
            return dspy.Prediction(score=0.0, feedback="")
        evaluation = prediction.evaluation
        if pred_name is None or not pred_trace:
            return dspy.Prediction(score=prediction.score, feedback=self._on_all(prediction))
        role = pred_name.partition(".")[0]
        findings = self._evaluator.feedback(evaluation, role, iteration_of(pred_trace[0][1]))
        return dspy.Prediction(score=prediction.score, feedback="\n".join(finding.text for finding in findings))

    def _on_all(self, prediction: dspy.Prediction) -> str:
        evaluation = prediction.evaluation
        places = dict.fromkeys((invocation.iteration, invocation.role) for invocation in evaluation.invocations)
        return "\n".join(
            f"iteration {iteration}, {role}: {line}"
            for iteration, role in sorted(places)
            for finding in self._evaluator.feedback(evaluation, role, iteration)
            for line in finding.text.splitlines()
        )
