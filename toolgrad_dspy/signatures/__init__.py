"""One DSPy signature per LM call: the prompts, and what optimizers tune."""

from toolgrad_dspy.signatures.calls import ProposedCall, ProposedWork
from toolgrad_dspy.signatures.check_response import CheckedAnswer, CheckedClaim, CheckResponse
from toolgrad_dspy.signatures.extract import NO_CALL, Extract, ReadRequest, ReadValue
from toolgrad_dspy.signatures.judge_calls import JudgeCalls
from toolgrad_dspy.signatures.judge_instruction import MISSING, ExtractedValue, JudgedPair, JudgeInstruction, Ruling
from toolgrad_dspy.signatures.judge_quality import JudgedRequest, JudgeQuality
from toolgrad_dspy.signatures.judge_result import JudgeResult
from toolgrad_dspy.signatures.propose import Propose
from toolgrad_dspy.signatures.repair import Repair
from toolgrad_dspy.signatures.select import Select
from toolgrad_dspy.signatures.update import Update

__all__ = [
    "MISSING",
    "NO_CALL",
    "CheckResponse",
    "CheckedAnswer",
    "CheckedClaim",
    "Extract",
    "ExtractedValue",
    "JudgeCalls",
    "JudgeInstruction",
    "JudgeQuality",
    "JudgeResult",
    "JudgedPair",
    "JudgedRequest",
    "Propose",
    "ProposedCall",
    "ProposedWork",
    "ReadRequest",
    "ReadValue",
    "Repair",
    "Ruling",
    "Select",
    "Update",
]
