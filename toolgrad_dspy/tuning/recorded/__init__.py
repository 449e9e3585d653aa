"""Tuning on recorded sessions, without running a tool."""

from toolgrad_dspy.tuning.recorded.evaluator import RecordedEvaluator
from toolgrad_dspy.tuning.recorded.recording import Recording, record

__all__ = ["RecordedEvaluator", "Recording", "record"]
