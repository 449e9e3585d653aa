"""The contract of a run engine: where the sessions of a run are played."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from toolgrad_dspy.records import Session, Tool
from toolgrad_dspy.runs.spec import RunSpec
from toolgrad_dspy.runs.spending import Spending

Done = Callable[[Session], None]


class OpenRun(ABC):
    """A run whose tools are open and whose models have answered, wherever it is played.

    ``tools`` are those of its library, ``notes`` what their sources have to tell the user, a line each.
    """

    tools: tuple[Tool, ...]
    notes: tuple[str, ...]

    @abstractmethod
    def carry(self, spent: Iterable[Spending]) -> None:
        """Charge the caps with what earlier starts of the run have used. Before :meth:`run`."""

    @abstractmethod
    def spending(self) -> list[Spending]:
        """What was used since the last time this was asked, sessions that were cut short included."""

    @abstractmethod
    async def run(self, indices: Sequence[int], done: Done) -> None:
        """Play the sessions ``indices``; return when all have ended, or the engine was stopped.

        - Each index is played at most once, and ``done`` gets each session that ends, as it ends, never two at once
          and always in the process that called this: it may write to a store.
        - An error that ends the run, or one from ``done``, is raised here: no session starts after it, those in
          flight are cancelled and have ended. Sessions that ended before have been handed over.
        - The order of the results is not fixed, and nothing a session computes depends on it.
        """


class RunEngine(ABC):
    """Plays runs, one at a time."""

    @abstractmethod
    def open(self, spec: RunSpec) -> AbstractAsyncContextManager[OpenRun]:
        """Build what ``spec`` describes where it will be played, and close it in the end. Raises ToolGradError."""

    @abstractmethod
    def stop(self) -> None:
        """Ask for an end: no session starts any more. A second call cancels those in flight at once."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called in this run."""
