"""Counting LM calls and tokens, per role, for whoever is listening."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from toolgrad_dspy.records import RoleUsage


class Meter:
    """What each role used. Calls are counted when they are answered; tokens as the provider reports them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._roles: dict[str, list[int]] = {}

    def add(self, role: str, input_tokens: int, output_tokens: int) -> None:
        with self._lock:
            counts = self._roles.setdefault(role, [0, 0, 0])
            counts[0] += 1
            counts[1] += input_tokens
            counts[2] += output_tokens

    def roles(self) -> dict[str, RoleUsage]:
        """Usage by role, in alphabetical order."""
        with self._lock:
            return {
                role: RoleUsage(calls=calls, input_tokens=given, output_tokens=answered)
                for role, (calls, given, answered) in sorted(self._roles.items())
            }

    @property
    def calls(self) -> int:
        return sum(usage.calls for usage in self.roles().values())

    @property
    def tokens(self) -> int:
        return sum(usage.input_tokens + usage.output_tokens for usage in self.roles().values())


_SESSION: ContextVar[Meter | None] = ContextVar("toolgrad_session_meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """A meter for all LM calls made inside, in this task and the tasks it starts."""
    meter = Meter()
    token = _SESSION.set(meter)
    try:
        yield meter
    finally:
        _SESSION.reset(token)


def session_meter() -> Meter | None:
    """The innermost meter of :func:`metered`, if any."""
    return _SESSION.get()
