"""Prices, budgets, and what a role's use costs."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import Budget, BudgetSpentError, Caps, Meter, Models
from toolgrad_dspy.lm.calls.prices import Price, Prices
from toolgrad_dspy.program import ToolGrad, run_session
from toolgrad_dspy.tools import Library
from toolgrad_dspy.world import WorldSource


def test_the_list_knows_models_with_and_without_their_provider_and_no_others() -> None:
    prices = Prices()
    known = prices.of("openai/gpt-4.1-mini")
    assert known is not None
    assert 0 < known.input < known.output < 1e-4
    assert prices.of("gemini/gemini-2.5-flash-lite") is not None
    assert prices.of("openai/a-model-of-my-own") is None
    assert prices.of("openai/sample_spec") is None


def test_the_price_list_is_read_without_importing_litellm() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from toolgrad_dspy.lm.calls.prices import Prices\n"
        "assert Prices().of('openai/gpt-4.1-mini')\n"
        "assert 'litellm' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_users_price_takes_precedence_over_the_list_and_is_per_million_tokens(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("openai/gpt-4.1-mini: {input: 2.0, output: 8.0}\n")
    assert Prices.load(path).of("openai/gpt-4.1-mini") == Price(2e-6, 8e-6)
    path.write_text(json.dumps({"openai/mine": {"input": 0, "output": 0}}))
    assert Prices.load(path).of("openai/mine") == Price(0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("{", "not_yaml", ""),
        ("[]", "invalid_value", ""),
        ("a: {input: 1}", "invalid_value", "a.output"),
        ("a: {input: 1, output: 2, inptu: 3}", "invalid_value", "a.inptu"),
        ("a: {input: -1, output: 2}", "invalid_value", "a.input"),
        ("a: {input: .nan, output: 2}", "invalid_value", "a.input"),
        (None, "unreadable_file", ""),
    ],
)
def test_a_price_file_that_is_wrong_is_an_error_of_one_line_that_names_the_variable_the_file_and_the_place(
    text: str | None, code: str, place: str, tmp_path: Path
) -> None:
    path = tmp_path / "prices.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError) as caught:
        Prices.load(path)
    assert caught.value.code == code
    message = str(caught.value)
    assert "TOOLGRAD_PRICES" in message
    assert str(path) in message
    assert place in message
    assert "\n" not in message


def test_an_unknown_price_is_counted_as_unknown_and_not_as_nothing() -> None:
    meter = Meter()
    meter.add("judge", 10, 5, None)
    meter.add("judge", 10, 5, 0.25, "openai/x")
    assert meter.roles()["judge"].usd == 0.25
    assert meter.roles()["judge"].unpriced == 1
    assert list(meter.models()) == [("judge", ""), ("judge", "openai/x")]


@pytest.mark.parametrize(
    ("caps", "option"),
    [(Caps(tokens=1), "--max-tokens"), (Caps(tool_calls=1), "--max-tool-calls"), (Caps(usd=0.001), "--max-usd")],
)
def test_a_session_ends_when_the_budget_is_used_up(caps: Caps, option: str) -> None:
    models = ScriptedModels()
    models.budget = Budget(caps)
    models.budget.carry(0.001, 0, 0)

    async def main() -> None:
        async with Library([WorldSource()]) as library:
            await run_session(ToolGrad(library, models), 0, 0)

    with pytest.raises(BudgetSpentError) as caught:
        asyncio.run(main())
    assert caught.value.code == "budget_spent"
    assert str(caught.value).split()[-1] == option, "the option to raise"


def test_the_rehearsal_model_costs_nothing_and_that_is_known() -> None:
    models = Models.from_environment()
    asyncio.run(models.lm("judge").acall("hello"))
    used = models.meter.roles()["judge"]
    assert (used.calls, used.usd, used.unpriced) == (1, 0.0, 0)


def test_a_cap_on_calls_is_never_exceeded_and_a_call_that_failed_is_none() -> None:
    budget = Budget(Caps(lm_calls=2))
    with pytest.raises(ValueError, match="no answer"), budget.model_call():
        raise ValueError("no answer")
    with budget.model_call(), budget.model_call():
        with pytest.raises(BudgetSpentError) as caught, budget.model_call():
            pass
        assert caught.value.code == "budget_spent"
    assert budget.lm_calls == 2
