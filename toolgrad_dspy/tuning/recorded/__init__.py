"""Tuning on recorded steps, without tools."""

from toolgrad_dspy.tuning.recorded.evaluator import Recorded
from toolgrad_dspy.tuning.recorded.recording import Recording, record

__all__ = ["Recorded", "Recording", "record"]
