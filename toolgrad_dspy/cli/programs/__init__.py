"""``toolgrad-dspy programs``."""

from toolgrad_dspy.cli.programs.command import app

__all__ = ["app"]
