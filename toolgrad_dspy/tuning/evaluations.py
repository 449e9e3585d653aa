"""The account of a tuning: what was tried and how it scored, what it used, and when it has to end.

DSPy's optimizers take no budget, return nothing when they are stopped, and run equal sessions again. So all sessions
go through here: each is played once, none is begun beyond the budget, and the best candidate is known at any time.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import perf_counter
from typing import Self

import dspy

from toolgrad_dspy.errors import ToolGradError
from toolgrad_dspy.lm import BudgetSpentError, Models
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.evaluator import TaskEvaluation
from toolgrad_dspy.tuning.journal import Journal, Used


class StopTuning(BaseException):
    """Ends the optimizer that is running. Not an Exception: DSPy takes those for a score of zero and goes on."""


@dataclass(frozen=True, slots=True)
class TuningBudget:
    """What tuning may use; whichever is reached first ends it. None is no limit.

    ``metric_calls`` counts scored sessions, ``lm_calls`` those of all roles, ``usd`` binds where prices are known.
    ``threads`` is how many sessions run at once.
    """

    metric_calls: int = 240
    threads: int = 8
    lm_calls: int | None = None
    usd: float | None = None
    minutes: float | None = None


@dataclass(slots=True)
class TuningUsage:
    """What tuning used: sessions scored, and the tool calls they made.

    ``repeated`` counts sessions that were asked for again and not played again, ``restored`` those of the scored ones
    that an earlier start had played.
    """

    metric_calls: int = 0
    repeated: int = 0
    restored: int = 0
    tool_calls: int = 0
    best: float = 0.0


@dataclass(slots=True)
class Candidate:
    """Prompts that were tried, and their scores by task."""

    prompts: Prompts
    scores: dict[int, float] = field(default_factory=dict)

    def mean(self, tasks: Sequence[dspy.Example]) -> float | None:
        """The mean score on ``tasks``, None when one of them was not played."""
        if any(task.index not in self.scores for task in tasks):
            return None
        return sum(self.scores[task.index] for task in tasks) / len(tasks)


class Evaluations:
    """Shared by all copies that an optimizer makes of a program; safe to use from many threads."""

    def __init__(
        self,
        budget: TuningBudget,
        models: Models,
        progress: Callable[[TuningUsage], None],
        journal: Journal | None = None,
    ) -> None:
        # ``error`` is what broke the run, ``stopped`` which part of the budget was used up before its sessions.
        self.usage = TuningUsage()
        self.error: ToolGradError | None = None
        self.stopped = ""
        self._budget = budget
        self._limit = budget.metric_calls
        self._models = models
        self._progress = progress
        self._started = perf_counter()
        self._before = _used(models)
        self._journal = journal
        self._earlier = journal.used() if journal else Used()
        self._begun = 0
        self._running = 0
        self._failures: Counter[str] = Counter()
        self._candidates: dict[str, Candidate] = {}
        self._played: dict[str, Future[TaskEvaluation]] = {}
        self._state = threading.Condition()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def reserve(self, sessions: int) -> None:
        """Keep the last ``sessions`` of the budget for later; 0 gives them free."""
        self._limit = self._budget.metric_calls - sessions

    def once(
        self, prompts: Prompts, index: int, variant: Hashable, play: Callable[[], TaskEvaluation]
    ) -> TaskEvaluation:
        """The outcome of ``play``, or that of the same prompts on the same task before.

        ``variant`` tells sampled sessions apart; they do not count as scores of the prompts. Raises StopTuning when
        the budget is used up or the run is to end.
        """
        key = f"{prompts.digest} {index} {variant}"
        with self._state:
            mine = key not in self._played
            if mine:
                kept = self._journal.played(key) if self._journal else None
                self._admit(free=kept is not None)
                self._played[key] = Future()
            else:
                self.usage.repeated += 1
            future = self._played[key]
        if not mine:
            return future.result()
        try:
            played = kept or self._kept(key, play())
        except BaseException as error:  # also an interruption: whoever waits for this session must not wait for ever
            self._broken(error)
            future.set_exception(StopTuning())
            if isinstance(error, ToolGradError):
                raise StopTuning from None
            raise
        self._book(prompts, index, variant, played)
        future.set_result(played)
        return played

    def check(self) -> None:
        """Raises StopTuning when nothing more is to be begun."""
        with self._state:
            self._refuse_beyond_budget()

    def _kept(self, key: str, played: TaskEvaluation) -> TaskEvaluation:
        if self._journal is not None:
            calls, usd, seconds = self._so_far()
            self._journal.keep_played(key, played, Used(int(calls), usd, seconds))
        return played

    def _admit(self, *, free: bool) -> None:
        if not free or self._begun >= self._limit:
            self._refuse_beyond_budget()
        self._begun += 1
        self._running += 1
        self.usage.restored += free

    def _refuse_beyond_budget(self) -> None:
        if self.error is None and not self.stopped:
            self.stopped = self._exhausted()
        if self.error is not None or self.stopped or self._begun >= self._limit:
            raise StopTuning

    def _exhausted(self) -> str:
        calls, usd, seconds = self._so_far()
        budget = self._budget
        if budget.lm_calls is not None and calls >= budget.lm_calls:
            return f"{calls:.0f} LM calls were made"
        if budget.usd is not None and usd >= budget.usd:
            return f"${usd:.4g} were spent"
        if budget.minutes is not None and seconds >= budget.minutes * 60:
            return f"{budget.minutes:g} minutes are over"
        return ""

    def _so_far(self) -> tuple[float, float, float]:
        """LM calls, dollars and seconds of this start and those before it."""
        calls, usd = (now - before for now, before in zip(_used(self._models), self._before, strict=True))
        earlier = self._earlier
        seconds = perf_counter() - self._started
        return earlier.lm_calls + calls, earlier.usd + usd, earlier.seconds + seconds

    def _broken(self, error: BaseException) -> None:
        with self._state:
            self._running -= 1
            if isinstance(error, BudgetSpentError):
                self.stopped = self.stopped or str(error)
            elif isinstance(error, ToolGradError):
                self.error = self.error or error
            self._state.notify_all()

    def _book(self, prompts: Prompts, index: int, variant: Hashable, played: TaskEvaluation) -> None:
        with self._state:
            self._running -= 1
            self.usage.metric_calls += 1
            self.usage.tool_calls += played.tool_calls
            if played.failure:
                self._failures[played.failure] += 1
            if variant is None:
                candidate = self._candidates.setdefault(prompts.digest, Candidate(prompts))
                candidate.scores[index] = played.score
                self.usage.best = max(self.usage.best, played.score)
            self._state.notify_all()
        self._progress(self.usage)

    def wait(self) -> None:
        """Wait for the sessions under way: a stopped optimizer leaves those of its threads behind."""
        with self._state:
            self._state.wait_for(lambda: not self._running)

    @property
    def candidates(self) -> list[Candidate]:
        """All candidates in the order they were first scored."""
        with self._state:
            return list(self._candidates.values())

    def best(self, tasks: Sequence[dspy.Example]) -> Candidate | None:
        """The candidate with the highest mean over ``tasks`` of those that played them all; the first of equals."""
        means = [(candidate.mean(tasks), candidate) for candidate in self.candidates]
        scored = [(mean, candidate) for mean, candidate in means if mean is not None]
        return max(scored, key=lambda pair: pair[0])[1] if scored else None

    @property
    def all_failed(self) -> str:
        """The most frequent reason when not one session came to anything; else empty."""
        if not self.usage.metric_calls or self._failures.total() < self.usage.metric_calls:
            return ""
        return self._failures.most_common(1)[0][0]


def _used(models: Models) -> tuple[int, float]:
    """LM calls and dollars so far."""
    roles = models.meter.roles().values()
    return sum(role.calls for role in roles), sum(role.usd for role in roles)
