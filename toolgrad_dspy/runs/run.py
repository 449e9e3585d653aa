"""A run folder as an object: what a program gets back from ``generate()``, and how it reads a run that is there."""

from collections.abc import Iterator
from pathlib import Path

from toolgrad_dspy.records import Sample, Session, SessionStatus
from toolgrad_dspy.runs.statistics import RunStatistics, statistics
from toolgrad_dspy.runs.store import RunStore


class Run:
    """A run in a folder. Iterating over it gives its accepted samples, in the order of their sessions.

    >>> run = Run("runs/three")
    >>> run, len(run)
    (Run('runs/three', accepted=3, rejected=0, failed=0), 3)
    >>> for sample in run:
    ...     assert sample.query and sample.response

    It is read from the disk each time, one sample after the other, so that a run of any size fits, and one that still
    goes on can be looked at. ``notes`` are the lines that ``generate()`` had to say. Raises UsageError for a folder
    that holds no run (``not_a_run``, ``other_version``); reading a damaged one raises StoreError (``damaged``).
    """

    def __init__(self, folder: str | Path, notes: tuple[str, ...] = ()) -> None:
        self.folder = Path(folder)
        self.notes = notes
        RunStore.open(self.folder).close()

    def __iter__(self) -> Iterator[Sample]:
        for session in self.sessions("accepted", traces=False):
            if session.sample is not None:
                yield session.sample

    def __len__(self) -> int:
        """How many samples were accepted."""
        return self.figures.accepted

    def __repr__(self) -> str:
        figures = self.figures
        counts = ", ".join(f"{status}={getattr(figures, status)}" for status in ("accepted", "rejected", "failed"))
        return f"Run({str(self.folder)!r}, {counts})"

    @property
    def figures(self) -> RunStatistics:
        """What ``toolgrad-dspy stats`` shows."""
        with RunStore.open(self.folder) as store:
            return statistics(store)

    def sessions(self, status: SessionStatus | None = None, traces: bool = True) -> Iterator[Session]:
        """All sessions, or those of one status, each with its reason and the trace of how it came about.

        ``traces=False`` leaves the traces out, which are most of the bytes.
        """
        with RunStore.open(self.folder) as store:
            yield from store.sessions(status, traces)
