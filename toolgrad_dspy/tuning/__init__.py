"""What every optimizer stands on: candidates, ways to evaluate them, a budget, and a journal to resume from."""

from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.evaluations import StopTuning, TuningUsage
from toolgrad_dspy.tuning.evaluator import Evaluator, LiveEvaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation
from toolgrad_dspy.tuning.journal import Journal
from toolgrad_dspy.tuning.ledger import DEFAULT_USD, Ledger, TuningBudget
from toolgrad_dspy.tuning.recorded import RecordedEvaluator, Recording, record
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable
from toolgrad_dspy.tuning.use import Use, session_use

__all__ = [
    "DEFAULT_USD",
    "Evaluator",
    "Invocation",
    "Journal",
    "Ledger",
    "LiveEvaluator",
    "Prompts",
    "RecordedEvaluator",
    "Recording",
    "Search",
    "StopTuning",
    "TaskEvaluation",
    "Tunable",
    "TuningBudget",
    "TuningUsage",
    "Use",
    "record",
    "session_use",
]
