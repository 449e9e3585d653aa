"""Where argument values come from, and what the texts of a sample have to say for them. No model is asked."""

from toolgrad_dspy.provenance.dependencies import attempts_to_keep
from toolgrad_dspy.provenance.made_up import made_up_value, unknowable
from toolgrad_dspy.provenance.origins import EarlierResult, distinctive, trace_origins
from toolgrad_dspy.provenance.placeholders import is_placeholder, is_template
from toolgrad_dspy.provenance.query_rules import (
    QueryRequirements,
    RequiredValue,
    Violation,
    internal_values,
    leaked_names,
    query_requirements,
    violations,
)
from toolgrad_dspy.provenance.references import UnresolvedReferenceError, resolve
from toolgrad_dspy.provenance.statements import contains, states

__all__ = [
    "EarlierResult",
    "QueryRequirements",
    "RequiredValue",
    "UnresolvedReferenceError",
    "Violation",
    "attempts_to_keep",
    "contains",
    "distinctive",
    "internal_values",
    "is_placeholder",
    "is_template",
    "leaked_names",
    "made_up_value",
    "query_requirements",
    "resolve",
    "states",
    "trace_origins",
    "unknowable",
    "violations",
]
