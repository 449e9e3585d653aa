"""Running many sessions: the store that keeps them, the engines that run them, progress, and statistics."""

from toolgrad_dspy.runs.configuration import Configuration
from toolgrad_dspy.runs.engines import Done, LocalEngine, RunEngine, Work, execute
from toolgrad_dspy.runs.progress import BarProgress, LineProgress, QuietProgress, RunProgress, run_progress
from toolgrad_dspy.runs.spending import TOOLS, Spending, SpendingLog
from toolgrad_dspy.runs.statistics import RunStatistics, statistics
from toolgrad_dspy.runs.store import RunStore, canonical

__all__ = [
    "TOOLS",
    "BarProgress",
    "Configuration",
    "Done",
    "LineProgress",
    "LocalEngine",
    "QuietProgress",
    "RunEngine",
    "RunProgress",
    "RunStatistics",
    "RunStore",
    "Spending",
    "SpendingLog",
    "Work",
    "canonical",
    "execute",
    "run_progress",
    "statistics",
]
