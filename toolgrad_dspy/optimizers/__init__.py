"""Optimizers for the program's prompts, one file each behind one interface."""

from toolgrad_dspy.optimizers.arena import Arena, Live
from toolgrad_dspy.optimizers.base import Optimizer, Tuning
from toolgrad_dspy.optimizers.compiling import Compiled, Cost, Evaluation, compile_program, evaluate
from toolgrad_dspy.optimizers.journal import Journal
from toolgrad_dspy.optimizers.ledger import Budget, Usage
from toolgrad_dspy.optimizers.prompts import Prompts
from toolgrad_dspy.optimizers.recorded import Recorded
from toolgrad_dspy.optimizers.recording import Recording, record
from toolgrad_dspy.optimizers.registry import OPTIMIZERS, optimizer

__all__ = [
    "OPTIMIZERS",
    "Arena",
    "Budget",
    "Compiled",
    "Cost",
    "Evaluation",
    "Journal",
    "Live",
    "Optimizer",
    "Prompts",
    "Recorded",
    "Recording",
    "Tuning",
    "Usage",
    "compile_program",
    "evaluate",
    "optimizer",
    "record",
]
