"""How many LM calls a session may make: whoever goes round in circles ends early."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from toolgrad_dspy.errors import ToolGradError


class CallLimitError(ToolGradError):
    """The LM calls that a session may make are used up. The session ends with what it has; the run goes on."""


class Allowance:
    """Counts the LM calls of one session against ``limit``; None is no limit. Safe to use from any thread.

    >>> allowance = Allowance(1)
    >>> allowance.take()
    >>> allowance.take()
    Traceback (most recent call last):
    toolgrad_dspy.lm.calls.allowance.CallLimitError: the session has made 1 LM calls, as many as it may make
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.taken = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Count a call that is about to be made. Raises CallLimitError instead if there is none left."""
        with self._lock:
            if self.limit is not None and self.taken >= self.limit:
                raise CallLimitError(
                    f"the session has made {self.taken} LM calls, as many as it may make", code="call_limit"
                )
            self.taken += 1

    def note(self, calls: int) -> None:
        """Count calls that were made already."""
        with self._lock:
            self.taken += calls


_SESSION: ContextVar[Allowance | None] = ContextVar("toolgrad_session_allowance", default=None)


@contextmanager
def allowed(limit: int | None) -> Iterator[Allowance]:
    """At most ``limit`` LM calls can be made inside: in this task, the tasks it starts, and ``asyncio.to_thread``."""
    allowance = Allowance(limit)
    token = _SESSION.set(allowance)
    try:
        yield allowance
    finally:
        _SESSION.reset(token)


def take_call() -> None:
    """Count a call against the innermost :func:`allowed` around it. Raises CallLimitError."""
    allowance = _SESSION.get()
    if allowance is not None:
        allowance.take()


def note_calls(calls: int) -> None:
    """Count calls that were made already against the innermost :func:`allowed` around them."""
    allowance = _SESSION.get()
    if allowance is not None:
        allowance.note(calls)
