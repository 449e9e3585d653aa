"""Optimizers for the program's prompts, one file each behind one interface."""

from toolgrad_dspy.optimizers.base import Budget, Optimizer, Tuning, Usage
from toolgrad_dspy.optimizers.compiling import Compiled, Cost, Evaluation, compile_program, evaluate
from toolgrad_dspy.optimizers.registry import OPTIMIZERS, optimizer

__all__ = [
    "OPTIMIZERS",
    "Budget",
    "Compiled",
    "Cost",
    "Evaluation",
    "Optimizer",
    "Tuning",
    "Usage",
    "compile_program",
    "evaluate",
    "optimizer",
]
