"""What ended model calls inside a block of code, for modules that swallow exceptions (``dspy.BestOfN``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from toolgrad_dspy.errors import ToolGradError

_NOTED: ContextVar[list[ToolGradError] | None] = ContextVar("toolgrad_call_failures", default=None)


@contextmanager
def failures_noted() -> Iterator[list[ToolGradError]]:
    """A list that gets what our gates raise inside, in this task, the tasks it starts and ``asyncio.to_thread``."""
    noted: list[ToolGradError] = []
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def note_failure(error: ToolGradError) -> None:
    """Called by a gate with what it raises."""
    noted = _NOTED.get()
    if noted is not None:
        noted.append(error)
