"""Engines run many sessions; the caller says what a session is and what is done with the outcome."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence

from toolgrad_dspy.records import Session

Work = Callable[[int], Awaitable[Session]]
Done = Callable[[Session], None]


class RunEngine(ABC):
    """Runs sessions. What every engine promises:

    - Each index is worked on at most once, and ``done`` gets each session that ends, as it ends, never two at
      once and always in the process that called :meth:`run`: it may write to a store.
    - An exception from ``work`` or ``done`` ends the run: no session starts after it, those in flight are
      cancelled and have ended when :meth:`run` raises it. Sessions that ended before have been handed over.
    - The order of the results is not fixed, and nothing a session computes may depend on it.
    """

    @abstractmethod
    async def run(self, work: Work, indices: Sequence[int], done: Done) -> None:
        """Run ``work(index)`` for all ``indices``; return when all have ended, or the run was stopped."""

    @abstractmethod
    def stop(self) -> None:
        """Ask for an end: no session starts any more. A second call cancels those in flight at once."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called in this run."""
