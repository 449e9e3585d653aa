"""Models that do not answer: they are waited for, a session is run again or left out, and none is ever a score."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest
from pydantic import SecretStr

from tests.support.model_servers import Fault, FaultPlan, ModelServer
from tests.support.model_servers.formats import WireAnswer
from tests.support.open_world import library
from toolgrad_dspy.compiling import Comparison, compare_programs
from toolgrad_dspy.errors import UnavailableError
from toolgrad_dspy.lm import ROLES, Models, ModelSettings
from toolgrad_dspy.lm.calls import availability
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import Ledger, LiveEvaluator, Prompts, TuningBudget

__all__ = ["library"]

Trouble = Callable[[dict[str, Any]], WireAnswer | None]

CONFIG = ProgramConfig(iterations=2, base="plain")
# Nobody waits in a test.
BUDGET = TuningBudget(metric_calls=30, threads=4, patience=0)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "FIRST_PAUSE", 0.0)


def at(server: ModelServer, wait: float = 60) -> Models:
    """The model at ``server`` in every role, asked once per call, and waited for."""
    settings = ModelSettings(model=server.model, api_base=server.url, api_key=SecretStr("none"), retries=0)
    return Models(dict.fromkeys(ROLES, settings), wait=wait)


def reworded(program: ToolGrad) -> ToolGrad:
    """``program`` with other prompts that do the same."""
    prompts = Prompts.of(program)
    said = {name: f"{text}\n" for name, text in prompts.instructions.items()}
    changed: ToolGrad = Prompts(said, prompts.demos).applied_to(program)
    return changed


def compared(
    library: Library, faults: FaultPlan | None = None, trouble: Trouble = lambda body: None, wait: float = 60
) -> tuple[Comparison, int]:
    """An unchanged program, compared with itself in other words; and how many requests were refused."""
    faults = faults or FaultPlan()
    with ModelServer("openai", faults=faults, trouble=trouble) as server:
        models = at(server, wait)
        program = ToolGrad(library, models, CONFIG)
        ledger = Ledger(BUDGET, models)
        outcome = compare_programs(program, reworded(program), draw(0, 0, 0, 8).test, Metric(), ledger, seed=0)
    return outcome, sum(faults.injected.values())


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.RATE_LIMIT_BARE, Fault.SERVER_ERROR])
def test_an_outage_makes_no_program_better(library: Library, fault: Fault) -> None:
    outcome, refused = compared(library, FaultPlan(script=[fault] * 12))
    assert refused == 12
    assert outcome.difference is not None
    assert (outcome.difference.low, outcome.difference.high) == (0, 0)
    assert (outcome.pairs, outcome.unserved, outcome.unpaid) == (8, 0, 0)


def some_prompts_break_it(body: dict[str, Any]) -> WireAnswer | None:
    """A server that fails at certain prompts, however often it is asked."""
    broken = crc32(json.dumps(body["messages"]).encode()) % 12 == 0
    return WireAnswer(500, {"error": {"message": "broken", "type": "server_error"}}) if broken else None


def test_pairs_of_which_one_session_got_no_answer_are_left_out_and_counted(library: Library) -> None:
    outcome, _ = compared(library, trouble=some_prompts_break_it)
    assert outcome.unserved > 0
    assert outcome.pairs + outcome.unserved + outcome.unpaid == 8
    assert f"{outcome.unserved} " in outcome.left_out
    if outcome.difference is not None:
        assert (outcome.difference.low, outcome.difference.high) == (0, 0)


def test_models_that_are_gone_give_no_verdict_and_end_the_comparison(library: Library) -> None:
    with pytest.raises(UnavailableError):
        compared(library, FaultPlan.always(Fault.UNAVAILABLE), wait=0)


@pytest.fixture
def failing() -> Iterator[ModelServer]:
    with ModelServer("openai", faults=FaultPlan(script=[None] * 25, rates={Fault.UNAVAILABLE: 1.0})) as server:
        yield server


def test_models_that_stop_answering_end_a_tuning_with_the_best_so_far(library: Library, failing: ModelServer) -> None:
    models = at(failing, wait=0)
    program = ToolGrad(library, models, CONFIG)
    result = optimizer("gepa").tune(program, draw(0, 4, 4, 0), LiveEvaluator(Metric()), models, budget=BUDGET, seed=0)
    assert result.stop_cause == "unavailable"
    assert "503" in result.stopped
    assert result.usage.metric_calls > 0, "those that were answered before"
    assert result.scores[0] is None or result.scores[0] > 0.2, "no score is that of an outage"
