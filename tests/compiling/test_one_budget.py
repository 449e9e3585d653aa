"""One budget for all stages of a compile: what binds, what is kept for the comparison, and what is said without
one."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support import compiles
from tests.support.model_servers import ModelServer
from toolgrad_dspy.compiling import Compiled, CompileSpec, TaskCounts, compile, journal_of, read_description
from toolgrad_dspy.errors import RunError, UsageError
from toolgrad_dspy.lm import ROLES, Models, ModelSettings
from toolgrad_dspy.lm.calls.prices import Price, Prices
from toolgrad_dspy.program import read_program
from toolgrad_dspy.runs import ModelsSpec
from toolgrad_dspy.tuning import DEFAULT_USD, Ledger, TuningBudget, Use

SPEC = dataclasses.replace(compiles.SPEC, optimizer="gepa", budget=TuningBudget(metric_calls=48, threads=4))


def limited(**limits: Any) -> CompileSpec:
    return dataclasses.replace(SPEC, budget=dataclasses.replace(SPEC.budget, **limits))


def calls(compiled: Compiled) -> int:
    return sum(cost.lm_calls for cost in compiled.costs.values())


@pytest.mark.parametrize("optimizer", ["gepa", "better-together", "bootstrap"])
@pytest.mark.parametrize("limit", [3, 40, 300])
def test_a_limit_on_calls_binds_all_stages_together(tmp_path: Path, optimizer: str, limit: int) -> None:
    compiled = compile(dataclasses.replace(limited(lm_calls=limit), optimizer=optimizer), tmp_path / "p.json")
    assert calls(compiled) <= limit
    assert compiled.tuning.stop_cause == "lm_calls"
    assert journal_of(tmp_path / "p.json").exists(), "a larger limit can resume it"


@pytest.mark.slow
def test_recording_is_part_of_the_budget(tmp_path: Path) -> None:
    spec = dataclasses.replace(limited(lm_calls=400), record=tmp_path / "states.jsonl")
    compiled = compile(spec, tmp_path / "p.json")
    assert list(compiled.costs) == ["recording", "tuning", "comparison"]
    assert calls(compiled) <= 400
    again = compile(spec, tmp_path / "q.json")
    assert list(again.costs) == ["tuning", "comparison"], "a recording that is there costs nothing"


def test_a_budget_that_ends_before_a_session_is_recorded_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        compile(dataclasses.replace(limited(lm_calls=5), record=tmp_path / "states.jsonl"), tmp_path / "p.json")
    assert caught.value.code == "budget_spent"
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_the_budget_ends_goes_on_with_a_larger_one(tmp_path: Path) -> None:
    path, record = tmp_path / "p.json", tmp_path / "states.jsonl"
    with pytest.raises(RunError) as caught:
        compile(dataclasses.replace(limited(lm_calls=30), record=record), path)
    assert caught.value.code == "budget_spent"
    assert [file.name for file in tmp_path.iterdir()] == [journal_of(path).name]
    with pytest.raises(RunError, match="30 of 30 LM calls were used"):
        compile(dataclasses.replace(limited(lm_calls=30), record=record), path, resume=True)
    compiled = compile(dataclasses.replace(limited(lm_calls=400), record=record), path, resume=True)
    assert record.exists()
    assert 0 < calls(compiled) <= 370, "both starts have one budget"


def test_what_the_comparison_needs_is_kept_for_it(tmp_path: Path) -> None:
    compiled = compile(limited(lm_calls=400), tmp_path / "p.json")
    assert compiled.tuning.stop_cause == "lm_calls"
    assert compiled.comparison.unpaid == 0
    assert compiled.comparison.pairs == SPEC.tasks.test or compiled.comparison.unchanged


def test_without_a_comparison_there_is_no_verdict(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    spec = dataclasses.replace(SPEC, optimizer="bootstrap", tasks=TaskCounts(train=4, validation=4, test=60))
    budget = dataclasses.replace(SPEC.budget, metric_calls=24, lm_calls=500)
    compiled = compile(dataclasses.replace(spec, budget=budget), path)
    assert not compiled.comparison.unchanged
    assert 0 < compiled.comparison.pairs < 30
    assert compiled.comparison.pairs + compiled.comparison.unpaid == 60
    assert compiled.difference is None
    stored = read_description(read_program(path).description, path)
    assert stored is not None
    assert (stored.scores.difference, stored.scores.gain) == (None, None)
    assert stored.conclusion == compiled.conclusion


def test_prompts_that_did_not_change_are_not_compared_with_themselves(tmp_path: Path) -> None:
    compiled = compile(limited(metric_calls=4), tmp_path / "p.json")
    assert compiled.comparison.unchanged
    assert compiled.before is compiled.after
    assert compiled.before is not None
    assert compiled.costs["comparison"].lm_calls == sum(s.usage.lm_calls for s in compiled.before.sessions)


def test_a_limit_on_minutes_ends_a_compile_with_what_it_has(tmp_path: Path) -> None:
    compiled = compile(limited(minutes=1e-6), tmp_path / "p.json")
    assert compiled.tuning.stop_cause == "minutes"
    assert compiled.comparison.unchanged


@pytest.mark.slow
def test_a_resumed_compile_does_not_pay_again_for_the_comparison(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    first = compile(limited(lm_calls=400), path)
    spent = calls(first)
    again = compile(limited(lm_calls=spent), path, resume=True)
    assert calls(again) == sum(cost.tool_calls for cost in again.costs.values()) == 0
    assert first.earlier.lm_calls == 0
    assert again.earlier.lm_calls == spent
    assert (again.before, again.after) == (first.before, first.after)


def priced(server: ModelServer, usd: float) -> ModelsSpec:
    """The model at ``server`` in every role, where a call costs about ``usd``."""
    settings = ModelSettings(model=server.model, api_base=server.url, api_key=SecretStr("none"), retries=0)
    return ModelsSpec(dict.fromkeys(ROLES, settings), Prices({server.model: Price(usd / 1500, usd / 1500)}))


def test_a_model_with_a_price_has_a_default_budget_and_is_estimated_before_it_is_asked(tmp_path: Path) -> None:
    assert CompileSpec().budget.usd == DEFAULT_USD == 5
    with ModelServer("openai") as server:
        spec = dataclasses.replace(SPEC, models=priced(server, 0.015))
        asked: list[tuple[int, str]] = []

        def say(line: str) -> None:
            asked.append((server.stats.answered, line))

        compiled = compile(spec, tmp_path / "p.json", say=say)
    assert compiled.tuning.stop_cause == "usd"
    under_way = 0.03 * SPEC.budget.threads * SPEC.program.proposals
    assert 0 < sum(cost.usd for cost in compiled.costs.values()) < DEFAULT_USD + under_way
    expected = [answered for answered, line in asked if "US dollars" in line]
    assert expected[0] <= 1, "the check of the model alone comes before"
    assert expected[-1] > 10, "and the estimate is corrected by the first sessions"


def test_only_roles_of_the_loop_can_be_tuned(tmp_path: Path) -> None:
    for roles in (("judge",), ()):
        with pytest.raises(UsageError) as caught:
            compile(dataclasses.replace(SPEC, tuned=roles), tmp_path / "p.json")
        assert caught.value.code == "unknown_role"


def test_a_refusal_says_what_of_the_limit_is_kept_and_what_for() -> None:
    ledger = Ledger(TuningBudget(lm_calls=200), Models.from_environment(), typical=Use(5))
    ledger.carry(Use(120))
    ledger.keep(12)
    both, one = ledger.refusal(kept=12), ledger.refusal(kept=0, until=Use(0))
    assert both is not None
    assert both.reason == "120 of 200 LM calls were used; 66 for the comparison and 60 to choose the result are kept"
    assert one is not None
    assert one.reason == "120 of 200 LM calls were used; 66 for the comparison are kept"
    ledger.keep(0)
    assert ledger.refusal() is None


def test_a_refusal_counts_what_sessions_under_way_will_use() -> None:
    ledger = Ledger(TuningBudget(lm_calls=25), Models.from_environment(), typical=Use(8))
    ledger.carry(Use(4))
    with ledger.session(), ledger.session():
        refused = ledger.refusal()
    assert refused is not None
    assert refused.reason == "4 of 25 LM calls were used and about 16 more are for sessions under way"
    assert ledger.refusal() is None
