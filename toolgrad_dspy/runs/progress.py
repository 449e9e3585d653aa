"""Progress of a run on stderr: a live bar on a terminal, a line every few seconds elsewhere, nothing if quiet."""

import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TextIO

from toolgrad_dspy.errors import duration
from toolgrad_dspy.records import RoleUsage, Session
from toolgrad_dspy.runs.spending import TOOLS, Spending
from toolgrad_dspy.runs.typical import SessionEstimate
from toolgrad_dspy.streams import tell

NOTHING = SessionEstimate(0, 0, 0, 0.0)
INTERVAL = 5.0
"""Seconds between two lines where there is no terminal."""


class RunProgress(ABC):
    """Counts sessions and shows them; a context manager around the run.

    ``total`` counts all sessions of the run, ``before`` those that are stored from an earlier start.
    """

    def __init__(self, total: int, before: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.finished = before
        self.before = before
        self.counts: Counter[str] = Counter()
        self._used = NOTHING
        self._in_sessions = NOTHING
        self._typical: SessionEstimate | None = None
        self._clock = clock
        self._start = clock()

    def expect(self, typical: SessionEstimate) -> None:
        """What a session is expected to use, until one has ended."""
        self._typical = typical

    def spend(self, entries: Sequence[Spending]) -> None:
        """Count what was used since the last time."""
        for entry in entries:
            if entry.role != TOOLS:
                self._used = self._used.plus(_estimate(entry))
        self.show()

    def add(self, session: Session) -> None:
        """Count a session that ended."""
        self.finished += 1
        self.counts[session.status] += 1
        for role in session.usage.roles.values():
            self._in_sessions = self._in_sessions.plus(_estimate(role))
        self.show()

    def summary(self) -> str:
        """``120/500 sessions, 118 accepted, 2 rejected, 0 failed, 41.2/s, ETA 9 s, 1,104 calls, 3.2M of about 13.4M
        tokens, 0.81 of about 3.37 US dollars``.

        The first number counts the sessions of earlier starts too, the others only those of this start.
        """
        parts = [f"{self.finished}/{self.total} sessions"]
        parts += [f"{self.counts[status]} {status}" for status in ("accepted", "rejected", "failed")]
        seconds = self._clock() - self._start
        ended_now = self.finished - self.before  # a rate with the earlier ones would promise too early an end
        if ended_now and seconds > 0:
            rate = ended_now / seconds
            parts.append(f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.1f} s each")
            if self.finished < self.total:
                parts.append(f"ETA {duration((self.total - self.finished) / rate)}")
        return ", ".join((*parts, *self._spent()))

    def _spent(self) -> Iterator[str]:
        """What was used, and what it will be at the end: by the sessions that have ended, or what is expected."""
        used, count = self._used, self.total - self.before
        if not used.lm_calls:
            return
        yield f"{used.lm_calls:,.0f} calls"
        ended = self.finished - self.before
        each = self._in_sessions.times(1 / ended) if ended else self._typical
        ends = each.times(count) if each is not None and self.finished < self.total else None
        yield _of(used.tokens, None if ends is None else ends.tokens, _millions, "tokens")
        if used.usd:
            yield _of(used.usd, None if ends is None else ends.usd, "{:,.2f}".format, "US dollars")

    def __enter__(self) -> Self:
        self._start = self._clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    @abstractmethod
    def show(self) -> None:
        """Show the current state, if it is time to."""

    @abstractmethod
    def finish(self) -> None:
        """Show the final state."""


class QuietProgress(RunProgress):
    """Shows nothing."""

    def show(self) -> None:
        pass

    def finish(self) -> None:
        pass


class LineProgress(RunProgress):
    """Writes a line when a session ends and the last line is ``interval`` seconds old, and one at the end."""

    def __init__(
        self,
        total: int,
        before: int = 0,
        clock: Callable[[], float] = time.monotonic,
        stream: TextIO | None = None,
        interval: float = INTERVAL,
    ) -> None:
        super().__init__(total, before, clock)
        self._stream = stream or sys.stderr
        self._interval = interval
        self._last = clock()
        self._written = -1  # how many sessions had ended then

    def show(self) -> None:
        now = self._clock()
        if now - self._last >= self._interval:
            self._last = now
            self._write()

    def finish(self) -> None:
        if self._written != self.finished:  # else the last line has said so
            self._write()

    def _write(self) -> None:
        self._written = self.finished
        tell(self.summary() + "\n", self._stream)


class BarProgress(RunProgress):
    """A live bar with rich, redrawn by its own thread."""

    def __init__(self, total: int, before: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        super().__init__(total, before, clock)
        columns = (BarColumn(bar_width=30), TextColumn("{task.description}", markup=False))
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._task = self._bar.add_task(self.summary(), total=total, completed=before)

    def __enter__(self) -> Self:
        self._bar.start()
        return super().__enter__()

    def show(self) -> None:
        self._bar.update(self._task, completed=self.finished, description=self.summary())

    def finish(self) -> None:
        self.show()
        self._bar.stop()


def _of(now: float, end: float | None, shown: Callable[[float], str], unit: str) -> str:
    return f"{shown(now)} {unit}" if end is None else f"{shown(now)} of about {shown(max(now, end))} {unit}"


def _millions(tokens: float) -> str:
    return f"{tokens / 1e6:,.1f}M" if tokens >= 1e6 else f"{tokens / 1e3:,.0f}k"


def _estimate(used: RoleUsage) -> SessionEstimate:
    return SessionEstimate(used.calls, used.input_tokens, used.output_tokens, used.usd)


def run_progress(total: int, before: int = 0, quiet: bool = False) -> RunProgress:
    """The progress for stderr as it is: a bar on a terminal, lines elsewhere, nothing if ``quiet``."""
    if quiet:
        return QuietProgress(total, before)
    live = sys.stderr is not None and sys.stderr.isatty()
    return BarProgress(total, before) if live else LineProgress(total, before)
