"""The embedded default model: not a language model, but a scripted, deterministic stand-in for every role.

It reads nothing but the request, through the same adapters, parsing and metering as any other model, and costs
nothing. It fills arguments from schemas and from values in earlier results, and writes plain template queries. It
obeys its instruction: a set of named habits (``habits.py``) is off until the prompt asks for one in words or shows it
by example, and its reflection role words new instructions from feedback. So optimizers have something real to find.
What is measured on it proves the machinery, not a language model's gain.
"""

from toolgrad_dspy.lm.rehearsal.engine import AsyncRehearsalEngine, RehearsalEngine
from toolgrad_dspy.lm.rehearsal.habits import HABITS, Habit, active

__all__ = ["HABITS", "AsyncRehearsalEngine", "Habit", "RehearsalEngine", "active"]
