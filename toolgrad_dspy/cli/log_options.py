"""``--log-level`` and ``--log-file`` of the long commands."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from toolgrad_dspy.logs import LogLevel, LogTarget, logged


def log_target(level: LogLevel | None, path: Path | None) -> LogTarget | None:
    """Where the two options want the log, None for nowhere."""
    return None if level is None and path is None else LogTarget(level or "info", path)


def with_log(command: Callable[..., None]) -> Callable[..., None]:
    """``command``, a function with the parameters ``log_level`` and ``log_file``, with the log that they ask for."""

    @wraps(command)
    def run(**options: Any) -> None:
        with logged(log_target(options["log_level"], options["log_file"])):
            command(**options)

    return run
