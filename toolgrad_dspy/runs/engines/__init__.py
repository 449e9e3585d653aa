"""Engines play the sessions of a run."""

from toolgrad_dspy.runs.engines.base import Done, OpenRun, RunEngine
from toolgrad_dspy.runs.engines.local import LocalEngine
from toolgrad_dspy.runs.engines.pool import SessionPool

__all__ = ["Done", "LocalEngine", "OpenRun", "RunEngine", "SessionPool"]
