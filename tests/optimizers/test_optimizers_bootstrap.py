"""Optimizers that show the program its own best steps, and those built on them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import optuna
import pytest
from dspy.lm15 import AuthError

from tests.support.scripted_model import Answer, Script, ScriptedModels
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import ModelError
from toolgrad_dspy.lm.rehearsal.habits import HABITS, asked_for
from toolgrad_dspy.lm.rehearsal.prompt import Demonstration, Prompt
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import Optimizer, TuningResult, optimizer
from toolgrad_dspy.optimizers.better_together import BetterTogether
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, load_program, run_sessions, save_program
from toolgrad_dspy.signatures import Propose, Select
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import TuningBudget
from toolgrad_dspy.tuning.evaluator import LiveEvaluator, TaskEvaluation

CONFIG = ProgramConfig(iterations=4, base="plain")
BUDGET = TuningBudget(metric_calls=40, threads=4)
NAMES = ("bootstrap", "bootstrap-random", "bootstrap-optuna", "infer-rules", "better-together")
TUNED = ("proposer.predict", "selector.predict")
RULES = "Please adhere to the following rules"


class Watched(LiveEvaluator):
    """Remembers the evaluations of sampled sessions."""

    def __init__(self) -> None:
        super().__init__(Metric())
        self.sampled: list[tuple[int, TaskEvaluation]] = []

    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        evaluation = super().evaluate(program, seed, index)
        if program.proposer.predict.lm is not None and program.proposer.predict.lm.kwargs.get("temperature"):
            self.sampled.append((index, evaluation))
        return evaluation


@dataclass
class Outcome:
    """A tuning, and what the base was like before it."""

    base: ToolGrad
    models: ScriptedModels
    by: Optimizer
    budget: TuningBudget = BUDGET
    evaluator: Watched = field(default_factory=Watched)

    def __post_init__(self) -> None:
        self.before = shared(self.base)
        self.tuning: TuningResult = self.by.tune(
            self.base, draw(0, 4, 4, 0), self.evaluator, self.models, budget=self.budget, seed=0
        )

    def demos(self, predictor: str) -> list[dict[str, Any]]:
        return [demo.toDict() for demo in dict(self.tuning.program.named_predictors())[predictor].demos]

    def instructions(self, predictor: str) -> str:
        said: str = dict(self.tuning.program.named_predictors())[predictor].signature.instructions
        return said


@pytest.fixture(scope="module")
def outcome_of(library: Library) -> Callable[[str], Outcome]:
    """The outcome of an optimizer on the rehearsal model, tuned once for all tests."""
    return cache(lambda name: tuned(library, optimizer(name)))


@pytest.fixture(scope="module")
def bootstrapped(outcome_of: Callable[[str], Outcome]) -> Outcome:
    return outcome_of("bootstrap")


@pytest.fixture(scope="module")
def ruled(outcome_of: Callable[[str], Outcome]) -> Outcome:
    return outcome_of("infer-rules")


def tuned(
    library: Library, by: Optimizer, *, proposer: Script | None = None, reflection: Script | None = None
) -> Outcome:
    models = ScriptedModels(proposer=proposer or [], reflection=reflection or [])
    return Outcome(ToolGrad(library, models, CONFIG), models, by)


def shared(program: ToolGrad) -> list[Any]:
    """All that copies of a program share or could, by identity where that matters."""
    return [
        prompts(program),
        [id(predictor.signature) for _, predictor in program.named_predictors()],
        [predictor.lm for _, predictor in program.named_predictors()],
        (Propose.instructions, Select.instructions),
    ]


def prompts(program: ToolGrad) -> list[tuple[str, str, list[Any]]]:
    """Name, instructions and demonstrations of each tuned predictor."""
    return [
        (name, predictor.signature.instructions, list(predictor.demos))
        for name, predictor in program.named_predictors()
    ]


def refuse_to_be_sampled(prompt: Prompt) -> Answer:
    return "I would rather not." if prompt.temperature else None


def test_demonstrations_raise_the_score(bootstrapped: Outcome) -> None:
    before, after = bootstrapped.tuning.scores
    assert before is not None
    assert after is not None
    assert after > before
    assert all(bootstrapped.demos(name) for name in TUNED)


def test_a_demonstration_is_plain_json_of_the_predictor_s_own_fields_and_no_copy_of_the_library(
    bootstrapped: Outcome,
) -> None:
    for name, predictor in bootstrapped.tuning.program.named_predictors():
        for demo in bootstrapped.demos(name):
            assert json.loads(json.dumps(demo)) == demo
            assert set(demo) <= set(predictor.signature.fields)
            assert set(predictor.signature.output_fields) <= set(demo)
            assert len(json.dumps(demo)) < 20_000
            assert demo.get("tools", "").count('"name": ') < 20


def test_only_invocations_of_the_better_half_of_the_sampled_sessions_are_shown(bootstrapped: Outcome) -> None:
    best: dict[int, TaskEvaluation] = {}
    for index, evaluation in bootstrapped.evaluator.sampled:
        if index not in best or evaluation.score > best[index].score:
            best[index] = evaluation
    assert len(bootstrapped.evaluator.sampled) > len(best) == 4
    middle = median(evaluation.score for evaluation in best.values())
    good = [evaluation for evaluation in best.values() if evaluation.score >= middle]
    for name in TUNED:
        shown = [
            {**invocation.inputs, **invocation.outputs}
            for evaluation in good
            for invocation in evaluation.invocations
            if invocation.predictor == name
        ]
        assert all(demo in shown for demo in bootstrapped.demos(name))
        assert len(bootstrapped.demos(name)) == len(good)


def test_first_iterations_where_little_can_go_wrong_are_not_taken_for_the_best(
    bootstrapped: Outcome,
) -> None:
    assert any("iteration 1 " not in demo["progress"] for demo in bootstrapped.demos("proposer.predict"))


def test_what_feedback_says_when_all_is_well_is_no_complaint(bootstrapped: Outcome) -> None:
    findings = {
        finding
        for _, evaluation in bootstrapped.evaluator.sampled
        for invocation in evaluation.invocations
        for finding in bootstrapped.evaluator.feedback(evaluation, invocation.role, invocation.iteration)
    }
    praise = {finding.code for finding in findings if finding.praise}
    assert praise == {"proposal_ran", "sound_selection", "nothing_chosen_rightly"}
    assert len(findings) > len(praise)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_base_and_the_classes_that_it_shares_are_as_before(
    outcome_of: Callable[[str], Outcome], name: str
) -> None:
    outcome = outcome_of(name)
    assert prompts(outcome.tuning.program) != prompts(outcome.base)
    assert shared(outcome.base) == outcome.before
    assert all(predictor.lm is None for _, predictor in outcome.tuning.program.named_predictors())
    assert outcome.tuning.stop_cause == outcome.tuning.stopped == ""
    assert outcome.tuning.usage.metric_calls <= BUDGET.metric_calls
    assert json.dumps(outcome.tuning.details)


@pytest.mark.parametrize("name", NAMES)
def test_where_every_sampled_session_fails_the_base_comes_back(library: Library, name: str) -> None:
    by = optimizer(name, "bootstrap -> infer-rules" if name == "better-together" else None)
    outcome = tuned(library, by, proposer=refuse_to_be_sampled)
    assert outcome.evaluator.sampled
    assert prompts(outcome.tuning.program) == prompts(outcome.base)
    assert outcome.tuning.candidates == 1
    assert outcome.tuning.scores[0] == outcome.tuning.scores[1]


def test_a_program_with_demonstrations_teaches_with_them_and_is_never_replaced_by_a_worse_one(
    library: Library, bootstrapped: Outcome
) -> None:
    models = ScriptedModels()
    parent = ToolGrad(library, models, CONFIG)
    for (_, mine), (_, theirs) in zip(
        parent.named_predictors(), bootstrapped.tuning.program.named_predictors(), strict=True
    ):
        mine.demos = theirs.demos
    outcome = Outcome(parent, models, optimizer("bootstrap"))
    taught = [prompt for role, prompt in models.asked if role == "proposer" and prompt.temperature]
    own = bootstrapped.demos("proposer.predict")
    assert taught
    assert all(len(prompt.demonstrations) == len(own) for prompt in taught)
    before, after = outcome.tuning.scores
    assert before == bootstrapped.tuning.scores[1]
    assert after is not None
    assert before is not None
    assert after >= before
    assert len(outcome.demos("proposer.predict")) <= 4


def test_a_program_with_demonstrations_gives_the_same_prompts_after_saving_and_loading(
    library: Library, ruled: Outcome, tmp_path: Path
) -> None:
    save_program(tmp_path / "program.json", ruled.tuning.program, {"seed": 0})
    asked = []
    for loaded in (False, True):
        models = ScriptedModels()
        program = ToolGrad(library, models, CONFIG)
        if loaded:
            load_program(tmp_path / "program.json", program)
        else:
            for (_, mine), (_, theirs) in zip(
                program.named_predictors(), ruled.tuning.program.named_predictors(), strict=True
            ):
                mine.signature, mine.demos = theirs.signature, theirs.demos
        run_on_loop_thread(run_sessions(program, draw(0, 0, 0, 1).test))
        asked.append([(role, prompt.text) for role, prompt in models.asked])
    assert asked[0] == asked[1]
    assert any(RULES in text for _, text in asked[0])


@pytest.mark.slow
def test_the_search_with_optuna_is_repeatable_and_leaves_optuna_as_it_was(
    library: Library, outcome_of: Callable[[str], Outcome]
) -> None:
    create_study = optuna.create_study
    first, again = outcome_of("bootstrap-optuna"), tuned(library, optimizer("bootstrap-optuna"))
    assert prompts(first.tuning.program) == prompts(again.tuning.program)
    assert all(len(first.demos(name)) == 1 for name in TUNED)
    assert optuna.create_study is create_study


def test_rules_are_added_to_the_instructions_beside_the_demonstrations_that_they_are_from(ruled: Outcome) -> None:
    base = dict(ruled.base.named_predictors())
    for name in TUNED:
        said, rules = ruled.instructions(name).split(f"\n\n{RULES} when making your prediction:\n")
        assert said == base[name].signature.instructions
        assert rules
        assert ruled.demos(name)


def test_rules_are_induced_from_demonstrations_of_one_predictor(ruled: Outcome) -> None:
    induced = [prompt.inputs["examples_text"] for prompt in ruled.models.prompts("reflection")]
    proposing = [text for text in induced if "\nproposals: [{" in text]
    selecting = [text for text in induced if "\nreport: " in text]
    assert len(proposing) == len(selecting) == len(induced) / 2 > 0
    assert not set(proposing) & set(selecting)
    assert all("\ntools: " not in text for text in selecting)


def test_the_rehearsal_model_makes_rules_of_what_the_examples_show_and_of_nothing_else(ruled: Outcome) -> None:
    induced: set[str] = set()
    for name in TUNED:
        texts = [
            {key: value if isinstance(value, str) else json.dumps(value) for key, value in demo.items()}
            for demo in ruled.demos(name)
        ]
        role = name.partition(".")[0]
        shown = {
            habit.name
            for habit in HABITS
            if habit.role == role and any(habit.shows(Demonstration(text, text)) for text in texts)
        }
        rules = asked_for(ruled.instructions(name).partition(RULES)[2])
        assert rules <= shown
        induced |= rules
    assert induced


@pytest.mark.parametrize("by", [optimizer("infer-rules"), BetterTogether([optimizer("infer-rules")])])
def test_a_reflection_model_that_refuses_is_an_error_and_one_that_talks_is_not(
    library: Library, by: Optimizer
) -> None:
    with pytest.raises(ModelError, match="The account is closed") as caught:  # the server's own words
        tuned(library, by, reflection=lambda prompt: AuthError("The account is closed"))
    assert caught.value.code == "reflection_refused"
    outcome = tuned(library, by, reflection=lambda prompt: "Well.")
    assert outcome.tuning.stop_cause == "reflection_model"
    assert outcome.tuning.scores[1] is not None
    assert RULES not in outcome.instructions("proposer.predict")


def test_optimizers_of_a_strategy_build_on_one_another_and_share_the_sessions(library: Library) -> None:
    by = optimizer("better-together", "infer-rules->bootstrap")
    outcome = tuned(library, by)
    sampled = [prompt for prompt in outcome.models.prompts("proposer") if prompt.temperature]
    first = next(n for n, prompt in enumerate(sampled) if RULES in prompt.instructions)
    assert all(RULES not in prompt.instructions for prompt in sampled[:first])
    assert all(RULES in prompt.instructions and prompt.demonstrations for prompt in sampled[first:])
    details: Any = outcome.tuning.details
    assert details["strategy"] == "infer-rules -> bootstrap"
    assert [stage["optimizer"] for stage in details["stages"]] == ["infer-rules", "bootstrap"]
    # The base, and what the second one makes, are scored on the four validation tasks beside their searches; a
    # quarter of the budget is kept for the finalists, three of them on as many fresh tasks.
    finalists = 3 * min(4, BUDGET.metric_calls // 12)
    assert sum(stage["sessions"] for stage in details["stages"]) == BUDGET.metric_calls - 8 - finalists
