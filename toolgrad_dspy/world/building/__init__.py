"""Fills an empty database with the world of a seed."""

from toolgrad_dspy.world.building.build import build

__all__ = ["build"]
