"""How good a session is: rules, the optimization metric with its feedback, and comparing two programs."""

from toolgrad_dspy.metrics.comparison import Difference, compare
from toolgrad_dspy.metrics.components import (
    FLOOR,
    JUDGED_COMPONENTS,
    RULE_COMPONENTS,
    WEIGHTS,
    Judged,
    component_names,
    of_sample,
    register,
    unregister,
)
from toolgrad_dspy.metrics.config import MetricConfig, build_metric
from toolgrad_dspy.metrics.finding import Finding
from toolgrad_dspy.metrics.metric import Metric, Score

__all__ = [
    "FLOOR",
    "JUDGED_COMPONENTS",
    "RULE_COMPONENTS",
    "WEIGHTS",
    "Difference",
    "Finding",
    "Judged",
    "Metric",
    "MetricConfig",
    "Score",
    "build_metric",
    "compare",
    "component_names",
    "of_sample",
    "register",
    "unregister",
]
