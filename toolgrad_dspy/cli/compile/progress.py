"""Progress of a compile run on standard error: the stages, and how far tuning has come."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from toolgrad_dspy.streams import printable, tell
from toolgrad_dspy.tuning import TuningUsage

# Seconds between two lines where there is no terminal.
INTERVAL = 5.0
_TITLES = {
    "recording": "recording sessions of the base program",
    "tuning": "tuning",
    "comparison": "comparing base and tuned program on the test tasks",
}


class CompileProgress:
    """Writes a line per stage, and how far it has come: in place on a terminal, every few seconds elsewhere.

    The stream is taken when the object is made: optimizers print a lot, and their output is kept away meanwhile.
    ``headline`` is written before the first line that :meth:`say` gets, unless it is empty. ``begun`` tells whether
    a stage has.
    """

    def __init__(self, metric_calls: int, quiet: bool, headline: str = "", stream: TextIO | None = None) -> None:
        self._total = metric_calls
        self._quiet = quiet
        self._headline = headline
        self._stream = stream or sys.stderr
        self._live = self._stream is not None and self._stream.isatty()
        self._last = time.monotonic()
        self.begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Remove the line that is written in place, if there is one."""
        if self._live and not self._quiet:
            tell("\r\x1b[K", self._stream)

    def say(self, line: str) -> None:
        """A line about what is compiled."""
        # Not earlier: a command that is refused is told so in one line.
        headline, self._headline = self._headline, ""
        for text in filter(None, (headline, line)):
            self._write(printable(text), end="\n", clear=True)

    def stage(self, name: str) -> None:
        """A stage begins."""
        self.begun = True
        self._write(_TITLES[name], end="\n", clear=True)

    def show(self, usage: TuningUsage) -> None:
        """Tuning has scored one more session."""
        best = "" if usage.best is None else f", the best {usage.best:.3f}"
        self._now_and_then(f"{usage.metric_calls}/{self._total} sessions scored{best}")

    def count(self, ended: int, of: int) -> None:
        """One more session of another stage has ended."""
        self._now_and_then(f"{ended}/{of} sessions")

    def _now_and_then(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last < (0.1 if self._live else INTERVAL):
            return
        self._last = now
        self._write(f"  {text}", end="" if self._live else "\n", clear=self._live)

    def _write(self, text: str, *, end: str, clear: bool) -> None:
        if not self._quiet:
            tell(("\r\x1b[K" if clear and self._live else "") + text + end, self._stream)
