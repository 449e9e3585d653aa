"""``toolgrad-dspy compile``."""

from toolgrad_dspy.cli.compile.command import compile_

__all__ = ["compile_"]
