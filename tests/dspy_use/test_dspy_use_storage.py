"""A program's state in files of DSPy's."""

import logging
from pathlib import Path

import dspy
import pytest

from tests.dspy_use.conftest import Make
from tests.support.own_model import own_model
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import all_predictors


def test_instructions_and_demonstrations_of_the_tuned_modules_come_back(make: Make, tmp_path: Path) -> None:
    roles = ("selector", "updater")
    program = make(tuned=roles)
    for role in roles:
        predictor = getattr(program, role).predict
        predictor.signature = predictor.signature.with_instructions(f"As {role}.")
        predictor.demos = [dspy.Example(workflow="(none yet)", reason="Because.")]
    program.save(tmp_path / "state.json")
    again = make(tuned=roles)
    again.load(tmp_path / "state.json")
    assert again.dump_state() == program.dump_state()
    assert [again.updater.predict.signature.instructions, *map(dict, again.updater.predict.demos)] == [
        "As updater.",
        {"workflow": "(none yet)", "reason": "Because."},
    ]


def test_a_models_key_is_not_stored_and_a_roles_own_model_not_at_all(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/gpt-4.1-mini")
    monkeypatch.setenv("TOOLGRAD_API_KEY", "sk-of-the-settings")
    program = make()
    program.set_lm(program.get_lm().copy(temperature=0.5))
    program.selector.set_lm(dspy.LM("openai/mine", api_key="sk-of-dspy"))
    path = tmp_path / "state.json"
    program.save(path)
    assert "sk-of" not in path.read_text(encoding="utf-8")
    again = make()
    again.load(path)
    assert again.proposer.predict.lm is None
    assert again.selector.predict.lm.model == "openai/mine"
    assert program.proposer.predict.lm is not None, "the program itself is as it was"


def test_a_whole_program_is_not_stored_and_nothing_is_written(make: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        make().save(tmp_path / "whole", save_program=True)
    assert caught.value.code == "state_only"
    assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_state_of_other_predictors_is_not_loaded(make: Make, tmp_path: Path) -> None:
    make(tuned=("proposer",)).save(tmp_path / "state.json")
    program = make(tuned=("updater",))
    before = {name: predictor.dump_state() for name, predictor in all_predictors(program).items()}
    with pytest.raises(KeyError):
        program.load(tmp_path / "state.json")
    assert {name: predictor.dump_state() for name, predictor in all_predictors(program).items()} == before


def test_a_pickle_is_only_read_when_dspy_is_told_to(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = make()
    with caplog.at_level(logging.ERROR):
        program.save(tmp_path / "state.pkl")
    with pytest.raises(ValueError, match="allow_pickle"):
        make().load(tmp_path / "state.pkl")


def test_a_program_with_a_model_of_dspys_runs_after_loading(make: Make, tmp_path: Path) -> None:
    program = make(models=Models.from_environment())
    program.save(tmp_path / "state.json")
    again = make()
    again.load(tmp_path / "state.json")
    again.set_lm(own_model())
    assert again(seed=0, index=0).session.status == "accepted"
