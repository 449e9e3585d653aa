"""Optimizers by name: the nine, strategies of several, and optimizers of one's own."""

from collections.abc import Iterator

import dspy
import pytest

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.optimizers import OPTIMIZERS, Optimizer, optimizer, register
from toolgrad_dspy.optimizers.better_together import BetterTogether
from toolgrad_dspy.tuning import Search, Tunable


class Own(Optimizer):
    """Leaves the program as it is."""

    name = "own"

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        return student


@pytest.fixture
def registered() -> Iterator[None]:
    register(Own)
    yield
    del OPTIMIZERS._classes[Own.name]  # there is no public way back: a program never needs one


def test_an_optimizer_is_found_by_its_name_and_an_unknown_one_names_the_nearest() -> None:
    assert all(optimizer(name).name == name for name in OPTIMIZERS)
    with pytest.raises(UsageError) as misspelt:
        optimizer("gepaa")
    with pytest.raises(UsageError) as unlike:
        optimizer("zzz")
    assert misspelt.value.code == unlike.value.code == "unknown_optimizer"
    assert "'gepa'" in str(misspelt.value)
    assert all(name in str(unlike.value) for name in OPTIMIZERS)


def test_instructions_come_before_demonstrations_unless_a_strategy_says_otherwise() -> None:
    assert optimizer("better-together").label == "better-together: gepa -> bootstrap"
    assert optimizer("better-together", " mipro->gepa ").label == "better-together: mipro -> gepa"


@pytest.mark.parametrize(
    ("strategy", "code", "named"),
    [
        ("gepa -> boostrap", "unknown_optimizer", "'bootstrap'"),
        ("gepa, bootstrap", "unknown_optimizer", "'gepa, bootstrap'"),
        ("gepa -> ", "invalid_strategy", "'gepa -> '"),
        ("", "invalid_strategy", "''"),
        ("gepa -> better-together", "invalid_strategy", "better-together"),
    ],
)
def test_a_strategy_that_cannot_run_is_refused_in_one_line(strategy: str, code: str, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        optimizer("better-together", strategy)
    assert caught.value.code == code
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_better_together_needs_optimizers_and_others_take_no_strategy() -> None:
    with pytest.raises(UsageError) as none:
        BetterTogether([])
    assert none.value.code == "invalid_strategy"
    with pytest.raises(UsageError) as other:
        optimizer("gepa", "gepa -> bootstrap")
    assert other.value.code == "strategy_not_supported"
    assert "gepa" in str(other.value)


@pytest.mark.usefixtures("registered")
def test_an_optimizer_of_ones_own_is_known_by_name_and_in_strategies() -> None:
    assert OPTIMIZERS["own"] is Own
    assert isinstance(optimizer("own"), Own)
    assert optimizer("better-together", "own -> bootstrap").label == "better-together: own -> bootstrap"


@pytest.mark.usefixtures("registered")
def test_a_name_that_is_taken_is_never_overwritten() -> None:
    assert register(Own) is Own  # again, which changes nothing

    class Other(Own):
        pass

    class Gepa(Own):
        name = "gepa"

    for taken in (Other, Gepa):
        before = OPTIMIZERS[taken.name]
        with pytest.raises(UsageError) as caught:
            register(taken)
        assert caught.value.code == "duplicate_optimizer"
        assert before.__qualname__ in str(caught.value)
        assert OPTIMIZERS[taken.name] is before


@pytest.mark.parametrize("wrong", ["", "My optimizer", "a->b", "../up", "trailing-"])
def test_a_name_unfit_for_files_and_strategies_is_refused(wrong: str) -> None:
    class Misnamed(Own):
        name = wrong

    with pytest.raises(UsageError) as caught:
        register(Misnamed)
    assert caught.value.code == "invalid_optimizer_name"
    assert "Misnamed" in str(caught.value)
    assert wrong not in OPTIMIZERS
