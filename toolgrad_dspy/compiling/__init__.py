"""Compiling: tune a program, compare it with its base on tasks that tuning never saw, and save it.

Program files are opened for reading with ``toolgrad_dspy.compiling.programs``.
"""

from toolgrad_dspy.compiling.comparison import Comparison, ProgramResult, compare_programs
from toolgrad_dspy.compiling.describe import describe
from toolgrad_dspy.compiling.description import ProgramDescription, TaskCounts, read_description
from toolgrad_dspy.compiling.estimate import CompileEstimate, estimate
from toolgrad_dspy.compiling.job import compile
from toolgrad_dspy.compiling.outputs import check_output, journal_of, next_output
from toolgrad_dspy.compiling.spec import ITERATIONS, CompileSpec, check_roles
from toolgrad_dspy.compiling.stages import Compiled, Cost, compile_program

__all__ = [
    "ITERATIONS",
    "Comparison",
    "CompileEstimate",
    "CompileSpec",
    "Compiled",
    "Cost",
    "ProgramDescription",
    "ProgramResult",
    "TaskCounts",
    "check_output",
    "check_roles",
    "compare_programs",
    "compile",
    "compile_program",
    "describe",
    "estimate",
    "journal_of",
    "next_output",
    "read_description",
]
