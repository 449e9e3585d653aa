"""What a run is expected to use before it begins."""

import pytest

from tests.support.open_world import library
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.lm import ROLES, Models, ModelSettings
from toolgrad_dspy.lm.calls.prices import Price, Prices
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, run_sessions
from toolgrad_dspy.runs import typical_session
from toolgrad_dspy.tools import Library

__all__ = ["library"]


@pytest.mark.parametrize(
    "config",
    [
        ProgramConfig(iterations=5),
        ProgramConfig(iterations=3, mini_batch=8),
        ProgramConfig(iterations=4, mend="all"),
    ],
    ids=["iterations", "mini_batch", "mend"],
)
def test_the_estimate_is_near_what_sessions_take(library: Library, config: ProgramConfig) -> None:
    models = Models.from_environment()
    run_on_loop_thread(run_sessions(ToolGrad(library, models, config), draw(0, 0, 0, 8).test))
    expected = typical_session(config, library.tools, models).times(8)
    used = models.meter.roles().values()
    assert expected.lm_calls == pytest.approx(models.meter.calls, rel=0.3)
    assert expected.input_tokens == pytest.approx(sum(role.input_tokens for role in used), rel=0.3)
    assert expected.usd == 0


def test_a_session_is_expected_to_make_no_more_calls_than_it_may(library: Library) -> None:
    models = Models.from_environment()
    free, limited = (typical_session(ProgramConfig(max_calls=most), library.tools, models) for most in (None, 9))
    assert limited.lm_calls == 9 < free.lm_calls
    assert limited.input_tokens < free.input_tokens
    assert typical_session(ProgramConfig(max_calls=900), library.tools, models) == free


def test_the_dollars_are_those_of_the_list_and_unknown_without_a_price(library: Library) -> None:
    settings = dict.fromkeys(ROLES, ModelSettings(model="openai/mine"))
    priced = Models(settings, Prices({"openai/mine": Price(1e-6, 2e-6)}))
    expected = typical_session(ProgramConfig(), library.tools, priced)
    assert expected.usd == pytest.approx(1e-6 * expected.input_tokens + 2e-6 * expected.output_tokens)
    assert "US dollars" in expected.line
    unknown = typical_session(ProgramConfig(), library.tools, Models(settings, Prices({})))
    assert unknown.usd is None
    assert unknown.times(3).usd is None
