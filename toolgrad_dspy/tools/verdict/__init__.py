"""Whether what a tool gave back is a success: :func:`classify` and the rules it applies, each testable alone."""

from toolgrad_dspy.tools.verdict.classify import classify
from toolgrad_dspy.tools.verdict.empty import ENVELOPES as EMPTY_ENVELOPES
from toolgrad_dspy.tools.verdict.empty import TEXTS as EMPTY_TEXTS
from toolgrad_dspy.tools.verdict.envelope import Envelope
from toolgrad_dspy.tools.verdict.error_markers import MARKS
from toolgrad_dspy.tools.verdict.error_sentences import MESSAGES, STATEMENTS
from toolgrad_dspy.tools.verdict.error_shapes import SHAPES
from toolgrad_dspy.tools.verdict.parsing import data_in

__all__ = [
    "EMPTY_ENVELOPES",
    "EMPTY_TEXTS",
    "MARKS",
    "MESSAGES",
    "SHAPES",
    "STATEMENTS",
    "Envelope",
    "classify",
    "data_in",
]
