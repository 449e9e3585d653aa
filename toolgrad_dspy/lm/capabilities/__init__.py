"""What a model can do: from a list, by probing it, and from the remembered results of earlier probes."""

from toolgrad_dspy.lm.capabilities.known import UNKNOWN, Capabilities, known
from toolgrad_dspy.lm.capabilities.probe import probe
from toolgrad_dspy.lm.capabilities.probe_cache import Probed, remember

__all__ = ["UNKNOWN", "Capabilities", "Probed", "known", "probe", "remember"]
