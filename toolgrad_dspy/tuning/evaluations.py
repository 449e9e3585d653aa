"""All evaluations of one tuning: how candidates scored, what that used, and when the tuning has to end.

DSPy's optimizers take no budget, return nothing when they are stopped, and run equal sessions again. So every session
goes through :class:`Evaluations`: each is run once, none begins beyond the budget, and the best candidate is known at
any time. And each begins in a :class:`Phase`, which it does not outlive.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import dspy

from toolgrad_dspy.errors import UnansweredError, UnavailableError
from toolgrad_dspy.lm import BudgetSpentError
from toolgrad_dspy.tuning.candidate import Candidate, Prompts
from toolgrad_dspy.tuning.evaluator import TaskEvaluation
from toolgrad_dspy.tuning.journal import Journal
from toolgrad_dspy.tuning.ledger import EarlyStop, Ledger
from toolgrad_dspy.tuning.use import Use

# A session that got no answer from a model is run again so many times, after 1, 2 and 4 parts of the budget's
# patience.
RERUNS = 3


class StopTuning(BaseException):
    """Ends the optimizer that is running. Not an Exception: DSPy takes those for a score of zero and goes on."""


class Unserved(StopTuning):
    """A session stayed without an answer of a model. It has no score that an optimizer could be given."""


@dataclass(slots=True)
class TuningUsage:
    """What a tuning used: scored sessions, and the tool calls they made.

    ``repeated`` counts sessions that were asked for again and not run again. ``restored`` counts those of the scored
    sessions that came from the journal of an earlier start. ``rerun`` counts the times that a session was run again
    because a model did not answer, ``unserved`` the sessions that stayed without one: they have no score.
    ``best`` is the highest score of any session at the prompts' own temperature, None before there is one.
    """

    metric_calls: int = 0
    repeated: int = 0
    restored: int = 0
    tool_calls: int = 0
    rerun: int = 0
    unserved: int = 0
    best: float | None = None


class Phase:
    """A part of a tuning, shared by all copies that an optimizer makes of a program. Context manager, thread-safe.

    An optimizer that is stopped leaves threads behind, and they go on with what they have queued. So everything that
    uses tools, models or the journal is :meth:`under_way` in a phase: when the phase is over, none of it is running,
    and none begins any more. ``limit`` is how many sessions this phase and those before it may have begun together,
    ``kept`` how many are kept back for later ones, ``until`` what may have been used in all before it is their turn.
    ``stopped`` is set when a limit other than that of sessions has ended it.
    """

    def __init__(self, evaluations: "Evaluations", limit: int, kept: int = 0, until: Use | None = None) -> None:
        self.evaluations = evaluations
        self.limit = limit
        self.kept = kept
        self.until = until
        self.stopped: EarlyStop | None = None
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
            self._state.notify_all()  # those who wait for a model to come back
            self._state.wait_for(lambda: all(thread == me for thread in self._threads))

    @property
    def over(self) -> bool:
        return self._over

    def part(self, sessions: int, share: float) -> "Phase":
        """A phase within this one: of what is left for it, so many ``sessions`` and ``share`` of everything else."""
        evaluations = self.evaluations
        until = evaluations.share(self, share) if share < 1 else self.until
        return Phase(evaluations, min(self.limit, evaluations.begun + sessions), self.kept, until)

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

    def wait(self, seconds: float) -> bool:
        """Wait for ``seconds``, or until the phase is over; returns whether it is."""
        with self._state:
            return self._state.wait_for(lambda: self._over, seconds)

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
    """What all phases of a tuning have in common. ``sessions`` limits those that are begun, ``whole`` is that of
    their evaluator.
    """

    def __init__(
        self,
        ledger: Ledger,
        sessions: int,
        progress: Callable[[TuningUsage], None] = lambda usage: None,
        journal: Journal | None = None,
        *,
        whole: bool = True,
    ) -> None:
        # ``error`` is what broke the tuning; ``stopped`` is the first reason for which a phase ended early;
        # ``unavailable`` is set when that was a model that answers nobody.
        self.usage = TuningUsage()
        self.error: Exception | None = None
        self.stopped: EarlyStop | None = None
        self.unavailable: UnavailableError | None = None
        self.ledger = ledger
        self.journal = journal
        self.begun = 0
        self._sessions = sessions
        self._progress = progress
        self._whole = whole
        self._ended: EarlyStop | None = None  # for all phases
        self._failures: Counter[str] = Counter()
        self._candidates: dict[str, Candidate] = {}
        self._results: dict[str, Future[TaskEvaluation]] = {}
        self._state = threading.RLock()
        self._one_report = threading.Lock()

    def phase(self, reserved: int = 0) -> Phase:
        """A phase that leaves the last ``reserved`` sessions of the budget to a later one."""
        return Phase(self, self._sessions - reserved, reserved)

    def share(self, phase: Phase, fraction: float) -> Use:
        """What may have been used in all when ``fraction`` of what ``phase`` has left is used."""
        return self.ledger.share(fraction, whole=self._whole, kept=phase.kept)

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
                restored = self.journal.evaluation(key) if self.journal else None
                self._admit(phase, free=restored is not None)
                own: Future[TaskEvaluation] = Future()
                self._results[key] = own
        # Whoever asks while the session is running waits for it here, outside of the lock.
        if result is not None:
            return _awaited(result, phase)
        try:
            with self._errors_kept():
                if restored is not None:
                    self.ledger.seen(restored.use, whole=self._whole)
                evaluation = restored or self._journaled(key, self._answered(phase, evaluate))
                with self._one_report:  # one after the other, so that each report counts one session more
                    self._record(key, prompts, index, variant, evaluation)
                    own.set_result(evaluation)
                    self._progress(replace(self.usage))
        finally:
            if not own.done():  # even after an interruption: those who wait must not wait forever
                own.set_exception(StopTuning())
                with self._state:
                    self._results.pop(key, None)  # it is no result: whoever asks again has it run again
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
            self.spent(error)
            raise StopTuning from None
        except UnansweredError as error:
            self._note_stop(EarlyStop("unavailable", str(error)))
            raise Unserved from None
        except UnavailableError as error:
            self.gone(error)
            raise StopTuning from None
        except Exception as error:  # noqa: BLE001 - boundary: DSPy; the optimizer's base raises it again
            with self._state:
                self.error = self.error or error
            raise StopTuning from None

    def spent(self, error: BudgetSpentError) -> None:
        """A budget that is used up is an end, not a failure: the best candidate so far is the result."""
        with self._state:
            self._end(self.ledger.spent() or EarlyStop("run_budget", str(error)))

    def gone(self, error: UnavailableError) -> None:
        """So is a model that answers nobody any more; whoever has no use for less than all raises ``unavailable``."""
        with self._state:
            self.unavailable = error
        self._end(EarlyStop("unavailable", str(error)))

    def _end(self, stop: EarlyStop) -> None:
        with self._state:
            self._ended = self._ended or stop
            self._note_stop(self._ended)

    def _note_stop(self, stop: EarlyStop) -> None:
        with self._state:
            self.stopped = self.stopped or stop

    def _answered(self, phase: Phase, evaluate: Callable[[], TaskEvaluation]) -> TaskEvaluation:
        """The evaluation; it is run again when a model did not answer in it, with patience and within the budget.

        Raises UnansweredError when that does not help.
        """
        patience = self.ledger.budget.patience / (2**RERUNS - 1)
        for rerun in range(RERUNS):
            with suppress(UnansweredError):
                return self._evaluated(evaluate)
            if phase.wait(patience * 2**rerun):
                raise StopTuning
            with self._state:
                if self._ended is not None or self.ledger.refusal(whole=self._whole, until=phase.until) is not None:
                    raise StopTuning
                self.usage.rerun += 1
        try:
            return self._evaluated(evaluate)
        except UnansweredError:
            with self._state:
                self.usage.unserved += 1
            raise

    def _evaluated(self, evaluate: Callable[[], TaskEvaluation]) -> TaskEvaluation:
        with self.ledger.session(whole=self._whole) as used:
            evaluation = evaluate()
            used.append(evaluation.use)
        return evaluation

    def _journaled(self, key: str, evaluation: TaskEvaluation) -> TaskEvaluation:
        if self.journal is not None:
            self.journal.keep_evaluation(key, evaluation, self.ledger.used())
        return evaluation

    def _admit(self, phase: Phase, *, free: bool) -> None:
        # A restored session costs nothing, so no limit but that of sessions holds it back: a resumed tuning has to
        # come as far as the stopped one did.
        if not free or self.begun >= phase.limit:
            self._refuse_beyond_budget(phase)
        self.begun += 1
        self.usage.restored += free

    def _refuse_beyond_budget(self, phase: Phase) -> None:
        if self.error is None and self._ended is None and phase.stopped is None and self.begun < phase.limit:
            phase.stopped = self.ledger.refusal(whole=self._whole, kept=phase.kept, until=phase.until)
            self.stopped = self.stopped or phase.stopped
        ended = self.error or self._ended or phase.stopped
        if ended is not None or self.begun >= phase.limit:
            raise StopTuning

    def _record(self, key: str, prompts: Prompts, index: int, variant: Hashable, evaluation: TaskEvaluation) -> None:
        with self._state:
            self.usage.metric_calls += 1
            self.usage.tool_calls += evaluation.tool_calls
            if evaluation.failure:
                self._failures[evaluation.failure] += 1
            # A session at another temperature says nothing about how the prompts do at their own.
            if variant is None:
                candidate = self._candidates.setdefault(prompts.digest, Candidate(prompts))
                candidate.scores[index] = evaluation.score
                self.usage.best = max(self.usage.best or 0.0, evaluation.score)

    @property
    def candidates(self) -> list[Candidate]:
        """All candidates in the order in which they were first scored."""
        with self._state:
            return list(self._candidates.values())

    def best(self, tasks: Sequence[dspy.Example]) -> Candidate | None:
        """The candidate with the highest mean over ``tasks``, of those evaluated on all of them; the first of equals.

        None if there is no such candidate.
        """
        return next(iter(self.ranked(tasks)), None)

    def ranked(self, tasks: Sequence[dspy.Example]) -> list[Candidate]:
        """The candidates that were evaluated on all of ``tasks``, the best first; of equals the first."""
        means = [(candidate.mean(tasks), candidate) for candidate in self.candidates]
        scored = [(mean, candidate) for mean, candidate in means if mean is not None]
        return [candidate for _, candidate in sorted(scored, key=lambda pair: -pair[0])]

    def candidate(self, prompts: Prompts) -> Candidate:
        """The candidate with ``prompts``, without scores if it was not evaluated."""
        with self._state:
            return self._candidates.get(prompts.digest, Candidate(prompts))

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
