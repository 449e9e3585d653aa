"""How the mini-batch of tools that a proposer sees is drawn."""

from toolgrad_dspy.sampling.base import Sampler
from toolgrad_dspy.sampling.uniform import Uniform

__all__ = ["Sampler", "Uniform"]
