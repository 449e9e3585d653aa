"""Whether what a tool gave back is a success: :func:`classify`, and the rules it applies, each testable alone."""

from toolgrad_dspy.tools.verdict.classify import classify, is_empty
from toolgrad_dspy.tools.verdict.empty import EMPTY_ENVELOPES, EMPTY_TEXTS
from toolgrad_dspy.tools.verdict.envelope import Envelope
from toolgrad_dspy.tools.verdict.error_markers import ERROR_MARKERS
from toolgrad_dspy.tools.verdict.error_sentences import ERROR_MESSAGES, ERROR_STATEMENTS
from toolgrad_dspy.tools.verdict.error_shapes import ERROR_SHAPES
from toolgrad_dspy.tools.verdict.parsing import data_in

__all__ = [  # noqa: RUF022 - grouped by topic
    "classify",
    "is_empty",
    # its rules, in the order in which they are tried
    "ERROR_SHAPES",
    "EMPTY_ENVELOPES",
    "ERROR_MARKERS",
    "EMPTY_TEXTS",
    "ERROR_STATEMENTS",
    "ERROR_MESSAGES",
    # what they are applied to
    "Envelope",
    "data_in",
]
