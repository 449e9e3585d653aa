"""How tools, steps and results stand in a prompt: one line each, with what the next call can use."""

from toolgrad_dspy.rendering.abridge import abridge, brief
from toolgrad_dspy.rendering.cutting import line
from toolgrad_dspy.rendering.steps import (
    EMPTY_WORKFLOW,
    attempt_lines,
    older_step_line,
    report_line,
    shown_forms,
    step_line,
    workflow_lines,
)
from toolgrad_dspy.rendering.tools import ToolLines, schema_line, short_description, signature_line
from toolgrad_dspy.rendering.useful_keys import UsefulKeys

__all__ = [
    "EMPTY_WORKFLOW",
    "ToolLines",
    "UsefulKeys",
    "abridge",
    "attempt_lines",
    "brief",
    "line",
    "older_step_line",
    "report_line",
    "schema_line",
    "short_description",
    "shown_forms",
    "signature_line",
    "step_line",
    "workflow_lines",
]
