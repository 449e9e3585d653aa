"""Optimizers for the program's prompts, one file each behind one interface."""

from toolgrad_dspy.optimizers.base import Optimizer, TuningResult
from toolgrad_dspy.optimizers.registry import OPTIMIZERS, optimizer, register

__all__ = ["OPTIMIZERS", "Optimizer", "TuningResult", "optimizer", "register"]
