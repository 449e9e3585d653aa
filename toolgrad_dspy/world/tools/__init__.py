"""The tools of the world, by subject."""

from toolgrad_dspy.world.tools.toolboxes import TOOLBOXES

__all__ = ["TOOLBOXES"]
