"""Whether what a tool gave back is a success: :func:`classify`, and the rules it applies, each testable alone."""

from toolgrad_dspy.tools.verdict.classify import classify
from toolgrad_dspy.tools.verdict.context import NO_CONTEXT, Context
from toolgrad_dspy.tools.verdict.doubt import doubt
from toolgrad_dspy.tools.verdict.empty import EMPTY_ENVELOPES, EMPTY_TEXTS
from toolgrad_dspy.tools.verdict.envelope import Envelope
from toolgrad_dspy.tools.verdict.error_markers import ERROR_MARKERS
from toolgrad_dspy.tools.verdict.error_sentences import COMPLAINTS, ERROR_STATEMENTS
from toolgrad_dspy.tools.verdict.error_shapes import ERROR_SHAPES
from toolgrad_dspy.tools.verdict.parsing import data_in
from toolgrad_dspy.tools.verdict.program_errors import PROGRAM_ERRORS
from toolgrad_dspy.tools.verdict.refusals import REFUSALS, message_only

__all__ = [  # noqa: RUF022 - grouped by topic
    "classify",
    "Context",
    "NO_CONTEXT",
    "doubt",
    # its rules, in the order in which they are tried
    "ERROR_SHAPES",
    "EMPTY_ENVELOPES",
    "ERROR_MARKERS",
    "EMPTY_TEXTS",
    "PROGRAM_ERRORS",
    "ERROR_STATEMENTS",
    "REFUSALS",
    "COMPLAINTS",
    "message_only",
    # what they are applied to
    "Envelope",
    "data_in",
]
