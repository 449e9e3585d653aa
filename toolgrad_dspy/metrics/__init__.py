"""How good a session is: rules, the optimization metric with its feedback, and comparing two programs."""

from toolgrad_dspy.metrics.comparison import Difference, compare
from toolgrad_dspy.metrics.components import ALL_PARTS, JUDGED_PARTS, PARTS, WEIGHTS
from toolgrad_dspy.metrics.config import MetricConfig, build_metric
from toolgrad_dspy.metrics.finding import Finding
from toolgrad_dspy.metrics.metric import Metric, Score

__all__ = [
    "ALL_PARTS",
    "JUDGED_PARTS",
    "PARTS",
    "WEIGHTS",
    "Difference",
    "Finding",
    "Metric",
    "MetricConfig",
    "Score",
    "build_metric",
    "compare",
]
