"""``toolgrad-dspy generate``."""

from toolgrad_dspy.cli.generate.command import generate

__all__ = ["generate"]
