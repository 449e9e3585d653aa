"""How good a session is: rule metrics, and the optimization metric with its feedback."""

from toolgrad_dspy.judging.metric import PARTS, WEIGHTS, Metric, Score

__all__ = ["PARTS", "WEIGHTS", "Metric", "Score"]
