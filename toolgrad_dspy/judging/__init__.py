"""How good a session is: rule metrics, a language model's verdicts, and the optimization metric with its feedback."""

from toolgrad_dspy.judging.config import MetricConfig, build_metric
from toolgrad_dspy.judging.judge import Judge
from toolgrad_dspy.judging.metric import Metric, Score
from toolgrad_dspy.judging.parts import ALL_PARTS, JUDGED_PARTS, PARTS, WEIGHTS
from toolgrad_dspy.judging.session_judge import SessionJudge

__all__ = [
    "ALL_PARTS",
    "JUDGED_PARTS",
    "PARTS",
    "WEIGHTS",
    "Judge",
    "Metric",
    "MetricConfig",
    "Score",
    "SessionJudge",
    "build_metric",
]
