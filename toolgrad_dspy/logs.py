"""The log: what happened, a line each, for people who look into a long run.

The package's modules tell it to loggers of their own below ``toolgrad_dspy``, as libraries do: nothing is written
unless a program sets up :mod:`logging`, or a command is told to (:func:`logged`). There, each line has the time
(UTC), the level, the process, the logger, and the session that it is about; secrets are masked, and nothing that a
terminal would obey is left.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from toolgrad_dspy.errors import os_reason
from toolgrad_dspy.files import store_errors
from toolgrad_dspy.secrets import Hidden, Secret
from toolgrad_dspy.streams import printable, tell

Write = Callable[[str], None]
LogLevel = Literal["debug", "info", "warning", "error"]

PACKAGE = "toolgrad_dspy"
# Loggers of libraries whose warnings are in the log, too.
OTHERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "httpcore", "mcp", "dspy", "optuna", "asyncio")
LONGEST = 4000
"""Characters of a message; the rest is left out, which the line says."""

_SESSION: ContextVar[tuple[int, int] | None] = ContextVar("session", default=None)
_plays = count()
_hidden: set[Secret] = set()
_redacting = Hidden()


@dataclass(frozen=True, slots=True)
class LogTarget:
    """What is logged, and where to: a file that is appended to, or standard error without one."""

    level: LogLevel = "info"
    path: Path | None = None


@contextmanager
def about_session(index: int) -> Iterator[None]:
    """What happens inside is about the session ``index``."""
    before = _SESSION.set((index, next(_plays)))
    try:
        yield
    finally:
        _SESSION.reset(before)


def session_play() -> tuple[int, int] | None:
    """The session that this code works for, if it is known: its index, and a number that tells this play of it from
    every other one of the process.
    """
    return _SESSION.get()


def hide_in_logs(secrets: Iterable[Secret]) -> None:
    """Mask ``secrets`` in what is logged from now on, for as long as the process lives."""
    _hidden.update(secrets)


def masked(text: str, *, error: bool = False) -> str:
    """``text`` without the secrets of :func:`hide_in_logs`; more is masked in the text of an ``error``."""
    global _redacting
    if len(_redacting.secrets) != len(_hidden):
        _redacting = Hidden(_hidden)
    return (_redacting.errors if error else _redacting.results).text(text)


@contextmanager
def logged(target: LogTarget | None) -> Iterator[None]:
    """Write the log to ``target`` meanwhile; None: nowhere. Raises StoreError for a file that cannot be written."""
    if target is None:
        yield
        return
    with ExitStack() as stack:
        write = _to_stderr if target.path is None else stack.enter_context(_opened(target.path))
        level = getattr(logging, target.level.upper())
        for name, least in {PACKAGE: level, **dict.fromkeys(OTHERS, max(level, logging.WARNING))}.items():
            stack.enter_context(_handled(logging.getLogger(name), least, write))
        package = logging.getLogger(PACKAGE)
        stack.callback(package.setLevel, package.level)
        package.setLevel(level)
        yield


def _to_stderr(text: str) -> None:
    tell(text, sys.stderr)


@contextmanager
def _opened(path: Path) -> Iterator[Write]:
    """Appends to ``path``, each text by one call of the system: several processes may write to one log."""
    with store_errors(path, "write the log"):
        path.parent.mkdir(parents=True, exist_ok=True)
        # A FIFO that nobody reads is refused, and not waited for.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        number = os.open(path, flags, 0o666)
        os.set_blocking(number, True)
    told = False

    def write(text: str) -> None:
        nonlocal told
        try:
            os.write(number, text.encode("utf-8", "backslashreplace"))
        except OSError as error:  # a log that cannot be written any more ends nothing
            if not told:
                told = True
                tell(printable(f"toolgrad-dspy: {path}: the log cannot be written: {os_reason(error)}\n"), sys.stderr)

    try:
        yield write
    finally:
        os.close(number)


@contextmanager
def _handled(logger: logging.Logger, level: int, write: Write) -> Iterator[None]:
    handler = _Handler(write)
    handler.setLevel(level)
    handler.setFormatter(_Lines())
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Handler(logging.Handler):
    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception as error:  # noqa: BLE001 - boundary: what a library logs may not be what it says
            text = f"a message of {record.name} cannot be shown: {type(error).__name__}"
        self._write(f"{text}\n")


class _Lines(logging.Formatter):
    """A record on a line, with a traceback in further ones, moved in: no text can pass for a line of the log."""

    def format(self, record: logging.LogRecord) -> str:
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        place = f"{now}.{int(record.msecs):03d}Z {record.levelname.lower()} [{record.process}] {record.name}"
        play = _SESSION.get()
        session = "" if play is None else f" session {play[0]}:"
        text = masked(record.getMessage(), error=True)
        cut = f" ... {len(text) - LONGEST} characters more" if len(text) > LONGEST else ""
        message = text[:LONGEST].replace("\r", "\\r").replace("\n", "\\n")
        lines = [f"{place}{session} {message}{cut}"]
        if record.exc_info:
            trace = masked(self.formatException(record.exc_info), error=True)
            lines += [f"    {line}" for line in trace[-LONGEST:].splitlines()]
        return "\n".join(map(printable, lines))
