"""The engines that carry a request to a model, and the meaning of their failures."""

from toolgrad_dspy.lm.engines.base import AsyncEngine, SyncEngine
from toolgrad_dspy.lm.engines.remote import remote_engine

__all__ = ["AsyncEngine", "SyncEngine", "remote_engine"]
