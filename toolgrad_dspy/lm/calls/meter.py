"""Counting LM calls and tokens, per role, for whoever is listening."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from toolgrad_dspy.records import RoleUsage


@dataclass(slots=True)
class _Counts:
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def merge(self, other: "_Counts") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def usage(self) -> RoleUsage:
        return RoleUsage(**{name: getattr(self, name) for name in self.__slots__})


class Meter:
    """What each role used. Calls are counted when they are answered; tokens as the provider reports them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], _Counts] = {}

    def add(
        self,
        role: str,
        input_tokens: int,
        output_tokens: int,
        usd: float | None = 0.0,
        model: str = "",
        cached_tokens: int = 0,
    ) -> None:
        """Count an answer of ``model``. ``usd`` is what it cost, None if its price is not known."""
        one = _Counts(1, input_tokens, output_tokens, cached_tokens, usd or 0.0, int(usd is None))
        with self._lock:
            self._counts.setdefault((role, model), _Counts()).merge(one)

    def roles(self) -> dict[str, RoleUsage]:
        """Usage by role, over all models, in alphabetical order."""
        total: dict[str, _Counts] = {}
        with self._lock:
            for (role, _), counts in self._counts.items():
                total.setdefault(role, _Counts()).merge(counts)
        return {role: counts.usage() for role, counts in sorted(total.items())}

    def models(self) -> dict[tuple[str, str], RoleUsage]:
        """Usage by role and model, in alphabetical order."""
        with self._lock:
            return {key: counts.usage() for key, counts in sorted(self._counts.items())}

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
