"""Tuning any of the four roles: what optimizers see of them, and what they are told."""

from dataclasses import replace

import pytest

from tests.support.open_world import library
from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import LOOP_ROLES, Models, Role
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import OPTIMIZERS, optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, load_program, save_program
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import LiveEvaluator, Prompts, RecordedEvaluator, TuningBudget, record

__all__ = ["library"]

CONFIG = ProgramConfig(iterations=3, base="plain")
SERVER: tuple[Role, ...] = ("executor", "updater")


@pytest.mark.parametrize("roles", [("proposer", "selector"), ("updater",), SERVER, LOOP_ROLES])
def test_a_program_shows_the_predictors_of_its_tuned_roles(library: Library, roles: tuple[Role, ...]) -> None:
    program = ToolGrad(library, Models.from_environment(), CONFIG, tuned=roles)
    assert {name for name, _ in program.named_predictors()} == {f"{role}.predict" for role in roles}
    assert set(program.tuned) == set(roles)


def test_an_evaluated_session_has_the_invocations_of_all_roles_by_iteration(library: Library) -> None:
    program = ToolGrad(library, Models.from_environment(), CONFIG, tuned=LOOP_ROLES)
    evaluator = LiveEvaluator(Metric())
    evaluations = [evaluator.evaluate(program, 0, index) for index in range(4)]
    calls = [(call, evaluation) for evaluation in evaluations for call in evaluation.invocations]
    assert {call.role for call, _ in calls} == set(LOOP_ROLES)
    for call, evaluation in calls:
        assert evaluation.iteration_of(call.inputs) == call.iteration
        assert evaluator.feedback(evaluation, call.role, call.iteration)
        iteration = evaluation.sessions[call.role].trace.iterations[call.iteration - 1]
        if call.role == "updater":
            assert call.iteration == CONFIG.iterations
        if call.role == "executor":
            assert call.inputs["instruction"] in {report.instruction for report in iteration.reports}
            attempts = [attempt for report in iteration.reports for attempt in report.attempts]
            assert any(attempt.verdict.outcome == "failed" for attempt in attempts)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_tunes_all_four_roles(library: Library, name: str) -> None:
    models = Models.from_environment()
    program = ToolGrad(library, models, CONFIG, tuned=LOOP_ROLES)
    result = optimizer(name).tune(
        program, draw(0, 4, 4, 0), LiveEvaluator(Metric()), models, budget=TuningBudget(40, 4), seed=0
    )
    before, after = result.scores
    assert before is not None
    assert after is not None
    assert after >= before
    assert {name for name, _ in result.program.named_predictors()} == {f"{role}.predict" for role in LOOP_ROLES}


def test_the_instruction_of_the_updater_is_rewritten_from_feedback_on_it(library: Library) -> None:
    models = ScriptedModels(reflection=lambda prompt: '{"new_instruction": "Write as a person would."}')
    program = ToolGrad(library, models, CONFIG, tuned=("updater",))
    before = Prompts.of(program)
    optimizer("gepa").tune(
        program, draw(0, 4, 4, 0), LiveEvaluator(Metric()), models, budget=TuningBudget(24, 2), seed=0
    )
    told = [prompt.text for prompt in models.prompts("reflection")]
    assert told
    assert before.instructions["updater.predict"].splitlines()[0] in told[0]
    assert "Query and response keep all rules." in told[0]
    assert any("Write as a person would." in prompt.instructions for prompt in models.prompts("updater"))


@pytest.mark.parametrize("roles", [("updater",), ("proposer", "executor")])
def test_a_recording_tunes_no_role_that_needs_tools_or_a_whole_sample(
    library: Library, roles: tuple[Role, ...]
) -> None:
    models, tasks = Models.from_environment(), draw(0, 4, 4, 0)
    recording = record(ToolGrad(library, models, CONFIG), [*tasks.train, *tasks.validation])
    with pytest.raises(UsageError) as caught:
        optimizer("gepa").tune(
            ToolGrad(library, models, CONFIG, tuned=roles),
            tasks,
            RecordedEvaluator(recording, Metric()),
            models,
            budget=TuningBudget(20, 2),
            seed=0,
        )
    assert caught.value.code == "role_not_recorded"


def test_a_file_of_some_predictors_is_loaded_into_a_program_that_tunes_others(
    library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    models, path = Models.from_environment(), tmp_path_factory.mktemp("roles") / "p.json"
    tuned = ToolGrad(library, models, CONFIG, tuned=SERVER)
    prompts = Prompts.of(tuned)
    said = {name: f"{text}\nBe brief." for name, text in prompts.instructions.items()}
    save_program(path, replace(prompts, instructions=said).applied_to(tuned), {})
    loaded = ToolGrad(library, models, CONFIG)
    untouched = Prompts.of(loaded)
    load_program(path, loaded)
    assert Prompts.of(loaded) == untouched
    for role in SERVER:
        assert getattr(loaded, role).predict.signature.instructions.endswith("Be brief.")
