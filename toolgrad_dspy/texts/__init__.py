"""What the texts of a sample have to say, and whether they do, by rules. No model is asked."""

from toolgrad_dspy.texts.claims import Claim, claims
from toolgrad_dspy.texts.demands import Demand, demands
from toolgrad_dspy.texts.examination import Examination, Question, Violation, ViolationCode, examine, reasons
from toolgrad_dspy.texts.internal import internal_values, leaked_names, told_ids
from toolgrad_dspy.texts.picks import Pick, determined_by
from toolgrad_dspy.texts.taking import picks

__all__ = [
    "Claim",
    "Demand",
    "Examination",
    "Pick",
    "Question",
    "Violation",
    "ViolationCode",
    "claims",
    "demands",
    "determined_by",
    "examine",
    "internal_values",
    "leaked_names",
    "picks",
    "reasons",
    "told_ids",
]
