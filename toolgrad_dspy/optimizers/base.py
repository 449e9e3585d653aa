"""The contract of an optimizer.

An optimizer takes a program and tasks and returns a program whose proposer and selector prompts it has tuned.
Everything else is frozen: the executor's and the updater's predictors are invisible to it. It runs in the calling
thread and may call the program from many; sessions themselves run on the background loop.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from toolgrad_dspy.judging import Metric
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import Tasks, ToolGrad


@dataclass(frozen=True, slots=True)
class Budget:
    """What tuning may use. ``metric_calls`` counts scored sessions; ``threads`` is how many run at once."""

    metric_calls: int = 240
    threads: int = 8


@dataclass(slots=True)
class Usage:
    """What tuning used: scored sessions, and the tool calls they made."""

    metric_calls: int = 0
    tool_calls: int = 0
    best: float = 0.0


@dataclass(frozen=True, slots=True)
class Tuning:
    """The outcome: the tuned program, and what it took."""

    program: ToolGrad
    usage: Usage
    details: dict[str, object] = field(default_factory=dict)


class Optimizer(ABC):
    """One way to tune. Same seed and a deterministic model: the same program."""

    name: ClassVar[str]

    @abstractmethod
    def tune(
        self,
        program: ToolGrad,
        tasks: Tasks,
        metric: Metric,
        models: Models,
        *,
        budget: Budget,
        seed: int,
        progress: Callable[[Usage], None],
    ) -> Tuning:
        """Tune a copy of ``program`` on ``tasks.train`` and ``tasks.validation``; the test tasks are never run.

        ``progress`` is called after every scored session. Raises RunError when no session could be scored.
        """
