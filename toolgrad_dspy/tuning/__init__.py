"""The machinery that every optimizer stands on: where candidates are tried, what that costs, what is kept of it."""

from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.evaluations import TuningBudget, TuningUsage
from toolgrad_dspy.tuning.evaluator import Evaluator, LiveEvaluator
from toolgrad_dspy.tuning.journal import Journal
from toolgrad_dspy.tuning.recorded import RecordedEvaluator, Recording, record

__all__ = [
    "Evaluator",
    "Journal",
    "LiveEvaluator",
    "Prompts",
    "RecordedEvaluator",
    "Recording",
    "TuningBudget",
    "TuningUsage",
    "record",
]
