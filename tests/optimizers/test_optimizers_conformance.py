"""What holds for every optimizer, whichever way it searches: the suite that is shipped, run over all of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dspy
import optuna
import pytest
from dspy.lm15 import AuthError

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.errors import ModelError, RunError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import OPTIMIZERS, Optimizer, TuningResult, optimizer
from toolgrad_dspy.optimizers.conformance import CHECKS, Case, Check, check_optimizer, checks
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import LiveEvaluator, Prompts, Search, Tunable, TuningBudget

CONFIG = ProgramConfig(iterations=3, base="plain")
BUDGET = TuningBudget(metric_calls=44, threads=4)
NAMES = list(OPTIMIZERS)
# Checks that tune anew. All optimizers share most of what these look at: where time counts, the first of the nine and
# the one below stand for the others, and in the longest check the one below alone.
LONGEST = checks.gives_one_program_for_any_number_of_threads
LONG = {
    LONGEST,
    checks.stops_at_a_limit,
    checks.ends_with_the_error_of_a_broken_run,
    checks.resumes_from_a_journal,
}
FIRST = [NAMES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[1:])]


class FixedInstruction(Optimizer):
    """An optimizer of one's own: adds one sentence to every instruction."""

    name = "fixed-instruction"
    validates = False

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        prompts = Prompts.of(student)
        reworded = {name: f"{text}\nBe careful." for name, text in prompts.instructions.items()}
        return Prompts(reworded, prompts.demos).applied_to(student)


OWN = FixedInstruction.name


def case_of(library: Library, make: Callable[[], Optimizer]) -> Case:
    return Case(
        make=make,
        program=lambda models: ToolGrad(library, models, CONFIG),
        tasks=draw(0, 4, 4, 2),
        evaluator=lambda: LiveEvaluator(Metric()),
        budget=BUDGET,
    )


@pytest.fixture(scope="module")
def cases(library: Library) -> dict[str, Case]:
    """A case for each optimizer: its first tuning is looked at by several checks."""
    makers: dict[str, Callable[[], Optimizer]] = {name: lambda name=name: optimizer(name) for name in NAMES}  # type: ignore[misc]  # mypy knows no defaults of lambdas
    return {name: case_of(library, make) for name, make in {OWN: FixedInstruction, **makers}.items()}


def checked() -> list[Any]:
    """Every check for every optimizer, those of one optimizer together."""
    return [
        pytest.param(
            name,
            check,
            id=f"{name}-{check.__name__}",
            marks=[pytest.mark.slow] if takes_long(name, check) else [],
        )
        for name in (OWN, *NAMES)
        for check in CHECKS
    ]


def takes_long(name: str, check: Check) -> bool:
    return check in LONG and name != OWN and (name != NAMES[0] or check is LONGEST)


@pytest.mark.parametrize(("name", "check"), checked())
def test_every_optimizer_keeps_its_promises(cases: dict[str, Case], name: str, check: Check) -> None:
    check(cases[name])


# That the suite notices


class Meddling(FixedInstruction):
    """Writes into the program that it was given: a search alone has copies with signatures of their own."""

    def tune(self, program: ToolGrad, *given: Any, **options: Any) -> TuningResult:
        predictor = program.proposer.predict
        predictor.signature = predictor.signature.with_instructions("Propose.")
        return super().tune(program, *given, **options)


class Restless(FixedInstruction):
    """Words its instruction differently every time."""

    runs = 0

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        type(self).runs += 1
        prompts = Prompts.of(student)
        reworded = {name: f"{text}\nTake {self.runs}." for name, text in prompts.instructions.items()}
        return Prompts(reworded, prompts.demos).applied_to(student)


class Untidy(FixedInstruction):
    """Leaves Optuna's study maker replaced, and describes itself by a set."""

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        original = optuna.create_study
        optuna.create_study = lambda **settings: original(**settings)
        return super().search(student, search)

    def settings(self, search: Search) -> dict[str, object]:
        return {"sizes": (1, 2)}


class Stubborn(FixedInstruction):
    """Goes around the budget: evaluates by itself, and on test tasks, too."""

    def search(self, student: Tunable, search: Search) -> dspy.Module:
        for index in range(10):
            search.evaluator.evaluate(student.program, 0, index)
        return super().search(student, search)


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        (FixedInstruction, set()),
        (Meddling, {"leaves_the_base_as_it_was"}),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [
                (Restless, {"gives_one_program_for_any_number_of_threads", "resumes_from_a_journal"}),
                (Untidy, {"restores_the_process", "can_be_saved_and_described"}),
                (Stubborn, {"keeps_to_the_budget", "runs_no_test_task", "keeps_to_a_tiny_budget"}),
            ]
        ),
    ],
)
def test_the_suite_names_the_promises_that_an_optimizer_breaks(
    library: Library, monkeypatch: pytest.MonkeyPatch, kind: type[Optimizer], broken: set[str]
) -> None:
    monkeypatch.setattr(optuna, "create_study", optuna.create_study)  # restored, whatever the search leaves
    case = case_of(library, kind)
    shared = case.program(Models.from_environment()).proposer.predict.signature
    written = shared.instructions
    try:
        promises = check_optimizer(case)
    finally:
        shared.instructions = written  # every program of this process shares the class
    assert broken <= {promise.check for promise in promises}
    assert all(promise.problem and "\n" not in promise.problem for promise in promises)
    assert bool(promises) == bool(broken)


# What depends on the models


def tuned(library: Library, name: str, models: Models, budget: TuningBudget = BUDGET) -> TuningResult:
    program = ToolGrad(library, models, CONFIG)
    return optimizer(name).tune(program, draw(0, 4, 4, 2), LiveEvaluator(Metric()), models, budget=budget, seed=0)


@pytest.mark.parametrize("name", FIRST)
def test_a_budget_of_lm_calls_ends_the_search_by_no_more_than_the_sessions_under_way(
    library: Library, name: str
) -> None:
    models = Models.from_environment()
    result = tuned(library, name, models, replace(BUDGET, threads=2, lm_calls=60))
    assert result.stop_cause == "lm_calls"
    # A session of three iterations makes at most 3 x (1 + 3 x 2 + 1) + 2 calls.
    assert models.meter.calls < 60 + 2 * 26


@pytest.mark.parametrize("name", NAMES)
def test_models_that_refuse_every_call_end_tuning_with_their_reason(library: Library, name: str) -> None:
    models = ScriptedModels(proposer=lambda prompt: AuthError("The account is closed"))
    with pytest.raises(ModelError, match="The account is closed"):  # the server's own words
        tuned(library, name, models)


@pytest.mark.parametrize("name", FIRST)
def test_sessions_that_all_fail_are_an_error_and_no_score_of_zero(library: Library, name: str) -> None:
    models = ScriptedModels(proposer=lambda prompt: "I would rather not.")
    with pytest.raises(RunError) as caught:
        tuned(library, name, models, TuningBudget(metric_calls=12, threads=2))
    assert caught.value.code == "all_sessions_failed"
    assert "no step was accepted in 3 iterations" in str(caught.value)  # the sessions' reason
