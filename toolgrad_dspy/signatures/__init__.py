"""One DSPy signature per LM call: the prompts, and what optimizers tune."""

from toolgrad_dspy.signatures.propose import Propose, ProposedCall, ProposedWork
from toolgrad_dspy.signatures.repair import Repair
from toolgrad_dspy.signatures.select import Select
from toolgrad_dspy.signatures.update import Update

__all__ = ["Propose", "ProposedCall", "ProposedWork", "Repair", "Select", "Update"]
