"""Searching for settings with Optuna: quality up, cost down."""

from toolgrad_dspy.sweeps.report import SweepOutcome
from toolgrad_dspy.sweeps.run import Sweep, SweepResult, SweepSpec, sweep
from toolgrad_dspy.sweeps.space import SearchSpace, load_space

__all__ = ["SearchSpace", "Sweep", "SweepOutcome", "SweepResult", "SweepSpec", "load_space", "sweep"]
