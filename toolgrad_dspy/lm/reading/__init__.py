"""A model's text as an answer to a signature, in whichever of DSPy's formats the model wrote it."""

from toolgrad_dspy.lm.reading.answer import THOUGHT_TOO_LONG, Fault, Reading, read_answer

__all__ = ["THOUGHT_TOO_LONG", "Fault", "Reading", "read_answer"]
