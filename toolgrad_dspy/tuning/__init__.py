"""The machinery that every optimizer stands on: where candidates are tried, what that costs, what is kept of it."""

from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.evaluations import Budget, Usage
from toolgrad_dspy.tuning.evaluator import Arena, Live
from toolgrad_dspy.tuning.journal import Journal
from toolgrad_dspy.tuning.recorded import Recorded, Recording, record

__all__ = ["Arena", "Budget", "Journal", "Live", "Prompts", "Recorded", "Recording", "Usage", "record"]
