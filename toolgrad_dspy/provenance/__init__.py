"""Where argument values come from, and what the texts of a sample have to say for them. No model is asked."""

from toolgrad_dspy.provenance.dependencies import needed
from toolgrad_dspy.provenance.mentions import contains, states
from toolgrad_dspy.provenance.origins import Result, alike, distinctive, trace
from toolgrad_dspy.provenance.query_rules import Demand, Demands, demands, internal_values, leaked_names, violations
from toolgrad_dspy.provenance.references import UnresolvedReferenceError, resolve

__all__ = [
    "Demand",
    "Demands",
    "Result",
    "UnresolvedReferenceError",
    "alike",
    "contains",
    "demands",
    "distinctive",
    "internal_values",
    "leaked_names",
    "needed",
    "resolve",
    "states",
    "trace",
    "violations",
]
