"""What plays the sessions of a run: on this machine, and one day elsewhere."""

from toolgrad_dspy.runs.engines.base import Done, OpenRun, RunEngine
from toolgrad_dspy.runs.engines.local import LocalEngine
from toolgrad_dspy.runs.engines.pool import SessionPool

__all__ = ["Done", "LocalEngine", "OpenRun", "RunEngine", "SessionPool"]
