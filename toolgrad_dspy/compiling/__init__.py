"""Compiling: score a program, tune it, score it again on tasks that tuning never saw, and save it.

Program files are opened for reading with ``toolgrad_dspy.compiling.programs``.
"""

from toolgrad_dspy.compiling.describe import describe
from toolgrad_dspy.compiling.description import ProgramDescription, TaskCounts, read_description
from toolgrad_dspy.compiling.job import CompileSpec, compile
from toolgrad_dspy.compiling.outputs import check_output, journal_of, next_output
from toolgrad_dspy.compiling.stages import Compiled, Cost, ProgramResult, compile_program, evaluate

__all__ = [
    "CompileSpec",
    "Compiled",
    "Cost",
    "ProgramDescription",
    "ProgramResult",
    "TaskCounts",
    "check_output",
    "compile",
    "compile_program",
    "describe",
    "evaluate",
    "journal_of",
    "next_output",
    "read_description",
]
