"""What runs the sessions of a run: on this machine, and one day elsewhere."""

from toolgrad_dspy.runs.engines.base import Done, RunEngine, Work
from toolgrad_dspy.runs.engines.local import LocalEngine, execute

__all__ = ["Done", "LocalEngine", "RunEngine", "Work", "execute"]
