"""Whether what a tool gave back is a success: :func:`judge` and the rules it applies, each testable alone."""

from toolgrad_dspy.tools.verdict.emptiness import ENVELOPES as EMPTY_ENVELOPES
from toolgrad_dspy.tools.verdict.emptiness import TEXTS as EMPTY_TEXTS
from toolgrad_dspy.tools.verdict.envelope import Envelope
from toolgrad_dspy.tools.verdict.judge import judge
from toolgrad_dspy.tools.verdict.marks import MARKS
from toolgrad_dspy.tools.verdict.parsing import data_in
from toolgrad_dspy.tools.verdict.shapes import SHAPES
from toolgrad_dspy.tools.verdict.statements import MESSAGES, STATEMENTS

__all__ = [
    "EMPTY_ENVELOPES",
    "EMPTY_TEXTS",
    "MARKS",
    "MESSAGES",
    "SHAPES",
    "STATEMENTS",
    "Envelope",
    "data_in",
    "judge",
]
