"""What is stored and passed on. Imports nothing else of the package."""

from toolgrad_dspy.records.answer import AnswerFault, AnswerFaultKind
from toolgrad_dspy.records.base import Record
from toolgrad_dspy.records.call import ErrorKind, Observation, OutcomeKind, ToolCall, ToolError, Verdict
from toolgrad_dspy.records.check import Check, CheckedBy, CheckSubject
from toolgrad_dspy.records.identity import ByIdentity
from toolgrad_dspy.records.judgement import (
    Criterion,
    CriterionJudgement,
    JudgeCall,
    JudgeGroup,
    Judgement,
    Quality,
    RequestScore,
)
from toolgrad_dspy.records.keys import alike, in_words, key_words, names_id, opaque
from toolgrad_dspy.records.pointer import PointerError, escape, last_key, leaves, lookup
from toolgrad_dspy.records.proposal import Attempt, DraftCall, Proposal, Report, Selection
from toolgrad_dspy.records.session import (
    JUDGED,
    UNDECIDED,
    Iteration,
    RoleUsage,
    Sample,
    Session,
    SessionStatus,
    ToolUsage,
    Trace,
    Usage,
)
from toolgrad_dspy.records.tool import Tool, ToolAnnotations
from toolgrad_dspy.records.workflow import Chain, Origin, OriginKind, Source, Step, Workflow

__all__ = [
    "JUDGED",
    "UNDECIDED",
    "AnswerFault",
    "AnswerFaultKind",
    "Attempt",
    "ByIdentity",
    "Chain",
    "Check",
    "CheckSubject",
    "CheckedBy",
    "Criterion",
    "CriterionJudgement",
    "DraftCall",
    "ErrorKind",
    "Iteration",
    "JudgeCall",
    "JudgeGroup",
    "Judgement",
    "Observation",
    "Origin",
    "OriginKind",
    "OutcomeKind",
    "PointerError",
    "Proposal",
    "Quality",
    "Record",
    "Report",
    "RequestScore",
    "RoleUsage",
    "Sample",
    "Selection",
    "Session",
    "SessionStatus",
    "Source",
    "Step",
    "Tool",
    "ToolAnnotations",
    "ToolCall",
    "ToolError",
    "ToolUsage",
    "Trace",
    "Usage",
    "Verdict",
    "Workflow",
    "alike",
    "escape",
    "in_words",
    "key_words",
    "last_key",
    "leaves",
    "lookup",
    "names_id",
    "opaque",
]
