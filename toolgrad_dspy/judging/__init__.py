"""What a language model judges of samples and responses."""

from toolgrad_dspy.judging.cache import CachedJudge
from toolgrad_dspy.judging.gate import Gate
from toolgrad_dspy.judging.gate_config import GateConfig
from toolgrad_dspy.judging.judge import Judge

__all__ = ["CachedJudge", "Gate", "GateConfig", "Judge"]
