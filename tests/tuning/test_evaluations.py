"""All evaluations of a tuning: nothing outlives its phase, no error is a low score, and nobody waits forever."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import BudgetSpentError, Models
from toolgrad_dspy.tuning import Journal, Ledger, Prompts, StopTuning, TaskEvaluation, TuningBudget, TuningUsage
from toolgrad_dspy.tuning.evaluations import Evaluations, Phase

PROMPTS = Prompts({"self": "Be careful."}, {"self": ()})


def evaluation() -> TaskEvaluation:
    return TaskEvaluation(0.5, {}, (), 1, "")


def begin(
    sessions: int, progress: Callable[[TuningUsage], None] = lambda usage: None, journal: Journal | None = None
) -> Evaluations:
    ledger = Ledger(TuningBudget(sessions), Models.from_environment())
    return Evaluations(ledger, sessions, progress, journal)


class Held:
    """Work that has begun, and ends when it may."""

    def __init__(self) -> None:
        self.begun, self._may_end, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self) -> TaskEvaluation:
        self.begun.set()
        assert self._may_end.wait(10)
        self.ended.set()
        return evaluation()

    def soon(self) -> None:
        """Let it end, but not before whoever calls this has gone on."""
        assert self.begun.wait(10)
        threading.Timer(0.05, self._may_end.set).start()


def test_a_phase_ends_when_the_session_under_way_has_ended() -> None:
    work = Held()
    with ThreadPoolExecutor() as pool:
        with begin(4).phase() as phase:
            left_behind = pool.submit(phase.once, PROMPTS, 0, None, work)
            work.soon()
        assert work.ended.is_set()
        assert left_behind.result(10) == evaluation()


def test_a_phase_ends_when_whatever_else_is_under_way_has_ended() -> None:
    def feedback(phase: Phase, work: Held) -> None:
        with phase.under_way():
            work()

    work = Held()
    with ThreadPoolExecutor() as pool:
        with begin(4).phase() as phase:
            left_behind = pool.submit(feedback, phase, work)
            work.soon()
        assert work.ended.is_set()
        left_behind.result(10)


def test_nothing_begins_in_a_phase_that_is_over_and_the_next_has_all_that_was_reserved() -> None:
    counted: list[int] = []
    evaluations = begin(3, lambda usage: counted.append(usage.metric_calls))
    with evaluations.phase(reserved=2) as search:
        search.once(PROMPTS, 0, None, evaluation)
        with pytest.raises(StopTuning):
            search.once(PROMPTS, 1, None, evaluation)
    with evaluations.phase() as comparison:
        for late in (lambda: search.once(PROMPTS, 1, None, evaluation), search.check):
            with pytest.raises(StopTuning):
                late()
        with pytest.raises(StopTuning):  # not even one whose result is known
            search.once(PROMPTS, 0, None, evaluation)
        comparison.once(PROMPTS, 1, None, evaluation)
        comparison.once(PROMPTS, 2, None, evaluation)
        with pytest.raises(StopTuning):
            comparison.once(PROMPTS, 3, None, evaluation)
    assert counted == [1, 2, 3]
    assert evaluations.usage.repeated == 0


def test_an_interrupted_phase_ends_and_releases_those_who_wait_for_its_session() -> None:
    """Ctrl-C reaches the main thread in the middle of a session, and others wait for the same session."""
    evaluations = begin(4)
    with ThreadPoolExecutor() as pool:
        waiting = []

        def interrupted() -> TaskEvaluation:
            waiting.append(pool.submit(phase.once, PROMPTS, 0, None, evaluation))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), evaluations.phase() as phase:
            phase.once(PROMPTS, 0, None, interrupted)
        with pytest.raises(StopTuning):
            waiting[0].result(10)


def test_an_interruption_before_a_session_has_begun_leaves_nobody_waiting() -> None:
    evaluations = begin(4)
    unresolved: Future[TaskEvaluation] = Future()
    with ThreadPoolExecutor() as pool:
        with evaluations.phase() as phase:
            # As between two lines: the thread has said that it begins, but neither that it ended nor with what.
            phase._threads.append(threading.get_ident())
            evaluations._results[f"{PROMPTS.digest} 0 None"] = unresolved
            waiting = pool.submit(phase.once, PROMPTS, 0, None, evaluation)
        with pytest.raises(StopTuning):
            waiting.result(10)


def test_a_bug_in_a_session_ends_the_tuning_and_is_kept() -> None:
    bug = ZeroDivisionError("a bug of an evaluator")

    def fail() -> TaskEvaluation:
        raise bug

    evaluations = begin(4)
    with evaluations.phase() as phase:
        for index in (0, 0, 1):  # also for those who ask for the same, and no other begins
            with pytest.raises(StopTuning):
                phase.once(PROMPTS, index, None, fail if index == 0 else evaluation)
    assert evaluations.error is bug
    assert evaluations.usage.metric_calls == 0


def test_a_bug_in_what_shows_progress_ends_the_tuning_and_is_kept() -> None:
    bug = BrokenPipeError("nobody reads")

    def fail(usage: TuningUsage) -> None:
        raise bug

    evaluations = begin(4, fail)
    with evaluations.phase() as phase:
        for index in (0, 1):
            with pytest.raises(StopTuning):
                phase.once(PROMPTS, index, None, evaluation)
        assert phase.once(PROMPTS, 0, None, evaluation) == evaluation()  # it was scored before that
    assert evaluations.error is bug


def test_a_budget_of_the_run_that_is_used_up_is_an_end_and_no_error() -> None:
    def spent() -> TaskEvaluation:
        raise BudgetSpentError("no tokens are left")

    evaluations = begin(4)
    with evaluations.phase() as phase, pytest.raises(StopTuning):
        phase.once(PROMPTS, 0, None, spent)
    assert evaluations.error is None
    assert evaluations.stopped is not None
    assert evaluations.stopped.cause == "run_budget"


def test_a_damaged_journal_ends_the_tuning(tmp_path: Path) -> None:
    with Journal.begin(tmp_path / "t.journal", {}) as journal:
        journal._write(("played", f"{PROMPTS.digest} 0 None", '{"score": 1}'))
        evaluations = begin(4, journal=journal)
        with evaluations.phase() as phase, pytest.raises(StopTuning):
            phase.once(PROMPTS, 0, None, evaluation)
    assert isinstance(evaluations.error, UsageError)
    assert evaluations.error.code == "damaged_journal"


def test_progress_counts_every_session_once_whichever_thread_ends_first() -> None:
    counted: list[int] = []
    evaluations = begin(200, lambda usage: counted.append(usage.metric_calls))
    with ThreadPoolExecutor(8) as pool, evaluations.phase() as phase:
        list(pool.map(lambda index: phase.once(PROMPTS, index, None, evaluation), range(200)))
    assert counted == list(range(1, 201))


@pytest.mark.parametrize(("sessions", "threads"), [(0, 8), (240, 0), (-1, 1)])
def test_a_budget_in_which_nothing_can_run_is_refused(sessions: int, threads: int) -> None:
    with pytest.raises(UsageError) as caught:
        TuningBudget(sessions, threads)
    assert caught.value.code == "invalid_budget"
