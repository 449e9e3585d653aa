"""The phases of a tuning: what an optimizer leaves behind has no effect on what comes next."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from toolgrad_dspy.lm import Models
from toolgrad_dspy.tuning import Prompts, StopTuning, TaskEvaluation, TuningBudget, TuningUsage
from toolgrad_dspy.tuning.evaluations import Evaluations

PROMPTS = Prompts({"self": "Be careful."}, {"self": ()})


def evaluation() -> TaskEvaluation:
    return TaskEvaluation(0.5, {}, (), 1, "")


def begin(sessions: int) -> tuple[Evaluations, list[int]]:
    """Evaluations with a budget of so many sessions, and how many were counted after each."""
    counted: list[int] = []

    def progress(usage: TuningUsage) -> None:
        counted.append(usage.metric_calls)

    return Evaluations(TuningBudget(sessions), Models.from_environment(), progress), counted


def test_a_phase_ends_when_the_session_under_way_has_ended() -> None:
    evaluations, _ = begin(4)
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> TaskEvaluation:
        begun.set()
        assert go_on.wait(10)
        ended.set()
        return evaluation()

    with ThreadPoolExecutor() as pool:
        with evaluations.phase() as phase:
            left_behind = pool.submit(phase.once, PROMPTS, 0, None, slow)
            assert begun.wait(10)
            threading.Timer(0.05, go_on.set).start()
        assert ended.is_set()
        assert left_behind.result(10) == evaluation()


def test_nothing_begins_in_a_phase_that_is_over_and_the_next_has_all_that_was_reserved() -> None:
    evaluations, counted = begin(3)
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
