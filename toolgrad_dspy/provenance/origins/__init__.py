"""Where argument values come from: the user, a result, the tool's schema."""

from toolgrad_dspy.provenance.origins.derived import rederived
from toolgrad_dspy.provenance.origins.earlier import KNOWN_IDS, LONGEST_ID, EarlierResult
from toolgrad_dspy.provenance.origins.faults import FaultCode, OriginFault, origin_faults
from toolgrad_dspy.provenance.origins.kinds import distinctive
from toolgrad_dspy.provenance.origins.trace import trace_origins

__all__ = [
    "KNOWN_IDS",
    "LONGEST_ID",
    "EarlierResult",
    "FaultCode",
    "OriginFault",
    "distinctive",
    "origin_faults",
    "rederived",
    "trace_origins",
]
