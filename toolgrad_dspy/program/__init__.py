"""The ToolGrad program: proposer, executor, selector, updater, and the loop that composes them."""

from toolgrad_dspy.program.bases import BaseName, prompts_digest
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.program.schema_notes import schema_notes
from toolgrad_dspy.program.sessions import Tasks, draw, run_session, run_sessions
from toolgrad_dspy.program.storage import (
    StoredProgram,
    all_predictors,
    load_program,
    other_signatures,
    read_program,
    save_program,
    signature_digest,
)
from toolgrad_dspy.program.toolgrad import ToolGrad

__all__ = [
    "BaseName",
    "ProgramConfig",
    "StoredProgram",
    "Tasks",
    "ToolGrad",
    "all_predictors",
    "draw",
    "load_program",
    "other_signatures",
    "prompts_digest",
    "read_program",
    "run_session",
    "run_sessions",
    "save_program",
    "schema_notes",
    "signature_digest",
]
