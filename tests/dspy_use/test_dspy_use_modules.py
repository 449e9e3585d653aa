"""Another DSPy module in the place of a predictor."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import dspy
import pytest

from tests.dspy_use.conftest import Make
from toolgrad_dspy.lm import LOOP_ROLES
from toolgrad_dspy.signatures import Propose, Repair, Select, Update

SIGNATURES: dict[str, Any] = {"proposer": Propose, "executor": Repair, "selector": Select, "updater": Update}


def reward(inputs: dict[str, Any], prediction: dspy.Prediction) -> float:
    return 0.0


Kind = Callable[[Any], dspy.Module]
KINDS: dict[str, tuple[Kind, int]] = {  # with the LM calls per question
    "ChainOfThought": (dspy.ChainOfThought, 1),
    "BestOfN": (lambda sig: dspy.BestOfN(dspy.Predict(sig), N=2, reward_fn=reward, threshold=1.0), 2),
    "Refine": (lambda sig: dspy.Refine(dspy.ChainOfThought(sig), N=2, reward_fn=reward, threshold=1.0), 3),
    "one more output": (lambda sig: dspy.Predict(sig.append("doubt", dspy.OutputField(), type_=str)), 1),
    "one more input": (lambda sig: dspy.Predict(sig.append("theme", dspy.InputField(default="rain"), type_=str)), 1),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", LOOP_ROLES)
def test_any_module_with_the_fields_of_a_role_takes_its_place(make: Make, role: str, kind: str) -> None:
    build, calls = KINDS[kind]
    program = make()
    getattr(program, role).predict = build(SIGNATURES[role])
    asked: list[Any] = []
    with dspy.context(trace=asked):
        session = program(seed=0, index=0).session
    assert session.status == "accepted"
    assert not session.trace.faults
    fields = set(SIGNATURES[role].output_fields)
    answers = [prediction for _, _, prediction in asked if fields <= set(prediction.keys())]
    assert answers, f"the {role} was asked"
    assert session.usage.roles[role].calls == calls * len(answers)
    added = {"ChainOfThought": "reasoning", "Refine": "reasoning", "one more output": "doubt"}.get(kind)
    assert added is None or all(answer[added] for answer in answers)


def test_the_value_of_an_input_that_is_new_is_its_default(make: Make) -> None:
    program = make()
    themed = Update.append("theme", dspy.InputField(default="a rainy week"), type_=str)
    program.updater.predict = dspy.Predict(themed)
    program(seed=0, index=0)
    assert "a rainy week" in program.updater.predict.history[-1]["messages"][-1]["content"]


def test_an_instruction_that_is_set_in_place_is_sent_and_stays_with_its_copy(make: Make) -> None:
    program = make()
    program(seed=0, index=0)
    twin = program.deepcopy()
    twin.selector.predict.signature.instructions = "Choose the shortest."
    for asked, expected in ((twin, True), (program, False)):
        asked(seed=0, index=0)
        assert ("Choose the shortest." in asked.selector.history[-1]["messages"][0]["content"]) == expected


def test_a_predictor_inside_another_module_is_tuned_under_its_own_name(make: Make) -> None:
    program = make()
    program.proposer.predict = dspy.ChainOfThought(Propose)
    assert [name for name, _ in program.named_predictors()] == ["proposer.predict.predict", "selector.predict"]


def test_the_whole_program_can_stand_in_best_of_n(make: Make) -> None:
    def steps(inputs: dict[str, Any], prediction: dspy.Prediction) -> float:
        sample = prediction.session.sample
        return float(len(sample.workflow.steps)) if sample else 0.0

    program = make()
    tried: list[float] = []

    def noted(inputs: dict[str, Any], prediction: dspy.Prediction) -> float:
        tried.append(steps(inputs, prediction))
        return tried[-1]

    best = dspy.BestOfN(program, N=3, reward_fn=noted, threshold=100.0)(seed=0, index=0)
    assert len(tried) == 3
    assert steps({}, best) == max(tried)
    assert set(best.session.usage.roles) <= set(LOOP_ROLES)


def test_what_a_program_returns_and_its_predictors_can_be_copied_and_pickled(make: Make) -> None:
    program = make()
    prediction = program(seed=0, index=0)
    for kept in (pickle.loads(pickle.dumps(prediction)), copy.deepcopy(prediction)):  # noqa: S301
        assert kept.session == prediction.session
    for role in LOOP_ROLES:
        plain = getattr(program, role).predict
        shipped = dspy.Predict(SIGNATURES[role])
        # An instruction that was changed makes a class of DSPy's that only cloudpickle can store.
        for predictor, dump in ((shipped, pickle.dumps), (plain, cloudpickle.dumps)):
            for kept in (pickle.loads(dump(predictor)), copy.deepcopy(predictor)):  # noqa: S301
                assert kept.signature.instructions == predictor.signature.instructions
                assert kept.dump_state() == predictor.dump_state()


def test_a_copy_of_a_program_has_prompts_of_its_own_and_shares_its_tools(make: Make) -> None:
    program = make()
    for twin in (copy.deepcopy(program), program.deepcopy(), program.reset_copy()):
        twin.proposer.predict.signature = twin.proposer.predict.signature.with_instructions("Something else.")
        assert program.proposer.predict.signature.instructions != "Something else."
        assert twin.library is program.library
        assert twin(seed=0, index=0).session.trace.iterations
