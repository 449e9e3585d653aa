"""Counting LM calls and tokens per role: of all calls, and of those made inside a block of code."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from toolgrad_dspy.records import RoleUsage


@dataclass(slots=True)
class _Counts:
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def add(self, other: "_Counts") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def usage(self) -> RoleUsage:
        return RoleUsage(**{name: getattr(self, name) for name in self.__slots__})


class Meter:
    """What each role used. Calls are counted when they are answered, or given up under way; tokens as the provider
    reports them, else estimated.

    >>> meter = Meter()
    >>> meter.add("judge", 400, 20, usd=None, model="openai/mine")
    >>> meter.calls, meter.tokens, meter.roles()["judge"].unpriced
    (1, 420, 1)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], _Counts] = {}
        self._listeners: list[Callable[[], None]] = []

    def add(
        self,
        role: str,
        input_tokens: int,
        output_tokens: int,
        usd: float | None = 0.0,
        model: str = "",
        cached_tokens: int = 0,
    ) -> None:
        """Count an answer of ``model``. ``usd`` is its cost in US dollars, None if the price is unknown."""
        call = _Counts(1, input_tokens, output_tokens, cached_tokens, usd or 0.0, int(usd is None))
        with self._lock:
            self._counts.setdefault((role, model), _Counts()).add(call)
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called after each call is counted, from whichever thread counts it."""
        self._listeners.append(listener)

    def absorb(self, other: "Meter") -> None:
        """Count all that ``other`` has counted."""
        with other._lock:
            counted = {key: replace(counts) for key, counts in other._counts.items()}
        with self._lock:
            for key, counts in counted.items():
                self._counts.setdefault(key, _Counts()).add(counts)

    def roles(self) -> dict[str, RoleUsage]:
        """Usage by role, over all models, in alphabetical order."""
        total: dict[str, _Counts] = {}
        with self._lock:
            for (role, _), counts in self._counts.items():
                total.setdefault(role, _Counts()).add(counts)
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
    """A meter for all LM calls made inside: in this task, the tasks it starts, and ``asyncio.to_thread``.

    A block around this one counts them, too, when this one ends.

    >>> import asyncio
    >>> from toolgrad_dspy.lm import Models, metered
    >>> with metered() as meter:
    ...     _ = asyncio.run(Models.from_environment().lm("judge").acall("hello"))
    >>> meter.roles()["judge"].calls
    1
    """
    meter, outer = Meter(), _SESSION.get()
    token = _SESSION.set(meter)
    try:
        yield meter
    finally:
        _SESSION.reset(token)
        if outer is not None:
            outer.absorb(meter)


def session_meter() -> Meter | None:
    """The meter of the innermost :func:`metered` around this call, or None."""
    return _SESSION.get()
