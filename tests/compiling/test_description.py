"""The description of how a program came about: what compile and sweeps write, and what versions before them wrote."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from tests.support.open_world import library
from toolgrad_dspy import __version__
from toolgrad_dspy.compiling import ProgramDescription, TaskCounts, describe, read_description
from toolgrad_dspy.compiling.description import MetricDescription, ModelDescription
from toolgrad_dspy.compiling.programs import Reader
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging.cache import CachedJudge
from toolgrad_dspy.judging.judge import Judge
from toolgrad_dspy.lm import Models, ModelSettings
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, load_program, save_program
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import LiveEvaluator, Prompts, TuningBudget

__all__ = ["library"]

# Written by `toolgrad-dspy compile --optimizer bootstrap` of version 0.1.0.
FILE = Path(__file__).parents[1] / "data" / "0.1.0" / "program.json"


def stored() -> dict[str, Any]:
    described: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))["compiled"]
    return described


def old_trial(**changes: Any) -> dict[str, Any]:
    """As a sweep of version 0.1.0 wrote it."""
    return {
        "optimizer": {"name": "gepa", "metric_calls": 40, "train": 6, "validation": 5, "threads": 8},
        "metric": {"weights": {"executed": 3.0}},
        "scores": {"before": 0.412, "after": None},
        "program": ProgramConfig(iterations=4).model_dump(mode="json"),
        "models": {"proposer": {"model": "rehearsal"}},
        "trial": 3,
        "version": "0.1.0",
        **changes,
    }


def read(compiled: JsonValue) -> ProgramDescription:
    description = read_description(compiled, Path("p.json"))
    assert description is not None
    return description


def test_a_program_of_version_0_1_0_can_be_shown_with_the_settings_that_there_were() -> None:
    program = Reader().open(FILE)
    assert program.problem is not None
    assert program.problem.code == "other_signatures"
    assert program.prompts.demos["proposer.predict"]
    description = program.description
    assert description is not None
    assert description.optimizer.budget.metric_calls == 24
    assert description.scores.gain
    assert (description.program.iterations, description.program.mini_batch) == (3, 50)
    assert (description.program.base, description.program.mend) == ("plain", "all")
    added = {"base": "plain", "mend": "all", "max_calls": None, "written_chars": 4000}
    assert description.stored() == {**stored(), "program": {**stored()["program"], **added}}
    assert list(description.stored()) == list(stored()), "keys keep their order"
    assert read(description.stored()) == description


def test_a_program_of_version_0_1_0_was_made_for_other_prompts_and_is_not_used(library: Library) -> None:
    program = ToolGrad(library, Models.from_environment(), ProgramConfig(iterations=1))
    before = Prompts.of(program)
    with pytest.raises(UsageError) as caught:
        load_program(FILE, program)
    assert caught.value.code == "other_signatures"
    assert Prompts.of(program) == before


def test_a_trial_of_version_0_1_0_has_its_scores_on_the_validation_tasks() -> None:
    description = read(old_trial())
    assert description.trial == 3
    assert (description.scores.validation.before, description.scores.validation.after) == (0.412, None)
    assert (description.scores.before, description.scores.after, description.scores.difference) == (None, None, None)
    assert description.tasks == TaskCounts(train=6, validation=5, test=0)
    assert (description.optimizer.budget.metric_calls, description.optimizer.budget.threads) == (40, 8)
    assert (description.tools, description.parent, description.conclusion) == (None, None, None)
    assert read(description.stored()) == description


@pytest.mark.parametrize("empty", [None, {}])
def test_a_program_without_a_description_has_none(empty: JsonValue) -> None:
    assert read_description(empty, Path("p.json")) is None


@pytest.mark.parametrize(
    ("compiled", "code", "place"),
    [
        ([1], "damaged_description", "p.json"),
        ("text", "damaged_description", "p.json"),
        ({"version": 1}, "damaged_description", "optimizer"),
        ({**stored(), "more": 1}, "damaged_description", "more"),
        ({**stored(), "scores": {**stored()["scores"], "before": float("nan")}}, "damaged_description", "before"),
        ({**stored(), "tasks": {**stored()["tasks"], "test": -1}}, "damaged_description", "tasks.test"),
        (old_trial(scores=None), "damaged_description", "scores"),
        (old_trial(optimizer={"name": "gepa", "metric_calls": 40}), "damaged_description", "threads"),
        ({**stored(), "more": 1, "version": "0.1.0rc1"}, "damaged_description", "more"),
        ({**stored(), "more": 1, "version": "1000.0"}, "newer_description", "1000.0"),
        ({"version": "1000.0"}, "newer_description", "1000.0"),
    ],
)
def test_a_description_that_cannot_be_read_is_one_line_with_a_code(compiled: Any, code: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_description(compiled, Path("p.json"))
    assert caught.value.code == code
    assert str(caught.value).startswith("p.json ")
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_newer_version_that_writes_what_this_one_knows_is_read() -> None:
    assert read({**stored(), "version": "1000.0"}).version == "1000.0"


def test_text_that_utf_8_cannot_write_is_replaced(tmp_path: Path) -> None:
    half = "half \ud800"
    description = read({**stored(), "recorded": half, "models": {half: {"model": half}}, "verdict": half})
    assert description.recorded == description.conclusion == "half \ufffd"
    save_program(tmp_path / "p.json", ToolGrad(Library([]), Models({})), description.stored())


def test_every_setting_of_a_model_that_a_run_stores_has_a_place() -> None:
    settings = ModelSettings(
        model="openai/x",
        api_base="http://user:secret@host/v1",
        temperature=0.5,
        max_tokens=100,
        fallbacks="openai/y",
        adapter="json",
        schema="call",
    )
    public = settings.public()
    assert set(public) == set(ModelDescription.model_fields), "give the new setting a value above"
    assert ModelDescription.model_validate(public).model_dump(mode="json") == public
    assert ModelDescription(model="rehearsal").model_dump() == {"model": "rehearsal"}


@pytest.mark.parametrize("temperature", [None, 0.7])
def test_the_metric_is_described_as_it_describes_itself(temperature: float | None) -> None:
    judge = CachedJudge(Judge(Models.from_environment(), 3, temperature), lambda: ())
    for metric in (Metric(), Metric({"executed": 1.0, "qor": 2.0}, judge)):
        assert MetricDescription.model_validate(metric.public()).model_dump(mode="json") == metric.public()


def test_a_trial_is_described_without_test_scores(library: Library) -> None:
    models, metric = Models.from_environment(), Metric()
    base = ToolGrad(library, models, ProgramConfig(iterations=2))
    budget = TuningBudget(metric_calls=12, threads=2, usd=None, minutes=5)
    tuning = optimizer("bootstrap").tune(base, draw(7, 4, 4, 0), LiveEvaluator(metric), models, budget=budget, seed=7)
    description = describe(
        tuning,
        base,
        metric,
        models,
        optimizer="bootstrap",
        budget=budget,
        seed=7,
        tasks=TaskCounts(train=4, validation=4, test=0),
        tools="world",
        trial=5,
    )
    data: dict[str, Any] = json.loads(json.dumps(description.stored()))
    assert data["scores"] == {
        "before": None,
        "after": None,
        "difference": None,
        "gain": None,
        "validation": {"before": tuning.scores[0], "after": tuning.scores[1]},
    }
    assert data["optimizer"]["budget"] == {"metric_calls": 12, "threads": 2, "minutes": 5}
    assert data["optimizer"]["settings"] == tuning.details
    assert (data["trial"], data["verdict"], data["version"]) == (5, None, __version__)
    assert data["tools"] == {"source": "world", "digest": library.digest}
    assert data["parent"] == {"file": None, "prompts": Prompts.of(base).digest}
    assert read(data) == description
