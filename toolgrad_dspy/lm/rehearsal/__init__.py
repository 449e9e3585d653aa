"""The embedded default model: not a language model, but a scripted, deterministic stand-in for every role.

It reads nothing but the request, through the same adapters, parsing and metering as any other model, and costs
nothing. It fills arguments from schemas and from values in earlier results, and writes plain template queries. It
obeys its instruction: each of a set of named habits (``habits.py``) is off until the prompt asks for it in words or
shows it by example, and the reflection role writes new instructions from feedback. So optimizers have something real
to find. What is measured on it shows that the machinery works, not what a language model would gain.
"""

from toolgrad_dspy.lm.rehearsal.engine import RehearsalEngine
from toolgrad_dspy.lm.rehearsal.habits import HABITS, Habit, active

__all__ = ["HABITS", "Habit", "RehearsalEngine", "active"]
