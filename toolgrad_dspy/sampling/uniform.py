"""Every tool is as likely as every other: ToolGrad's own way (arXiv 2508.04086, section 3)."""

from collections.abc import Sequence
from typing import ClassVar

from toolgrad_dspy.records import Tool
from toolgrad_dspy.sampling.base import Sampler
from toolgrad_dspy.seeding import generator


class Uniform(Sampler):
    """Draws without replacement, anew in each iteration.

    >>> tools = [
    ...     Tool(name=name, source_name=name, description="", parameters={}, source="toys", category="toys")
    ...     for name in ("add", "divide", "multiply", "subtract")
    ... ]
    >>> [[tool.name for tool in Uniform().sample(tools, seed=7, iteration=number, size=2)] for number in (1, 2, 1)]
    [['divide', 'multiply'], ['divide', 'add'], ['divide', 'multiply']]
    """

    name: ClassVar[str] = "uniform"

    def sample(self, tools: Sequence[Tool], seed: int, iteration: int, size: int) -> tuple[Tool, ...]:
        if size >= len(tools):
            return tuple(tools)
        return tuple(generator(seed, iteration, "mini-batch").sample(tools, size))
