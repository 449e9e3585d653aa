"""Optimizers for the program's prompts, one file each behind one interface."""

from toolgrad_dspy.optimizers.base import Optimizer, Tuning
from toolgrad_dspy.optimizers.registry import OPTIMIZERS, optimizer

__all__ = ["OPTIMIZERS", "Optimizer", "Tuning", "optimizer"]
