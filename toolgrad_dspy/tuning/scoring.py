"""The score of a session, in the shapes in which DSPy's optimizers want a metric."""

from typing import Any

import dspy

from toolgrad_dspy.tuning.evaluations import Phase
from toolgrad_dspy.tuning.evaluator import Evaluator


class Scoring:
    """The metrics to pass to DSPy. Each takes an example, a prediction of a Tunable, and a trace."""

    def __init__(self, evaluator: Evaluator, phase: Phase) -> None:
        self._evaluator = evaluator
        self._phase = phase

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
        """The score with feedback: on one invocation of a predictor, or on all invocations. Raises StopTuning."""
        if prediction is None:  # SIMBA scores a session that broke, too
            return dspy.Prediction(score=0.0, feedback="")
        with self._phase.under_way():  # a judge may be asked
            if pred_name is None or not pred_trace:
                feedback = self._on_all(prediction)
            else:
                iteration = prediction.evaluation.iteration_of(pred_trace[0][1])
                feedback = self._on_one(prediction, pred_name.partition(".")[0], iteration)
        return dspy.Prediction(score=prediction.score, feedback=feedback)

    def _on_one(self, prediction: dspy.Prediction, role: str, iteration: int) -> str:
        findings = self._evaluator.feedback(prediction.evaluation, role, iteration)
        return "\n".join(finding.text for finding in findings)

    def _on_all(self, prediction: dspy.Prediction) -> str:
        evaluation = prediction.evaluation
        places = dict.fromkeys((invocation.iteration, invocation.role) for invocation in evaluation.invocations)
        return "\n".join(
            f"iteration {iteration}, {role}: {line}"
            for iteration, role in sorted(places)
            for finding in self._evaluator.feedback(evaluation, role, iteration)
            for line in finding.text.splitlines()
        )
