"""The contract of a sampler."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from toolgrad_dspy.records import Tool


class Sampler(ABC):
    """Draws a mini-batch for each iteration of a session. What every sampler promises:

    - The same arguments give the same tools: nothing random but what is seeded by them, no state between calls.
    - Each tool at most once, ``size`` of them; all ``tools`` when there are no more than that.
    """

    name: ClassVar[str]

    @abstractmethod
    def sample(self, tools: Sequence[Tool], seed: int, iteration: int, size: int) -> tuple[Tool, ...]:
        """The mini-batch of ``iteration`` (counted from 1) in the session with ``seed``, out of ``tools``."""
