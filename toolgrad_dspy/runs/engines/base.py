"""The contract of a run engine: where the sessions of a run are played."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from toolgrad_dspy.records import Session, Tool
from toolgrad_dspy.runs.spec import RunSpec
from toolgrad_dspy.runs.spending import Spending

Done = Callable[[Session], None]
Say = Callable[[str], None]
Spent = Callable[[Sequence[Spending]], None]


def silent(line: str) -> None:
    """Tell nobody."""


class OpenRun(ABC):
    """A run whose tools are open and whose models have answered, wherever it is played.

    ``tools`` are those of its library, ``notes`` the messages of their sources, and those about
    the schemas of answers, for the user, a line each.
    """

    tools: tuple[Tool, ...]
    notes: tuple[str, ...]

    @abstractmethod
    def carry(self, spent: Iterable[Spending]) -> None:
        """Count what earlier starts of the run have used against the caps. Call it before :meth:`run`."""

    @abstractmethod
    def spending(self) -> list[Spending]:
        """What was used since the last call, also by sessions that were cancelled."""

    @abstractmethod
    async def run(self, indices: Sequence[int], done: Done, spent: Spent | None = None) -> None:
        """Play the sessions ``indices``; return when all have ended, or the engine was stopped.

        ``spent``, if given, gets what :meth:`spending` would give, soon after each call of a model.

        - Each index is played at most once. ``done`` gets each session when it ends, one at a time and always in the
          process that called this method: it may write to a store.
        - An error that ends the run, or one from ``done``, is raised here: no session starts after it, those in
          flight are cancelled and have ended. Sessions that ended before it have been given to ``done``.
        - A budget that is used up lets those in flight end, as far as it pays for them.
        - A session in which a model did not answer has not been played. It is tried once more, after the others, and
          if that does not help UnansweredError is raised at the end.
        - The order of the results is not fixed, and nothing a session computes depends on it.
        """


class RunEngine(ABC):
    """Plays runs, one at a time."""

    @abstractmethod
    def open(self, spec: RunSpec, say: Say = silent) -> AbstractAsyncContextManager[OpenRun]:
        """Build what ``spec`` describes where it will be played, and close it at the end. Raises ToolGradError.

        ``say`` gets what the user should know while the run goes on, a line each: that it waits for a model, for
        example.
        """

    @abstractmethod
    def stop(self) -> bool:
        """Start no more sessions; a second call cancels those in flight at once. Call it on the loop.

        Returns whether there is a run that comes to its end by that. Before one is open, while servers start and
        models are asked, there is nothing that could end well: then whoever waits for :meth:`open` has to cancel it.
        """

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called during this run."""
