"""A program on the town, as a user of DSPy builds it."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from toolgrad_dspy.lm import Models, Role
from toolgrad_dspy.program import ProgramConfig, ToolGrad
from toolgrad_dspy.tools import Library
from toolgrad_dspy.world import WorldSource

Make = Callable[..., ToolGrad]


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with Library([WorldSource()]) as library:
        yield library


@pytest.fixture
def make(library: Library) -> Make:
    """A new program whose executor is asked, too; its models are those of the environment, if none are given."""

    def new(
        models: Models | None = None,
        tuned: Sequence[Role] = ("proposer", "selector"),
        max_calls: int | None = None,
    ) -> ToolGrad:
        config = ProgramConfig(base="plain", mend="all", iterations=2, max_calls=max_calls)
        return ToolGrad(library, models or Models.from_environment(), config, tuned=tuned)

    return new
