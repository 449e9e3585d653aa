"""Every error a caller may see.

    ToolGradError                what the user can fix: shown as one line, without a traceback
    ├── UsageError               the command, its options or a file it was given are wrong     (exit code 2)
    └── RunError                 the run cannot start or go on; everything so far is stored    (exit code 1)
        ├── ToolSourceError      a tool source does not start, or lists tools that cannot be used
        ├── ModelError           a model cannot be reached, or refuses every call
        └── StoreError           a run folder or a file cannot be read or written

What goes wrong *inside* a session (a failed tool call, an answer that cannot be parsed) is data, not an
exception: see ``records``.
"""


class ToolGradError(Exception):
    """Base of all errors above. ``str(error)`` is one line that says what is wrong and what to do."""

    exit_code = 1


class UsageError(ToolGradError):
    """The command line, the environment or a file that was passed in is wrong."""

    exit_code = 2


class RunError(ToolGradError):
    """The run cannot start or cannot go on."""


class ToolSourceError(RunError):
    """A tool source does not start, stops answering for good, or lists tools that cannot be used."""


class ModelError(RunError):
    """A language model is not configured, cannot be reached, or refuses every call."""


class StoreError(RunError):
    """A run folder, a program file or another output cannot be read or written."""


def one_line(text: object, limit: int = 300) -> str:
    """``text`` with all white space folded, cut to ``limit`` characters: fit for a one-line message."""
    folded = " ".join(str(text).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"
