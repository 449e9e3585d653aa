"""Comparing two programs: the mean difference over the same tasks, and how sure it is."""

import pytest

from toolgrad_dspy.metrics import compare

BEFORE = [0.2, 0.4, 0.5, 0.3, 0.6, 0.1, 0.7, 0.5]


def test_the_mean_lies_within_its_interval_and_the_same_seed_gives_the_same_one() -> None:
    after = [0.4, 0.3, 0.9, 0.5, 0.6, 0.2, 0.6, 0.9]
    difference = compare(BEFORE, after, seed=1)
    assert difference.mean == pytest.approx(sum(after) / 8 - sum(BEFORE) / 8)
    assert difference.low < difference.mean < difference.high
    assert compare(BEFORE, after, seed=1) == difference != compare(BEFORE, after, seed=2)


@pytest.mark.parametrize(
    ("changes", "gain", "excludes_zero"),
    [((0.1, 0.2), True, True), ((-0.1, -0.2), False, True), ((0.2, -0.2), False, False), ((0, 0), False, False)],
)
def test_a_difference_is_a_gain_if_its_whole_interval_is_above_0(
    changes: tuple[float, float], gain: bool, excludes_zero: bool
) -> None:
    difference = compare(BEFORE, [score + changes[i % 2] for i, score in enumerate(BEFORE)])
    assert (difference.is_gain, difference.excludes_zero) == (gain, excludes_zero)


def test_before_and_after_swapped_turn_the_interval_around() -> None:
    after = [score + 0.1 * (i % 3) for i, score in enumerate(BEFORE)]
    forth, back = compare(BEFORE, after), compare(after, BEFORE)
    assert (back.mean, back.low, back.high) == pytest.approx((-forth.mean, -forth.high, -forth.low), abs=5e-3)


def test_tasks_are_compared_in_pairs_so_that_hard_ones_do_not_blur_a_constant_gain() -> None:
    scores = [0.0, 1.0] * 8
    difference = compare(scores, [score + 0.1 for score in scores])
    assert (difference.mean, difference.low, difference.high) == pytest.approx((0.1, 0.1, 0.1))


@pytest.mark.parametrize(("before", "after"), [([], []), ([0.5], []), ([0.5, 0.5], [0.5])])
def test_scores_that_do_not_pair_up_are_refused(before: list[float], after: list[float]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a caller's bug, without a code
        compare(before, after)
