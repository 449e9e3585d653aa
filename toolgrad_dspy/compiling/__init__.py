"""Compiling: score a program, tune it, score it again."""

from toolgrad_dspy.compiling.stages import Compiled, Cost, Evaluation, compile_program, evaluate

__all__ = ["Compiled", "Cost", "Evaluation", "compile_program", "evaluate"]
