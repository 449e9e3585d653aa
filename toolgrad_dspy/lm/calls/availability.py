"""Whether the account of a model answers: an outage holds all its calls back, and is not an answer.

A circuit breaker over the share of failed attempts, whoever makes them (M. Nygard, "Release It!", 2nd ed. 2018,
section 5.2). While it is open, one short question at a time finds out whether the account answers again, after pauses
that grow. Everybody else waits, up to a patience.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiologic
from anyio import move_on_after
from dspy.lm15 import LM15Error

from toolgrad_dspy.errors import UnavailableError, duration, one_line
from toolgrad_dspy.lm.calls.pauses import A_DAY, asked_pause

_log = logging.getLogger(__name__)

# The breaker opens when half of the last attempts have failed, of so many at most and at least. A provider that is
# well refuses fewer: the usual share of 429 and 5xx is below a tenth.
WINDOW = 20
FEWEST = 6
SHARE = 0.5

# Seconds between two attempts of an outage: FIRST_PAUSE * 2**number, at most LONGEST_PAUSE.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

# Seconds that a run waits for an account that has stopped to answer.
PATIENCE = 1_800.0

Pauses = Callable[[int], float]
Say = Callable[[str], None]
Ask = Callable[[], Awaitable[None]]


def outage_pause(number: int) -> float:
    """Seconds before the attempt ``number`` of an outage, from 0. Between a half and all of it, at random: many
    machines may wait for one provider.
    """
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(number, 16))
    return longest * random.uniform(0.5, 1)


@dataclass(slots=True)
class _Outage:
    """Since when nothing was answered, and when the next attempt is due (in seconds of the clock)."""

    since: float
    due: float
    tried: int = 0
    trying: bool = False
    changed: aiologic.Event = field(default_factory=aiologic.Event)


class Availability:
    """The account ``name``. Safe to use from any thread and any event loop.

    ``patience`` is in seconds, ``pauses`` gives the seconds before each attempt of an outage, ``say`` gets a line
    when calls are held back for it and one when they go on, ``clock`` gives the time in seconds.
    """

    def __init__(
        self,
        name: str,
        patience: float = PATIENCE,
        pauses: Pauses = outage_pause,
        say: Say = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.patience = patience
        self.say = say
        self._pauses = pauses
        self._clock = clock
        self._lock = threading.RLock()
        self._outcomes: deque[bool] = deque(maxlen=WINDOW)
        self._outage: _Outage | None = None
        self._failing_since: float | None = None
        self._answers = 0
        self._error: LM15Error | None = None

    @property
    def answers(self) -> int:
        """How many attempts it has answered so far."""
        return self._answers

    @property
    def out(self) -> bool:
        """Whether calls are held back."""
        return self._outage is not None

    async def reached(self, ask: Ask) -> bool:
        """Whether calls may be made now. In an outage ``ask`` finds out, if that is due and nobody else is at it."""
        with self._lock:
            outage = self._outage
            if outage is None:
                return True
            if outage.trying or self._clock() < outage.due:
                return False
            outage.trying = True
        try:
            await ask()
        finally:
            self._asked(outage)
        return self._outage is None

    async def back(self, ask: Ask) -> None:
        """Wait until calls may be made. Raises UnavailableError when no patience is left."""
        while not await self.reached(ask):
            changed, seconds = self._to_wait()
            with move_on_after(seconds):
                await changed

    def answered(self) -> None:
        """Note an attempt that was answered, also with a refusal of what was asked."""
        with self._lock:
            self._answers += 1
            self._outcomes.append(True)
            self._failing_since = None
            outage, self._outage = self._outage, None
            if outage is None:
                return
            self._outcomes.clear()
            outage.changed.set()
        if outage.tried:  # else nobody has been told
            self._tell(f"{self.name} answers again, after {duration(self._clock() - outage.since)}")

    def failed(self, error: LM15Error) -> None:
        """Note an attempt that got no answer."""
        with self._lock:
            self._error = error
            self._outcomes.append(False)
            if self._failing_since is None:
                self._failing_since = self._clock()
            if len(self._outcomes) >= FEWEST and self._outcomes.count(False) >= SHARE * len(self._outcomes):
                self.hold()

    def hold(self) -> None:
        """Hold calls back from now on: it answers nobody."""
        with self._lock:
            if self._outage is None:
                now = self._clock()
                self._outage = _Outage(since=self._failing_since or now, due=now + self._next_pause(0))

    def _to_wait(self) -> tuple[aiologic.Event, float]:
        """What to wait for, and how many seconds at most. Raises UnavailableError."""
        with self._lock:
            outage = self._outage
            if outage is None:
                return aiologic.Event(), 0.0
            now, end = self._clock(), outage.since + self.patience
            # The last question is asked when the patience ends. One that would come later is not waited for.
            if (now >= end and outage.tried) or asked_pause(self._error) > max(0.0, end - now):
                raise UnavailableError(self._given_up(outage, now)) from self._error
            outage.due = min(outage.due, end)
            return outage.changed, A_DAY if outage.trying else max(0.0, outage.due - now)

    def _asked(self, outage: _Outage) -> None:
        """A question in the outage has ended: if it was in vain, the next one comes later."""
        with self._lock:
            outage.trying = False
            changed, outage.changed = outage.changed, aiologic.Event()
            over = self._outage is not outage
            if not over:
                outage.tried += 1
                outage.due = self._clock() + self._next_pause(outage.tried)
        changed.set()
        if not over and outage.tried == 1:
            self._tell(
                f"{self.name} does not answer ({self._reason}); waiting for it, up to {duration(self.patience)}"
            )

    def _tell(self, line: str) -> None:
        _log.info("%s", line)
        self.say(line)

    def _next_pause(self, number: int) -> float:
        return max(self._pauses(number), asked_pause(self._error))

    @property
    def _reason(self) -> str:
        return one_line(self._error or "no answer", 120)

    def _given_up(self, outage: _Outage, now: float) -> str:
        asked = asked_pause(self._error)
        wait = f" and asks to wait for {duration(asked)}" if asked else ""
        return (
            f"{self.name} has not answered for {duration(now - outage.since)}{wait} ({self._reason}); start again "
            "when it does, or wait longer with --wait"
        )
