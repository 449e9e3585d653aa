"""The command line: one file per command."""

from toolgrad_dspy.cli.app import main

__all__ = ["main"]
