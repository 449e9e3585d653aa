"""Where a candidate is tried out: it plays a task, and the session is scored."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import dspy

from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning.invocations import Step, steps_of


@dataclass(frozen=True, slots=True)
class Played:
    """A task that was played.

    ``score`` is in [0, 1]. ``sessions`` holds the session by role, whose feedback is about its own steps; live both
    are one. ``failure`` is why nothing came about, empty if something did. ``tool_calls`` counts replayed ones too.
    """

    score: float
    sessions: Mapping[str, Session]
    steps: tuple[Step, ...]
    tool_calls: int = 0
    failure: str = ""


class Arena(ABC):
    """A way to play tasks. Called from many threads at once, none of which has an event loop."""

    @abstractmethod
    def play(self, program: ToolGrad, seed: int, index: int) -> Played:
        """Play the session ``index`` of the run seeded by ``seed``. Raises ToolGradError when the run is to end."""

    @abstractmethod
    def feedback(self, played: Played, role: str, iteration: int) -> str:
        """What went well and wrong at the step of ``role`` in ``iteration``, one finding per line."""


class Live(Arena):
    """Whole sessions on real tools, scored by the metric."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def play(self, program: ToolGrad, seed: int, index: int) -> Played:
        with dspy.context(trace=[]):
            session: Session = program(seed=seed, index=index).session
            steps = steps_of(dspy.settings.trace, program)
        return Played(
            score=self._metric.score(session).value,
            sessions=dict.fromkeys(("proposer", "selector"), session),
            steps=steps,
            tool_calls=session.usage.tool_calls + session.usage.replayed_calls,
            failure=session.reason if session.status == "failed" else "",
        )

    def feedback(self, played: Played, role: str, iteration: int) -> str:
        return self._metric.feedback(played.sessions[role], role, iteration)
