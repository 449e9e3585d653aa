"""All evaluations of one tuning: how candidates scored, what that used, and when the tuning has to end.

DSPy's optimizers take no budget, return nothing when they are stopped, and run equal sessions again. So every session
goes through :class:`Evaluations`: each is run once, none begins beyond the budget, and the best candidate is known at
any time. And each begins in a :class:`Phase`, which it does not outlive.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from types import TracebackType
from typing import Literal, Self

import dspy

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import BudgetSpentError, Models
from toolgrad_dspy.tuning.candidate import Candidate, Prompts
from toolgrad_dspy.tuning.evaluator import TaskEvaluation
from toolgrad_dspy.tuning.journal import CumulativeUse, Journal

# What can end a search early: three limits of the tuning's budget, one of the run's, and a useless reflection model.
StopCause = Literal["lm_calls", "usd", "minutes", "run_budget", "reflection_model"]


class StopTuning(BaseException):
    """Ends the optimizer that is running. Not an Exception: DSPy takes those for a score of zero and goes on."""


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """Why a search ended before its plan was done: the cause, and a few words for people."""

    cause: StopCause
    reason: str


@dataclass(frozen=True, slots=True)
class TuningBudget:
    """What a tuning may use; the limit that is reached first ends it. None means no limit.

    ``metric_calls`` limits scored sessions, ``lm_calls`` the LM calls of all roles, ``usd`` what is spent on models
    of known price, ``minutes`` the time. ``threads`` is how many sessions run at once.

    >>> TuningBudget(metric_calls=60, usd=2.5)
    TuningBudget(metric_calls=60, threads=8, lm_calls=None, usd=2.5, minutes=None)
    """

    metric_calls: int = 240
    threads: int = 8
    lm_calls: int | None = None
    usd: float | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.metric_calls < 1 or self.threads < 1:
            raise UsageError(
                f"a tuning needs at least one session and one thread, not {self.metric_calls} and {self.threads}",
                code="invalid_budget",
            )


@dataclass(slots=True)
class TuningUsage:
    """What a tuning used: scored sessions, and the tool calls they made.

    ``repeated`` counts sessions that were asked for again and not run again. ``restored`` counts those of the scored
    sessions that came from the journal of an earlier start. ``best`` is the highest score of any session.
    """

    metric_calls: int = 0
    repeated: int = 0
    restored: int = 0
    tool_calls: int = 0
    best: float = 0.0


class Phase:
    """A part of a tuning, shared by all copies that an optimizer makes of a program. Context manager, thread-safe.

    An optimizer that is stopped leaves threads behind, and they go on with what they have queued. So everything that
    uses tools, models or the journal is :meth:`under_way` in a phase: when the phase is over, none of it is running,
    and none begins any more. ``limit`` is how many sessions this phase and those before it may have begun together.
    """

    def __init__(self, evaluations: "Evaluations", limit: int) -> None:
        self.evaluations = evaluations
        self.limit = limit
        self._state = threading.Condition()
        self._over = False
        self._threads: list[int] = []  # one entry for each block under way

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let nothing begin any more, and wait for what other threads have under way."""
        me = threading.get_ident()  # has nothing under way, even if an interruption has kept it from saying so
        with self._state:
            self._over = True
            self._state.wait_for(lambda: all(thread == me for thread in self._threads))

    @property
    def over(self) -> bool:
        return self._over

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """The phase does not end before the block does. Raises StopTuning if it is over."""
        me = threading.get_ident()
        with self._state:
            if self._over:
                raise StopTuning
            self._threads.append(me)
        try:
            yield
        finally:
            with self._state:
                self._threads.remove(me)
                self._state.notify_all()

    def once(
        self, prompts: Prompts, index: int, variant: Hashable, evaluate: Callable[[], TaskEvaluation]
    ) -> TaskEvaluation:
        """The result of ``evaluate``, or the earlier result for the same prompts on the same task.

        ``variant`` tells sampled sessions apart; they do not count as scores of the prompts. Raises StopTuning when
        the budget is used up, the run has to end, or the phase is over.
        """
        with self.under_way():
            return self.evaluations.once(self, prompts, index, variant, evaluate)

    def check(self) -> None:
        """Raises StopTuning when nothing more may begin."""
        with self.under_way():
            self.evaluations.check(self)


class Evaluations:
    """What all phases of a tuning have in common."""

    def __init__(
        self,
        budget: TuningBudget,
        models: Models,
        progress: Callable[[TuningUsage], None],
        journal: Journal | None = None,
    ) -> None:
        # ``error`` is what broke the tuning; ``stopped`` is set when a limit other than that of sessions was reached.
        self.usage = TuningUsage()
        self.error: Exception | None = None
        self.stopped: EarlyStop | None = None
        self._budget = budget
        self._models = models
        self._progress = progress
        self._started = perf_counter()
        self._before = _model_use(models)
        self._journal = journal
        self._earlier = journal.use() if journal else CumulativeUse()
        self._begun = 0
        self._failures: Counter[str] = Counter()
        self._candidates: dict[str, Candidate] = {}
        self._results: dict[str, Future[TaskEvaluation]] = {}
        self._state = threading.RLock()
        self._one_report = threading.Lock()

    def phase(self, reserved: int = 0) -> Phase:
        """A phase that leaves the last ``reserved`` sessions of the budget to a later one."""
        return Phase(self, self._budget.metric_calls - reserved)

    def once(
        self, phase: Phase, prompts: Prompts, index: int, variant: Hashable, evaluate: Callable[[], TaskEvaluation]
    ) -> TaskEvaluation:
        """See :meth:`Phase.once`."""
        key = f"{prompts.digest} {index} {variant}"
        with self._state, self._errors_kept():
            result = self._results.get(key)
            if result is not None:
                self.usage.repeated += 1
                restored = None
            else:
                restored = self._journal.evaluation(key) if self._journal else None
                self._admit(phase, free=restored is not None)
                own: Future[TaskEvaluation] = Future()
                self._results[key] = own
        # Whoever asks while the session is running waits for it here, outside of the lock.
        if result is not None:
            return _awaited(result, phase)
        try:
            with self._errors_kept():
                evaluation = restored or self._journaled(key, evaluate())
                with self._one_report:  # one after the other, so that each report counts one session more
                    self._record(prompts, index, variant, evaluation)
                    own.set_result(evaluation)
                    self._progress(replace(self.usage))
        finally:
            if not own.done():  # even after an interruption: those who wait must not wait forever
                own.set_exception(StopTuning())
        return evaluation

    def check(self, phase: Phase) -> None:
        """See :meth:`Phase.check`."""
        with self._state:
            self._refuse_beyond_budget(phase)

    @contextmanager
    def _errors_kept(self) -> Iterator[None]:
        """DSPy takes any Exception for a score of zero. So the first is kept, and ends the tuning by StopTuning."""
        try:
            yield
        except BudgetSpentError as error:
            # A budget of the run that is used up is an end, not a failure: the best candidate so far is the result.
            with self._state:
                self.stopped = self.stopped or EarlyStop("run_budget", str(error))
            raise StopTuning from None
        except Exception as error:  # noqa: BLE001 - raised again by the optimizer's base, outside of DSPy
            with self._state:
                self.error = self.error or error
            raise StopTuning from None

    def _journaled(self, key: str, evaluation: TaskEvaluation) -> TaskEvaluation:
        if self._journal is not None:
            calls, usd, seconds = self._so_far()
            self._journal.keep_evaluation(key, evaluation, CumulativeUse(int(calls), usd, seconds))
        return evaluation

    def _admit(self, phase: Phase, *, free: bool) -> None:
        # A restored session costs nothing, so no limit but that of sessions holds it back: a resumed tuning has to
        # come as far as the stopped one did.
        if not free or self._begun >= phase.limit:
            self._refuse_beyond_budget(phase)
        self._begun += 1
        self.usage.restored += free

    def _refuse_beyond_budget(self, phase: Phase) -> None:
        if self.error is None and self.stopped is None:
            self.stopped = self._limit_reached()
        if self.error is not None or self.stopped is not None or self._begun >= phase.limit:
            raise StopTuning

    def _limit_reached(self) -> EarlyStop | None:
        calls, usd, seconds = self._so_far()
        budget = self._budget
        if budget.lm_calls is not None and calls >= budget.lm_calls:
            return EarlyStop("lm_calls", f"{calls:.0f} LM calls were made")
        if budget.usd is not None and usd >= budget.usd:
            return EarlyStop("usd", f"${usd:.4g} was spent")
        if budget.minutes is not None and seconds >= budget.minutes * 60:
            return EarlyStop("minutes", f"the limit of {budget.minutes:g} minutes was reached")
        return None

    def _so_far(self) -> tuple[float, float, float]:
        """LM calls, dollars and seconds of this start and those before it."""
        calls, usd = (now - before for now, before in zip(_model_use(self._models), self._before, strict=True))
        earlier = self._earlier
        seconds = perf_counter() - self._started
        return earlier.lm_calls + calls, earlier.usd + usd, earlier.seconds + seconds

    def _record(self, prompts: Prompts, index: int, variant: Hashable, evaluation: TaskEvaluation) -> None:
        with self._state:
            self.usage.metric_calls += 1
            self.usage.tool_calls += evaluation.tool_calls
            if evaluation.failure:
                self._failures[evaluation.failure] += 1
            # A session at another temperature says nothing about how the prompts do at their own.
            if variant is None:
                candidate = self._candidates.setdefault(prompts.digest, Candidate(prompts))
                candidate.scores[index] = evaluation.score
                self.usage.best = max(self.usage.best, evaluation.score)

    @property
    def candidates(self) -> list[Candidate]:
        """All candidates in the order in which they were first scored."""
        with self._state:
            return list(self._candidates.values())

    def best(self, tasks: Sequence[dspy.Example]) -> Candidate | None:
        """The candidate with the highest mean over ``tasks``, of those evaluated on all of them; the first of equals.

        None if there is no such candidate.
        """
        means = [(candidate.mean(tasks), candidate) for candidate in self.candidates]
        scored = [(mean, candidate) for mean, candidate in means if mean is not None]
        return max(scored, key=lambda pair: pair[0])[1] if scored else None

    @property
    def why_all_failed(self) -> str:
        """The most frequent reason if every session failed; else empty."""
        if not self.usage.metric_calls or self._failures.total() < self.usage.metric_calls:
            return ""
        return self._failures.most_common(1)[0][0]


def _awaited(result: Future[TaskEvaluation], phase: Phase) -> TaskEvaluation:
    """The result, unless the phase ends before it is there. Raises StopTuning."""
    while True:
        try:
            return result.result(timeout=1)
        except TimeoutError:
            if phase.over:  # who was to bring the result was interrupted
                raise StopTuning from None


def _model_use(models: Models) -> tuple[int, float]:
    """LM calls and dollars so far."""
    roles = models.meter.roles().values()
    return sum(role.calls for role in roles), sum(role.usd for role in roles)
