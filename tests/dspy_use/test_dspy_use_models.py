"""Models and adapters that come from DSPy: configured, or set on a program."""

from typing import Any

import dspy
import pytest

from tests.dspy_use.conftest import Make
from tests.support.own_model import own_model
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import LOOP_ROLES, Models, ModelSettings, Role
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.signatures import Propose

LOOP: tuple[Role, ...] = LOOP_ROLES


def models_that_answered(program: ToolGrad) -> set[str]:
    """Of one session."""
    with dspy.track_usage() as usage:
        program(seed=0, index=0)
    return set(usage.get_total_tokens())


def test_a_model_that_dspy_was_given_plays_the_roles_that_the_settings_leave_open(make: Make) -> None:
    program = make()
    with dspy.context(lm=own_model()):
        assert program.get_lm().model == "own/model"
        assert models_that_answered(program) == {"own/model"}
    assert models_that_answered(program) == {"toolgrad/rehearsal"}


def test_a_model_of_the_settings_comes_before_one_that_dspy_was_given(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "rehearsal")
    program = make()
    with dspy.context(lm=own_model()):
        assert models_that_answered(program) == {"toolgrad/rehearsal"}


def test_set_lm_gives_a_model_to_all_four_modules_whatever_else_is_set(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "rehearsal")
    program, mine = make(), own_model()
    program.set_lm(mine)
    assert program.get_lm() is mine
    with dspy.context(lm=own_model("other/model")):
        assert models_that_answered(program) == {"own/model"}


def test_where_modules_have_different_models_there_is_no_one_model(make: Make) -> None:
    program = make()
    program.selector.set_lm(own_model())
    with pytest.raises(UsageError) as caught:
        program.get_lm()
    assert caught.value.code == "several_models"


def test_a_copy_of_the_programs_own_model_samples_and_every_role_keeps_its_own(make: Make) -> None:
    settings = {role: ModelSettings(model="rehearsal", max_tokens=1000 + len(role)) for role in LOOP}
    models = Models({**Models.from_environment().settings, **settings})
    program = make(models=models)
    before = {role: models.lm(role).engine for role in LOOP}
    program.set_lm(program.get_lm().copy(temperature=1.0, rollout_id=7))
    for role in LOOP:
        lm = getattr(program, role).predict.lm
        assert lm.engine is before[role]
        assert (lm.kwargs["temperature"], lm.kwargs["seed"]) == (1.0, 7)
        assert lm.kwargs["max_tokens"] == 1000 + len(role)
    assert program(seed=0, index=0).session.usage.roles.keys() == set(LOOP)


def test_the_calls_of_a_model_of_dspys_are_in_the_sessions_usage_and_in_dspys(make: Make) -> None:
    with dspy.context(lm=own_model(), track_usage=True):
        prediction = make()(seed=0, index=0)
    roles = prediction.session.usage.roles
    told = prediction.get_lm_usage()["own/model"]
    assert sum(role.input_tokens for role in roles.values()) == told["prompt_tokens"] > 0
    assert sum(role.output_tokens for role in roles.values()) == told["completion_tokens"] > 0


@pytest.mark.parametrize("is_own", [True, False])
def test_the_limit_of_lm_calls_holds_for_any_model_and_module(make: Make, is_own: bool) -> None:
    program = make(max_calls=5)
    program.proposer.predict = dspy.BestOfN(
        dspy.Predict(Propose), N=2, reward_fn=lambda given, answer: 0.0, threshold=1.0
    )
    with dspy.context(lm=own_model() if is_own else None):
        session = program(seed=0, index=0).session
    calls = {role: usage.calls for role, usage in session.usage.roles.items()}
    assert calls == {"proposer": 2, "selector": 1, "updater": 1}


@pytest.mark.parametrize("adapter", [dspy.ChatAdapter(), dspy.JSONAdapter()], ids=lambda each: type(each).__name__)
def test_an_adapter_that_dspy_was_given_is_used(make: Make, adapter: dspy.Adapter) -> None:
    program = make()
    with dspy.context(adapter=adapter):
        session = program(seed=0, index=0).session
    assert session.status == "accepted"
    answer = program.proposer.history[-1]["outputs"][0]
    text: Any = answer["text"] if isinstance(answer, dict) else answer
    assert text.lstrip().startswith("{") == isinstance(adapter, dspy.JSONAdapter)
