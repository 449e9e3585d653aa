"""Defaults of other people's functions, replaced for a while."""

import inspect
import threading
from collections.abc import Callable
from typing import Any

import pytest
from dspy.predict.parallel import Parallel
from dspy.utils.parallelizer import ParallelExecutor

from toolgrad_dspy.errors import RunError
from toolgrad_dspy.tuning.dspy_patches import replaced_defaults, whole_sessions_once


def sample(first: int, second: int = 2, /, third: int = 3, *, fourth: int = 4, fifth: int) -> tuple[int, ...]:
    return first, second, third, fourth, fifth


def defaults(function: Callable[..., Any]) -> dict[str, object]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def test_defaults_are_replaced_by_name_wherever_they_stand_and_exactly_restored() -> None:
    before = (sample.__defaults__, sample.__kwdefaults__)
    with replaced_defaults(sample, third=30, fourth=40):
        assert sample(1, fifth=5) == (1, 2, 30, 40, 5)
    assert sample(1, fifth=5) == (1, 2, 3, 4, 5)
    assert sample.__defaults__ is before[0]
    assert sample.__kwdefaults__ is before[1]


@pytest.mark.parametrize("name", ["fifth", "first", "sixth"])
def test_a_name_without_a_default_is_an_error_that_names_it_and_changes_nothing(name: str) -> None:
    before = defaults(sample)
    with pytest.raises(RunError) as caught, replaced_defaults(sample, **{"third": 30, name: 0}):
        pass
    assert caught.value.code == "unsupported_dspy"
    assert name in str(caught.value)
    assert "sample" in str(caught.value)
    assert defaults(sample) == before


def test_an_error_within_restores_them_too() -> None:
    with pytest.raises(KeyError), replaced_defaults(sample, third=30):
        raise KeyError
    assert sample(1, fifth=5) == (1, 2, 3, 4, 5)


def test_replacements_nest_and_the_outer_ones_return() -> None:
    with replaced_defaults(sample, third=30, fourth=40):
        with replaced_defaults(sample, third=300):
            assert sample(1, fifth=5) == (1, 2, 300, 40, 5)
        assert sample(1, fifth=5) == (1, 2, 30, 40, 5)
    assert sample(1, fifth=5) == (1, 2, 3, 4, 5)


def test_replacements_of_two_threads_may_overlap_and_end_in_any_order() -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with replaced_defaults(sample, third=30):
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert entered.wait(30)
    with replaced_defaults(sample, third=30):
        leave.set()
        thread.join(30)
        assert sample(1, fifth=5) == (1, 2, 30, 4, 5)
    assert sample(1, fifth=5) == (1, 2, 3, 4, 5)


def test_dspy_runs_no_session_twice_meanwhile() -> None:
    constructors = (ParallelExecutor.__init__, Parallel.__init__)
    before = [defaults(constructor) for constructor in constructors]
    with whole_sessions_once():
        for constructor, original in zip(constructors, before, strict=True):
            assert defaults(constructor) == {**original, "timeout": 0, "straggler_limit": 0}
    assert [defaults(constructor) for constructor in constructors] == before
