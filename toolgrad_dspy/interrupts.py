"""Signals that end a command: Ctrl-C (SIGINT), SIGTERM, and SIGHUP when its terminal is closed.

All three mean the same. While nothing has been begun the process ends at once; later they raise KeyboardInterrupt,
wherever the main thread is, or do what an event loop was told to do (``runs/event_loop.py``).
"""

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import NoReturn

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

# The exit code of an interrupted command, as a shell gives it for SIGINT.
INTERRUPTED = 130
STOPPED = "toolgrad-dspy: stopped"


class Stopped(KeyboardInterrupt):
    """An interruption of a command that has something to say about it: one line."""


def end_at_once() -> None:
    """From now on a signal ends the process with one line: nothing has been begun that could be left half done."""
    for number in SIGNALS:
        signal.signal(number, _end)


def raise_interrupt() -> None:
    """From now on a signal raises KeyboardInterrupt in the main thread, whichever of them it is."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup: the user wants it to outlive the terminal
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _end(number: int, frame: FrameType | None) -> NoReturn:
    with suppress(OSError):  # standard error may be closed, or full
        os.write(2, f"{STOPPED}\n".encode())
    os._exit(INTERRUPTED)
