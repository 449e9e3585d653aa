"""What holds for every optimizer, whichever way it searches."""

import json
import logging
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
from dspy.lm15 import AuthError
from dspy.predict.parallel import Parallel
from dspy.utils.parallelizer import ParallelExecutor

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.errors import ModelError, RunError, UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import OPTIMIZERS, TuningResult, optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, load_program, save_program
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import Journal, LiveEvaluator, Prompts, TuningBudget, TuningUsage
from toolgrad_dspy.tuning.evaluator import TaskEvaluation

CONFIG = ProgramConfig(iterations=3)
TASKS = draw(0, 4, 4, 2)
BUDGET = TuningBudget(metric_calls=44, threads=4)
NAMES = list(OPTIMIZERS)
# All share what is tested with these; the first stands for them where time counts.
FIRST = [NAMES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[1:])]


class Watched(LiveEvaluator):
    """Notes which prompts play which task."""

    def __init__(self) -> None:
        super().__init__(Metric())
        self.played: list[tuple[int, str]] = []

    def play(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        played = super().play(program, seed, index)
        models = [predictor.lm for _, predictor in program.named_predictors()]
        sampled = "".join(str(model.kwargs) for model in models if model is not None)
        self.played.append((index, Prompts.of(program).digest + sampled))
        return played


@dataclass
class Outcome:
    """A tuning, and what could be seen of it."""

    base: ToolGrad
    before: dict[str, str]
    arena: Watched
    tuning: TuningResult
    progress: list[int]
    settings_before: tuple[object, ...]
    settings_after: tuple[object, ...]


def settings() -> tuple[object, ...]:
    """What optimizers change in the process while they search."""
    return (
        ParallelExecutor.__init__.__defaults__,
        Parallel.__init__.__defaults__,
        logging.getLogger("dspy").level,
        logging.getLogger("optuna").level,
        optuna.logging.get_verbosity(),
        optuna.create_study,
        sys.stdout,
        sys.stderr,
    )


def everything(program: ToolGrad) -> dict[str, str]:
    """Instructions, demonstrations and model of all four predictors, seen by optimizers or not."""
    predictors = {part: getattr(program, part).predict for part in ("proposer", "executor", "selector", "updater")}
    return {part: f"{p.signature.instructions} {p.demos} {p.lm}" for part, p in predictors.items()}


def saved(path: Path, program: ToolGrad) -> bytes:
    save_program(path, program, {})
    return path.read_bytes()


def tune(
    library: Library,
    name: str,
    budget: TuningBudget = BUDGET,
    models: Models | None = None,
    journal: Journal | None = None,
) -> Outcome:
    used = models or Models.from_environment()
    arena, base = Watched(), ToolGrad(library, used, CONFIG)
    before = everything(base)
    progress: list[int] = []

    def note(usage: TuningUsage) -> None:
        progress.append(usage.metric_calls)

    one, settings_before = optimizer(name), settings()
    tuning = one.tune(base, TASKS, arena, used, budget=budget, seed=0, progress=note, journal=journal)
    return Outcome(base, before, arena, tuning, progress, settings_before, settings())


@pytest.fixture(scope="module", params=NAMES)
def outcome(request: pytest.FixtureRequest, library: Library) -> Outcome:
    return tune(library, request.param)


# One tuning of each optimizer, looked at from all sides.


def test_only_the_prompts_of_proposer_and_selector_change_and_the_base_program_does_not(outcome: Outcome) -> None:
    after = everything(outcome.tuning.program)
    assert {part for part, text in after.items() if text != outcome.before[part]} <= {"proposer", "selector"}
    assert everything(outcome.base) == outcome.before
    assert all(predictor.lm is None for _, predictor in outcome.tuning.program.named_predictors())


def test_the_budget_holds_and_progress_counts_every_session_once(outcome: Outcome) -> None:
    usage = outcome.tuning.usage
    assert usage.metric_calls == len(outcome.arena.played) <= BUDGET.metric_calls
    assert outcome.progress == list(range(1, usage.metric_calls + 1))
    assert usage.tool_calls > 0


def test_no_test_task_is_played_and_nothing_is_played_twice(outcome: Outcome) -> None:
    tasks = {task.index for task in (*TASKS.train, *TASKS.validation)}
    assert {index for index, _ in outcome.arena.played} <= tasks
    assert [key for key, times in Counter(outcome.arena.played).items() if times > 1] == []


def test_the_result_is_at_least_as_good_as_the_base_on_the_validation_tasks(outcome: Outcome) -> None:
    before, after = outcome.tuning.scores
    assert before is not None
    assert after is not None
    assert after >= before
    assert outcome.tuning.candidates >= 1


def test_the_program_can_be_saved_loaded_and_described(outcome: Outcome, library: Library, tmp_path: Path) -> None:
    first = saved(tmp_path / "a.json", outcome.tuning.program)
    loaded = ToolGrad(library, Models.from_environment(), CONFIG)
    load_program(tmp_path / "a.json", loaded)
    assert saved(tmp_path / "b.json", loaded) == first
    assert json.loads(json.dumps(outcome.tuning.details)) == outcome.tuning.details


def test_what_was_changed_for_the_search_is_as_before(outcome: Outcome) -> None:
    assert outcome.settings_after == outcome.settings_before


# Each optimizer once more.


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_program_with_one_thread_and_with_eight(
    library: Library, tmp_path: Path, name: str
) -> None:
    programs = [
        saved(tmp_path / f"{threads}.json", tune(library, name, TuningBudget(44, threads)).tuning.program)
        for threads in (1, 8)
    ]
    assert programs[0] == programs[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_tiny_budget_gives_a_program_no_worse_than_the_base(library: Library, name: str) -> None:
    outcome = tune(library, name, TuningBudget(metric_calls=5, threads=2))
    assert outcome.tuning.usage.metric_calls <= 5
    before, after = outcome.tuning.scores
    assert before is None or after is None or after >= before


@pytest.mark.parametrize("name", FIRST)
def test_a_budget_of_lm_calls_ends_the_search_by_no_more_than_the_sessions_under_way(
    library: Library, name: str
) -> None:
    models = Models.from_environment()
    outcome = tune(library, name, TuningBudget(metric_calls=44, threads=2, lm_calls=60), models)
    assert "LM calls were made" in outcome.tuning.stopped
    # A session of three iterations makes at most 3 x (1 + 3 x 2 + 1) + 2 calls.
    assert models.meter.calls < 60 + 2 * 26


@pytest.mark.parametrize("name", NAMES)
def test_models_that_refuse_every_call_end_tuning_with_their_reason(library: Library, name: str) -> None:
    models = ScriptedModels(proposer=lambda prompt: AuthError("The account is closed"))
    with pytest.raises(ModelError, match="The account is closed"):
        tune(library, name, models=models)


@pytest.mark.parametrize("name", FIRST)
def test_sessions_that_all_come_to_nothing_are_an_error_and_no_score_of_zero(library: Library, name: str) -> None:
    models = ScriptedModels(proposer=lambda prompt: "I would rather not.")
    with pytest.raises(RunError, match="sessions came to anything: no step was accepted in 3 iterations"):
        tune(library, name, TuningBudget(metric_calls=12, threads=2), models)


@pytest.mark.parametrize("name", FIRST)
def test_too_few_tasks_are_refused(library: Library, name: str) -> None:
    models = Models.from_environment()
    with pytest.raises(UsageError, match="there are 3 training tasks; an optimizer needs 4 at least"):
        optimizer(name).tune(
            ToolGrad(library, models, CONFIG),
            draw(0, 3, 4, 2),
            LiveEvaluator(Metric()),
            models,
            budget=BUDGET,
            seed=0,
        )


# Going on


@pytest.mark.parametrize("name", FIRST)
def test_a_tuning_that_was_broken_off_goes_on_and_comes_to_the_same_program(
    library: Library, tmp_path: Path, name: str
) -> None:
    calls = 0

    def closes(prompt: Prompt) -> AuthError | None:
        nonlocal calls
        calls += 1
        return AuthError("The account is closed") if calls > 40 else None

    path = tmp_path / "t.journal"
    with pytest.raises(ModelError), Journal.begin(path, {"seed": 0}) as journal:
        tune(library, name, models=ScriptedModels(proposer=closes), journal=journal)
    with Journal.resume(path, {"seed": 0}) as journal:
        resumed = tune(library, name, journal=journal)
        journal.done()
    assert not path.exists()
    assert resumed.tuning.usage.restored >= 5
    assert len(resumed.arena.played) == resumed.tuning.usage.metric_calls - resumed.tuning.usage.restored
    whole = tune(library, name)
    assert saved(tmp_path / "a.json", resumed.tuning.program) == saved(tmp_path / "b.json", whole.tuning.program)


def test_a_journal_of_another_tuning_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    with Journal.begin(path, {"seed": 0, "optimizer": "gepa", "tasks": [4, 4]}):
        pass
    with pytest.raises(UsageError, match="is of another tuning, which differs in optimizer, seed;"):
        Journal.resume(path, {"seed": 1, "optimizer": "mipro", "tasks": [4, 4]})
    assert path.exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"SQLite format 3\x00" + b"x" * 90])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.journal"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"t\.journal is not the journal of a tuning"):
        Journal.resume(path, {"seed": 0})
    assert path.read_bytes() == content
    with pytest.raises(UsageError, match="there is nothing to resume"):
        Journal.resume(tmp_path / "none", {})
