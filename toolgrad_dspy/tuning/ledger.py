"""One account of what a compile may use, over all of its stages: recording, tuning, comparison."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil, inf
from time import perf_counter
from typing import Literal

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import Caps, Models
from toolgrad_dspy.tuning.use import Use, models_use

# What can end a search early: three limits of the budget, one of the run's, a reflection model that is of no use, and
# models that no longer answer.
StopCause = Literal["lm_calls", "usd", "minutes", "run_budget", "reflection_model", "unavailable"]

# US dollars that a compile may cost unless more is allowed on purpose.
DEFAULT_USD = 5.0
# Of a limit, the most that is kept back for the comparison: more would leave nothing worth comparing.
COMPARISON_SHARE = 0.5
# Of what is left then, the most that is kept back for the end of a tuning.
END_SHARE = 0.5
# Sessions differ, and the first ones are few: so much more is kept back than they used.
MARGIN = 1.1


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """Why a search ended before its plan was done: the cause, and a few words for people."""

    cause: StopCause
    reason: str


@dataclass(frozen=True, slots=True)
class TuningBudget:
    """What a compile may use, or a tuning alone; the limit that is reached first ends it. None means no limit.

    ``metric_calls`` limits the sessions that tuning scores. ``lm_calls`` limits the LM calls of all roles, ``usd``
    what is spent on models of known price, ``minutes`` the time: these three bind all stages together. ``threads`` is
    how many sessions run at once. ``patience`` is how many seconds a session waits in all, run again, for models that
    do not answer.

    >>> TuningBudget(metric_calls=60, usd=2.5)
    TuningBudget(metric_calls=60, threads=32, lm_calls=None, usd=2.5, minutes=None, patience=60.0)
    """

    metric_calls: int = 100
    threads: int = 32
    lm_calls: int | None = None
    usd: float | None = DEFAULT_USD
    minutes: float | None = None
    patience: float = 60.0

    def __post_init__(self) -> None:
        if self.metric_calls < 1 or self.threads < 1:
            raise UsageError(
                f"a tuning needs at least one session and one thread, not {self.metric_calls} and {self.threads}",
                code="invalid_budget",
            )


class Ledger:
    """What of a budget's calls, dollars and minutes is used, and what is kept back. Thread-safe.

    ``earlier`` is what earlier starts used. ``typical`` is what a whole session is expected to use until one has
    ended. What the sessions of the comparison need is kept back from the start (:meth:`keep`).
    """

    def __init__(
        self, budget: TuningBudget, models: Models, *, earlier: Use | None = None, typical: Use | None = None
    ):
        self.budget = budget
        self._models = models
        self._started = perf_counter()
        self._before = models_use(models)
        self._reflection = _reflection_use(models)
        self._earlier = earlier or Use()
        self._whole, self._asked = _Mean(typical or Use()), _Mean(Use())
        self._settled = Use()
        self._open = self._kept = 0
        self._lock = threading.RLock()

    def used(self) -> Use:
        """What this start and those before it have used."""
        now, before = models_use(self._models), self._before
        spent = Use(now.lm_calls - before.lm_calls, now.usd - before.usd, perf_counter() - self._started)
        return self._earlier.plus(spent)

    @property
    def earlier(self) -> Use:
        """What the starts before this one have used."""
        return self._earlier

    def carry(self, use: Use) -> None:
        """Earlier starts have used this, too."""
        with self._lock:
            self._earlier = self._earlier.plus(use)

    def session_mean(self) -> Use:
        """What a whole session uses, by those that have ended."""
        with self._lock:
            return self._whole.mean

    def keep(self, sessions: int) -> None:
        """Keep back what ``sessions`` whole sessions need, in place of what was kept before."""
        with self._lock:
            self._kept = sessions

    def seen(self, use: Use, *, whole: bool = True) -> None:
        """A session of an earlier start, or one that was recorded, has used this."""
        with self._lock:
            (self._whole if whole else self._asked).add(use)

    @contextmanager
    def session(self, *, whole: bool = True) -> Iterator[list[Use]]:
        """A session that runs now. What it used is to be put into the list; an empty one says nothing."""
        used: list[Use] = []
        with self._lock:
            self._open += 1
        try:
            yield used
        finally:
            with self._lock:
                self._open -= 1
                for use in used:
                    self._settled = self._settled.plus(use)
                    self.seen(use, whole=whole)

    def refusal(self, *, whole: bool = True, kept: int = 0, until: Use | None = None) -> EarlyStop | None:
        """Why one more session cannot begin that leaves room for ``kept`` others and the comparison; None if it can.

        ``whole`` is False for sessions that only ask about recorded iterations. ``until`` is what may be used in all
        before it is another's turn.
        """
        with self._lock:
            mean = self._mean(whole)
            projected = self._projected(mean)
        for limit in self._limits():
            room = self._room(limit, kept, whole)
            if until is not None:
                room = min(room, getattr(until, limit.figure))
            now = getattr(projected, limit.figure)
            if now >= room or now + getattr(mean, limit.figure) > room:
                told = limit.told(self.used(), projected) + self._told_back(limit, kept, whole)
                return EarlyStop(limit.cause, told)
        return None

    def _told_back(self, limit: "_Limit", kept: int, whole: bool) -> str:
        """What of ``limit`` is kept back, in words."""
        comparison = self._comparison(limit)
        end = limit.value - comparison - self._room(limit, kept, whole)
        parts = ((comparison, "for the comparison"), (end, "to choose the result"))
        told = " and ".join(f"{value / limit.unit:.4g} {what}" for value, what in parts if value)
        return f"; {told} are kept" if told else ""

    def spent(self) -> EarlyStop | None:
        """The limit that is used up, if one is."""
        used = self.used()
        reached = (limit for limit in self._limits() if getattr(used, limit.figure) >= limit.value)
        return next((EarlyStop(limit.cause, limit.told(used)) for limit in reached), None)

    def share(self, fraction: float, *, whole: bool = True, kept: int = 0) -> Use:
        """What may have been used in all when ``fraction`` of what is left for sessions now is used."""
        used, marks = self.used(), dict.fromkeys(("lm_calls", "usd", "seconds"), inf)
        for limit in self._limits():
            now = getattr(used, limit.figure)
            marks[limit.figure] = now + max(0.0, self._room(limit, kept, whole) - now) * fraction
        return Use(**marks)

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """No model is called beyond the limits on calls and dollars meanwhile, whatever the estimates were."""
        budget = self._models.budget
        before, used = budget.caps, self.used()
        calls = [] if before.lm_calls is None else [before.lm_calls]
        usd = [] if before.usd is None else [before.usd]
        if self.budget.lm_calls is not None:
            calls.append(budget.lm_calls + int(self.budget.lm_calls - used.lm_calls))
        if self.budget.usd is not None:
            usd.append(budget.usd + self.budget.usd - used.usd)
        budget.caps = Caps(min(usd, default=None), before.tokens, before.tool_calls, min(calls, default=None))
        try:
            yield
        finally:
            budget.caps = before

    def seconds_left(self) -> float | None:
        """Seconds until the limit on minutes; None if there is none."""
        return None if self.budget.minutes is None else max(0.0, self.budget.minutes * 60 - self.used().seconds)

    def _mean(self, whole: bool) -> Use:
        return (self._whole if whole else self._asked).mean

    def _room(self, limit: "_Limit", kept: int, whole: bool) -> float:
        """What of ``limit`` sessions may use that leave room for ``kept`` others and the comparison."""
        left = limit.value - self._comparison(limit)
        return left - min(self._needed(limit, self._mean(whole), kept), left * END_SHARE)

    def _comparison(self, limit: "_Limit") -> float:
        """What of ``limit`` is kept back for the comparison."""
        return min(self._needed(limit, self._whole.mean, self._kept) * MARGIN, limit.value * COMPARISON_SHARE)

    def _needed(self, limit: "_Limit", mean: Use, sessions: int) -> float:
        # Sessions at once take the time of one.
        times = ceil(sessions / self.budget.threads) if limit.figure == "seconds" else sessions
        needed: float = getattr(mean, limit.figure) * times
        return needed

    def _projected(self, mean: Use) -> Use:
        """What is used when the sessions under way have ended; of seconds, what is used now."""
        used, reflection = self.used(), _reflection_use(self._models)
        written = Use(reflection.lm_calls - self._reflection.lm_calls, reflection.usd - self._reflection.usd)
        settled = self._earlier.plus(self._settled).plus(written).plus(mean.times(self._open))
        return replace(used.or_more(settled), seconds=used.seconds)

    def _limits(self) -> Iterator["_Limit"]:
        """Each limit that is set."""
        budget = self.budget
        if budget.lm_calls is not None:
            yield _Limit("lm_calls", budget.lm_calls, "lm_calls", 1, "LM calls")
        if budget.usd is not None:
            yield _Limit("usd", budget.usd, "usd", 1, "US dollars")
        if budget.minutes is not None:
            yield _Limit("minutes", budget.minutes * 60, "seconds", 60, "minutes")


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit on a ``figure`` of :class:`Use`. ``unit`` of it are one of what ``name`` says."""

    cause: StopCause
    value: float
    figure: str
    unit: int
    name: str

    def told(self, used: Use, projected: Use | None = None) -> str:
        """How much of it is used, in words; what sessions under way will use beyond that is in ``projected``."""
        now = getattr(used, self.figure)
        more = getattr(projected or used, self.figure) - now
        under_way = f" and about {more / self.unit:.4g} more are for sessions under way" if more > 0 else ""
        return f"{now / self.unit:.4g} of {self.value / self.unit:.4g} {self.name} were used{under_way}"


class _Mean:
    """A mean of uses, ``before`` until the first is added."""

    def __init__(self, before: Use) -> None:
        self._before = before
        self._sum, self._number = Use(), 0

    def add(self, use: Use) -> None:
        self._sum, self._number = self._sum.plus(use), self._number + 1

    @property
    def mean(self) -> Use:
        return self._sum.times(1 / self._number) if self._number else self._before


def _reflection_use(models: Models) -> Use:
    role = models.meter.roles().get("reflection")
    return Use(role.calls, role.usd) if role else Use()
