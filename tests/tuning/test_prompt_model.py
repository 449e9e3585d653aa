"""The model that writes instructions for the optimizers."""

from pathlib import Path

import pytest

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.lm import ROLES, Models, ModelSettings
from toolgrad_dspy.program import ToolGrad, save_program
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import Journal, Ledger, Prompts, StopTuning, TuningBudget
from toolgrad_dspy.tuning.evaluations import Evaluations
from toolgrad_dspy.tuning.prompt_model import TEMPERATURE, prompt_model


def evaluations(models: Models, journal: Journal | None = None) -> Evaluations:
    return Evaluations(Ledger(TuningBudget(4), models), 4, journal=journal)


@pytest.mark.parametrize(("given", "used"), [(None, TEMPERATURE), (0.0, 0.0), (0.3, 0.3)])
def test_a_temperature_that_was_chosen_is_kept(given: float | None, used: float) -> None:
    models = Models({role: ModelSettings(temperature=given) for role in ROLES})
    assert prompt_model(models, evaluations(models).phase()).kwargs["temperature"] == used


def test_an_answer_with_a_lone_surrogate_can_be_kept_and_saved(library: Library, tmp_path: Path) -> None:
    models = ScriptedModels(reflection=["Be careful \ud83d."])
    with Journal.begin(tmp_path / "t.journal", {}) as journal, evaluations(models, journal).phase() as phase:
        (text,) = prompt_model(models, phase)("What should it say?")
    program = ToolGrad(library, models)
    prompts = Prompts.of(program)
    reworded = Prompts(dict.fromkeys(prompts.instructions, text), prompts.demos).applied_to(program)
    save_program(tmp_path / "p.json", reworded, {})
    assert "Be careful \ufffd." in (tmp_path / "p.json").read_text(encoding="utf-8")


def test_nobody_is_asked_when_the_phase_is_over() -> None:
    models = ScriptedModels(reflection=["Be careful."])
    with evaluations(models).phase() as phase:
        asking = prompt_model(models, phase)
    with pytest.raises(StopTuning):
        asking("What should it say?")
    assert models.asked == []
