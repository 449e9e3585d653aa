"""How mini-batches are drawn."""

from collections import Counter

import pytest

from toolgrad_dspy.records import Tool
from toolgrad_dspy.sampling import Sampler, Uniform

SAMPLERS = [Uniform()]


def tools(count: int) -> list[Tool]:
    return [
        Tool(
            name=f"t{number:02}",
            source_name=f"t{number:02}",
            description="",
            parameters={"type": "object"},
            source="s",
            category="c",
        )
        for number in range(count)
    ]


def draws(sampler: Sampler, *, count: int, size: int, times: int) -> list[tuple[str, ...]]:
    offered = tools(count)
    return [tuple(tool.name for tool in sampler.sample(offered, 7, number, size)) for number in range(times)]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: sampler.name)
class TestEverySampler:
    def test_every_iteration_draws_anew_and_the_same_one_the_same(self, sampler: Sampler) -> None:
        drawn = draws(sampler, count=20, size=5, times=10)
        assert len(set(drawn)) == 10
        assert all(len(set(draw)) == 5 for draw in drawn)
        assert draws(sampler, count=20, size=5, times=10) == drawn

    @pytest.mark.parametrize("size", [3, 99])
    def test_all_tools_in_their_order_when_there_are_no_more(self, sampler: Sampler, size: int) -> None:
        assert draws(sampler, count=3, size=size, times=1) == [("t00", "t01", "t02")]


def test_uniform_draws_all_tools_equally_often() -> None:
    drawn = Counter(name for draw in draws(Uniform(), count=10, size=4, times=2000) for name in draw)
    assert len(drawn) == 10
    assert all(700 < times < 900 for times in drawn.values())
