"""Compiling with GEPA: what it may change, and that it finds something."""

import inspect
from dataclasses import dataclass
from pathlib import Path

import pytest
from dspy.lm15 import AuthError
from dspy.utils.parallelizer import ParallelExecutor

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.compiling import Compiled, ProgramResult, compare_programs, compile_program
from toolgrad_dspy.errors import ModelError, RunError, UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import optimizer
from toolgrad_dspy.program import ProgramConfig, Tasks, ToolGrad, draw, save_program
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import Ledger, LiveEvaluator, TaskEvaluation, TuningBudget

CONFIG = ProgramConfig(iterations=4, base="plain")
BUDGET = TuningBudget(metric_calls=52, threads=4)


def patient() -> dict[str, object]:
    """How long DSPy waits before it runs a session again."""
    parameters = inspect.signature(ParallelExecutor.__init__).parameters
    return {name: parameters[name].default for name in ("timeout", "straggler_limit")}


# Read before anything is tuned.
PATIENT = patient()


def prompts(program: ToolGrad) -> dict[str, str]:
    """The instructions of all four predictors, seen by optimizers or not."""
    parts = ("proposer", "executor", "selector", "updater")
    return {part: getattr(program, part).predict.signature.instructions for part in parts}


@dataclass
class Outcome:
    base: ToolGrad
    before: dict[str, str]
    compiled: Compiled
    stages: list[str]
    progress: list[int]
    tasks: Tasks


def compiling(library: Library, seed: int = 0) -> Outcome:
    models = Models.from_environment()
    program = ToolGrad(library, models, CONFIG)
    before, tasks = prompts(program), draw(seed, 5, 5, 6)
    stages: list[str] = []
    progress: list[int] = []
    compiled = compile_program(
        program,
        tasks,
        Metric(),
        models,
        optimizer("gepa"),
        budget=BUDGET,
        seed=seed,
        stage=stages.append,
        progress=lambda usage: progress.append(usage.metric_calls),
    )
    return Outcome(program, before, compiled, stages, progress, tasks)


def results(compiled: Compiled) -> tuple[ProgramResult, ProgramResult]:
    """Those of base and tuned program, which there are without a limit."""
    assert compiled.before is not None
    assert compiled.after is not None
    return compiled.before, compiled.after


@pytest.fixture(scope="module")
def outcome(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return compiling(library)


def test_optimizers_see_the_proposer_and_the_selector_only(library: Library) -> None:
    program = ToolGrad(library, Models.from_environment())
    assert [name for name, _ in program.named_predictors()] == ["proposer.predict", "selector.predict"]


def test_compiling_changes_the_prompts_of_proposer_and_selector_and_no_other(outcome: Outcome) -> None:
    after = prompts(outcome.compiled.tuning.program)
    changed = {part for part, instructions in after.items() if instructions != outcome.before[part]}
    assert changed
    assert changed <= {"proposer", "selector"}
    assert prompts(outcome.base) == outcome.before
    for name, (old, new) in outcome.compiled.instructions.items():
        assert (old, new) == (outcome.before[name.split(".")[0]], after[name.split(".")[0]])


def test_the_score_on_tasks_that_tuning_never_saw_rises(outcome: Outcome) -> None:
    before, after = results(outcome.compiled)
    assert after.score > before.score
    assert after.parts["dependent"] > before.parts["dependent"]
    indices = {session.index for session in (*before.sessions, *after.sessions)}
    assert indices == {task.index for task in outcome.tasks.test}
    assert not indices & {task.index for task in (*outcome.tasks.train, *outcome.tasks.validation)}


def test_what_compiling_used_is_told(outcome: Outcome) -> None:
    compiled = outcome.compiled
    assert outcome.stages == ["tuning", "comparison"] == list(compiled.costs)
    assert all(cost.lm_calls > 0 and cost.tool_calls > 0 and cost.seconds > 0 for cost in compiled.costs.values())
    assert outcome.progress == list(range(1, compiled.tuning.usage.metric_calls + 1))
    assert compiled.tuning.usage.metric_calls <= BUDGET.metric_calls
    assert 0 < (compiled.tuning.usage.best or 0) <= 1


def test_settings_that_were_changed_for_compiling_are_as_before(outcome: Outcome) -> None:
    assert patient() == PATIENT


@pytest.mark.slow
def test_the_same_seed_gives_the_same_program_file(library: Library, outcome: Outcome, tmp_path: Path) -> None:
    again = compiling(library)
    files = []
    for number, run in enumerate((outcome, again)):
        path = tmp_path / f"{number}.json"
        save_program(path, run.compiled.tuning.program, {"seed": 0})
        files.append(path.read_bytes())
    assert files[0] == files[1]
    assert [s.sample.model_dump_json() for s in results(again.compiled)[1].sessions if s.sample] == [
        s.sample.model_dump_json() for s in results(outcome.compiled)[1].sessions if s.sample
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_score_rises_for_other_seeds_too(library: Library, seed: int) -> None:
    before, after = results(compiling(library, seed).compiled)
    assert after.score > before.score


def test_a_model_that_refuses_every_call_ends_compiling_with_its_reason(library: Library) -> None:
    models = ScriptedModels(proposer=lambda prompt: AuthError("Invalid API key"))
    program = ToolGrad(library, models, CONFIG)
    with pytest.raises(ModelError, match="Invalid API key"):  # the server's own words
        compile_program(program, draw(0, 4, 4, 2), Metric(), models, optimizer("gepa"), budget=BUDGET, seed=0)


def test_tuning_in_which_every_session_breaks_is_an_error_and_leaves_the_settings_alone(library: Library) -> None:
    models = ScriptedModels(proposer=lambda prompt: AuthError("Invalid API key"))
    program = ToolGrad(library, models, CONFIG)
    with pytest.raises(ModelError, match="Invalid API key"):
        optimizer("gepa").tune(
            program, draw(0, 4, 4, 2), LiveEvaluator(Metric()), models, budget=TuningBudget(6, 2), seed=0
        )
    assert patient() == PATIENT


def test_a_model_that_begins_to_refuse_ends_the_tuning_soon(library: Library) -> None:
    asked = []

    def refuse_later(prompt: Prompt) -> AuthError | None:
        asked.append(prompt)
        return AuthError("The account is closed") if len(asked) > 30 else None

    models = ScriptedModels(proposer=refuse_later)
    program = ToolGrad(library, models, CONFIG)
    with pytest.raises(ModelError, match="The account is closed"):
        optimizer("gepa").tune(
            program, draw(0, 4, 4, 0), LiveEvaluator(Metric()), models, budget=TuningBudget(400, 2), seed=0
        )
    assert len(asked) < 60


def test_an_evaluation_without_one_step_is_an_error_with_the_first_reason(library: Library) -> None:
    models = ScriptedModels(proposer=lambda prompt: "I would rather not.")
    program = ToolGrad(library, models, CONFIG)
    with pytest.raises(RunError) as caught:
        compare_programs(program, program, draw(0, 0, 0, 3).test, Metric(), Ledger(BUDGET, models), seed=0)
    assert caught.value.code == "all_sessions_failed"
    assert "no step was accepted in 4 iterations" in str(caught.value)


def test_tuning_in_which_all_sessions_fail_is_an_error_and_no_score_of_zero(library: Library) -> None:
    models = ScriptedModels(proposer=lambda prompt: "I would rather not.")
    with pytest.raises(RunError) as caught:
        optimizer("gepa").tune(
            ToolGrad(library, models, CONFIG),
            draw(0, 4, 4, 0),
            LiveEvaluator(Metric()),
            models,
            budget=TuningBudget(6, 2),
            seed=0,
        )
    assert caught.value.code == "all_sessions_failed"


def test_tasks_are_disjoint_and_known_by_seed_and_index() -> None:
    tasks = draw(7, 3, 2, 4)
    drawn = [(task.seed, task.index) for task in (*tasks.train, *tasks.validation, *tasks.test)]
    assert drawn == [(7, index) for index in range(9)]
    assert (len(tasks.train), len(tasks.validation), len(tasks.test)) == (3, 2, 4)


class Buggy(LiveEvaluator):
    """Divides by zero on one of the training tasks."""

    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        return super().evaluate(program, seed, index // (index - 1))


@pytest.mark.parametrize("name", ["gepa", "copro", "simba", "bootstrap"])
def test_a_bug_in_an_evaluator_comes_out_of_the_tuning(library: Library, name: str) -> None:
    models = Models.from_environment()
    with pytest.raises(ZeroDivisionError):
        optimizer(name).tune(
            ToolGrad(library, models, CONFIG),
            draw(0, 4, 4, 0),
            Buggy(Metric()),
            models,
            budget=TuningBudget(52, 4),
            seed=0,
        )


def test_tasks_of_two_seeds_are_refused(library: Library) -> None:
    models = Models.from_environment()
    first, second = draw(0, 4, 4, 0), draw(1, 4, 4, 0)
    with pytest.raises(UsageError) as caught:
        optimizer("gepa").tune(
            ToolGrad(library, models, CONFIG),
            Tasks(first.train, second.validation, []),
            LiveEvaluator(Metric()),
            models,
            budget=BUDGET,
            seed=0,
        )
    assert caught.value.code == "mixed_seeds"
