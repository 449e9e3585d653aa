"""Where argument values come from, and whether a text states one. No model is asked."""

from toolgrad_dspy.provenance.dependencies import attempts_to_keep
from toolgrad_dspy.provenance.made_up import made_up_value, unknowable
from toolgrad_dspy.provenance.origins import (
    EarlierResult,
    OriginFault,
    distinctive,
    origin_faults,
    rederived,
    trace_origins,
)
from toolgrad_dspy.provenance.placeholders import is_placeholder, is_template
from toolgrad_dspy.provenance.references import UnresolvedReferenceError, resolve
from toolgrad_dspy.provenance.statements import About, Mention, contains, conveys, mentions, same_value, states

__all__ = [
    "About",
    "EarlierResult",
    "Mention",
    "OriginFault",
    "UnresolvedReferenceError",
    "attempts_to_keep",
    "contains",
    "conveys",
    "distinctive",
    "is_placeholder",
    "is_template",
    "made_up_value",
    "mentions",
    "origin_faults",
    "rederived",
    "resolve",
    "same_value",
    "states",
    "trace_origins",
    "unknowable",
]
