"""The optimizers whose reflection model words instructions by itself: MIPRO, COPRO and SIMBA."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dspy
import pytest
from dspy.lm15 import AuthError
from dspy.propose.dataset_summary_generator import (
    DatasetDescriptor,
    DatasetDescriptorWithPriorObservations,
    ObservationSummarizer,
)
from dspy.propose.grounded_proposer import DescribeModule, DescribeProgram, generate_instruction_class
from dspy.teleprompt.copro_optimizer import BasicGenerateInstruction, GenerateInstructionGivenAttempts
from dspy.teleprompt.simba_utils import OfferFeedback, inspect_modules

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.errors import ModelError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import ADAPTER
from toolgrad_dspy.lm.rehearsal import HABITS
from toolgrad_dspy.lm.rehearsal.engine import answer
from toolgrad_dspy.lm.rehearsal.habits import asked_for
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, sections
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import TuningResult, optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw
from toolgrad_dspy.program.bases import PLAIN
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import TuningBudget
from toolgrad_dspy.tuning.evaluator import LiveEvaluator

CONFIG = ProgramConfig(iterations=2, base="plain")
SESSIONS = 60  # of which a fifth are kept for the finalists: COPRO then has two rounds
NAMES = ("mipro", "copro", "simba")
SENTENCES = {habit.name: habit.sentence for habit in HABITS}
ROLE = {habit.name: habit.role for habit in HABITS}


def tuned(library: Library, name: str, models: ScriptedModels, sessions: int = SESSIONS) -> TuningResult:
    program = ToolGrad(library, models, CONFIG)
    return optimizer(name).tune(
        program, draw(0, 4, 4, 0), LiveEvaluator(Metric()), models, budget=TuningBudget(sessions, threads=4), seed=0
    )


@dataclass
class Run:
    tuning: TuningResult
    models: ScriptedModels

    @property
    def prompts(self) -> list[Prompt]:
        return self.models.prompts("reflection")

    def answers(self) -> Iterator[tuple[Prompt, dict[str, str]]]:
        """What the reflection model was asked, and the fields it answered with."""
        requests = [request for role, request in self.models.requests if role == "reflection"]
        for prompt, request in zip(self.prompts, requests, strict=True):
            yield prompt, sections(answer(request).message.text or "")


@pytest.fixture(scope="module")
def runs(library: Library) -> dict[str, Run]:
    runs = {}
    for name in NAMES:
        models = ScriptedModels()
        runs[name] = Run(tuned(library, name, models), models)
    return runs


def instructions(program: dspy.Module) -> dict[str, str]:
    return {name: predictor.signature.instructions for name, predictor in program.named_predictors()}


@pytest.mark.parametrize("name", NAMES)
def test_the_score_rises_within_the_sessions_that_were_planned(runs: dict[str, Run], name: str) -> None:
    tuning = runs[name].tuning
    base, best = tuning.scores
    assert base is not None
    assert best is not None
    assert best >= base if name == "simba" else best > base  # with so few sessions SIMBA takes one step
    # The plan fits: the search came to its own end.
    assert tuning.stop_cause == ""
    assert tuning.usage.metric_calls <= SESSIONS


@pytest.mark.parametrize("name", NAMES)
def test_a_budget_too_small_for_any_plan_gives_the_base(library: Library, runs: dict[str, Run], name: str) -> None:
    models = ScriptedModels()
    tuning = tuned(library, name, models, sessions=3)
    assert tuning.usage.metric_calls <= 3
    assert instructions(tuning.program) == instructions(ToolGrad(library, models, CONFIG))
    larger = runs[name].tuning.details
    assert tuning.details.keys() == larger.keys()
    assert tuning.details != larger
    assert all(value <= larger[key] for key, value in tuning.details.items())  # type: ignore[operator]  # numbers


@pytest.mark.parametrize("name", NAMES)
def test_a_reflection_model_that_answers_out_of_form_ends_the_search_with_the_base(
    library: Library, name: str
) -> None:
    models = ScriptedModels(reflection=lambda prompt: "I would rather not.")
    tuning = tuned(library, name, models)
    assert tuning.stop_cause == "reflection_model"
    assert "\n" not in tuning.stopped
    assert instructions(tuning.program) == instructions(ToolGrad(library, models, CONFIG))
    assert tuning.scores[0] == tuning.scores[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_reflection_model_that_refuses_the_key_is_an_error(library: Library, name: str) -> None:
    models = ScriptedModels(reflection=lambda prompt: AuthError("Invalid API key"))
    with pytest.raises(ModelError, match="Invalid API key") as caught:  # the server's own words
        tuned(library, name, models)
    assert caught.value.code == "reflection_refused"


# MIPRO


def test_mipro_describes_the_program_in_a_few_lines_and_shows_no_sources(runs: dict[str, Run]) -> None:
    prompts = runs["mipro"].prompts
    assert prompts
    for prompt in prompts:
        if "program_code" in prompt.inputs:
            assert "for each iteration:" in prompt.inputs["program_code"]
            assert "def " not in prompt.inputs["program_code"]
        assert len(prompt.text) < 30_000
    assert not any("dataset_description" in prompt.inputs for prompt in prompts)


def test_mipro_has_instructions_written_from_what_good_sessions_did(runs: dict[str, Run]) -> None:
    asked = [(p, a["proposed_instruction"]) for p, a in runs["mipro"].answers() if "proposed_instruction" in a]
    assert any("No task demos" not in prompt.inputs["task_demos"] for prompt, _ in asked)
    for prompt, written in asked:
        basic = prompt.inputs["basic_instruction"]
        assert written.startswith(basic)
        if "No task demos" in prompt.inputs["task_demos"] and "creative" not in prompt.inputs.get("tip", ""):
            assert written == basic


# COPRO


def test_copro_is_told_how_earlier_instructions_scored(runs: dict[str, Run]) -> None:
    first, *_ = runs["copro"].prompts
    *_, last = runs["copro"].prompts
    assert set(first.inputs) == {"basic_instruction"}
    told = [line for line in last.inputs["attempted_instructions"].splitlines() if "Resulting Score" in line]
    scores = [float(line.rpartition(": ")[2].rstrip("»")) for line in told]
    assert len(scores) > 1
    assert scores == sorted(scores)


def test_copro_tries_instructions_for_each_predictor_apart(runs: dict[str, Run]) -> None:
    for prompt, fields in runs["copro"].answers():
        role = "selector" if "Choose the report" in prompt.text else "proposer"
        written = fields["proposed_instruction"]
        assert {ROLE[habit] for habit in asked_for(written)} <= {role}


def test_copro_gets_different_answers_to_one_question(runs: dict[str, Run]) -> None:
    written = defaultdict(set)
    for prompt, fields in runs["copro"].answers():
        written[prompt.text].add(fields["proposed_instruction"])
    assert any(len(different) > 1 for different in written.values())


# SIMBA


def test_simba_compares_runs_in_plain_json_with_our_feedback(runs: dict[str, Run]) -> None:
    prompts = runs["simba"].prompts
    assert prompts
    for prompt in prompts:
        assert "for each iteration:" in prompt.inputs["program_code"]
        assert "def " not in prompt.inputs["program_code"]
        assert "non-serializable" not in prompt.text
        assert len(prompt.text) < 100_000
        for side in ("worse", "better"):
            trajectory = json.loads(prompt.inputs[f"{side}_program_trajectory"])
            assert {step["module_name"] for step in trajectory} <= {"proposer.predict", "selector.predict"}
        trajectory = json.loads(prompt.inputs["worse_program_trajectory"])
        assert all(isinstance(step["outputs"].get("proposals", []), list) for step in trajectory)
        assert trajectory
        feedback = json.loads(prompt.inputs["worse_reward_info"])["feedback"]
        assert feedback.startswith("iteration 1, proposer: ")


def test_simba_runs_a_task_several_times_with_different_outcomes(runs: dict[str, Run]) -> None:
    answers: dict[tuple[str, str], dict[int | None, str | None]] = defaultdict(dict)
    for role, request in runs["simba"].models.requests:
        if role in ("proposer", "selector") and request.config.temperature:
            assert request.config.temperature == 1.0
            text = json.dumps([str(request.system), *(message.text for message in request.messages)])
            answers[role, text][request.config.seed] = answer(request).message.text
    several = [by_rollout for by_rollout in answers.values() if len(by_rollout) > 1]
    assert several
    assert any(len(set(by_rollout.values())) > 1 for by_rollout in several)
    assert {role for role, _ in answers} == {"proposer", "selector"}


# What the rehearsal model writes


def rehearsed(signature: Any, **inputs: Any) -> dspy.Prediction:
    """The answer to DSPy's own question."""
    predict = signature if isinstance(signature, dspy.Predict) else dspy.Predict(signature)
    with dspy.context(lm=Models.from_environment().lm("reflection"), adapter=ADAPTER, disable_history=True):
        answers = [predict(**inputs) for _ in range(2)]
    assert dict(answers[0]) == dict(answers[1])
    return answers[0]


def attempts(*scored: tuple[str, float]) -> list[str]:
    """As COPRO lists them."""
    return [
        line
        for number, (instruction, score) in enumerate(scored, 1)
        for line in (
            f"Instruction #{number}: {instruction}",
            f"Prefix #{number}: Answer:",
            f"Resulting Score #{number}: {score}",
        )
    ]


def test_a_new_attempt_takes_over_what_raised_the_score_and_not_what_lowered_it() -> None:
    base = PLAIN["proposer"]
    helped, harmed = f"{base}\n{SENTENCES['reuse']}", f"{base}\n{SENTENCES['fresh']}"
    best = f"{base}\n{SENTENCES['compose']}"
    tried = attempts((harmed, 40.0), (base, 50.0), (helped, 60.0), (best, 61.0))
    written = rehearsed(GenerateInstructionGivenAttempts, attempted_instructions=tried).proposed_instruction
    assert {"reuse", "compose"} <= asked_for(written)
    assert all(ROLE[name] == "proposer" for name in asked_for(written))
    # What it reads are the scores: with these turned about, it goes on from another.
    turned = attempts((best, 40.0), (helped, 41.0), (base, 50.0), (harmed, 60.0))
    other = rehearsed(GenerateInstructionGivenAttempts, attempted_instructions=turned).proposed_instruction
    assert "fresh" in asked_for(other)


def test_a_first_attempt_adds_a_guess_or_two_for_the_role_that_the_instruction_is_about() -> None:
    for role in ("proposer", "selector"):
        written = rehearsed(BasicGenerateInstruction, basic_instruction=PLAIN[role]).proposed_instruction
        assert written.startswith(PLAIN[role])
        guessed = asked_for(written)
        assert 1 <= len(guessed) <= 2
        assert {ROLE[name] for name in guessed} == {role}


DEMO = "\n".join([
    'Tools: get_loan(loan_id) -> {loan_id, book}',
    'Workflow: {"chain": "c1", "step": "s1", "tool": "list_loans", "arguments": {}, "result": {"loan_id": "l-1"}}',
    "Lacking: more steps",
    "Progress: iteration 2 of 4; make 3 proposals",
    "Reason: it goes on",
    "Proposals: [{'instruction': 'Get it.', 'calls': "
    "[{'tool': 'list_loans', 'arguments': {'loan_id': {'$from': 's1', '$path': '/loan_id'}, 'kind': 'example'}}]}]",
])  # fmt: skip


@pytest.mark.parametrize("tip", ["Keep the instruction clear and concise.", ""])
def test_a_grounded_instruction_asks_for_what_the_demonstrations_show(tip: str) -> None:
    question = generate_instruction_class(False, False, True, False, bool(tip))
    given = {"basic_instruction": PLAIN["proposer"], **({"tip": tip} if tip else {})}
    assert asked_for(rehearsed(question, task_demos=DEMO, **given).proposed_instruction) == {"reuse"}
    without = rehearsed(question, task_demos="No task demos provided.", **given).proposed_instruction
    assert without == PLAIN["proposer"]
    known = {**given, "basic_instruction": f"{PLAIN['proposer']}\n{SENTENCES['reuse']}"}
    assert rehearsed(question, task_demos=DEMO, **known).proposed_instruction == known["basic_instruction"]


def advice(library: Library, worse: str, better: str = "", proposer: str = "") -> dict[str, str]:
    program = ToolGrad(library, Models.from_environment(), CONFIG)
    predictor = program.proposer.predict
    predictor.signature = predictor.signature.with_instructions(f"{predictor.signature.instructions}\n{proposer}")
    fields: dict[str, Any] = dict.fromkeys(OfferFeedback.input_fields, "[]")
    fields["module_names"] = ["proposer.predict", "selector.predict"]
    fields |= {"worse_reward_value": 0.2, "better_reward_value": 0.7, "modules_defn": inspect_modules(program)}
    fields["worse_reward_info"], fields["better_reward_info"] = (json.dumps({"feedback": f}) for f in (worse, better))
    given: dict[str, str] = rehearsed(OfferFeedback, **fields).module_advice
    return given


def test_advice_answers_complaints_about_the_worse_run_by_module(library: Library) -> None:
    complaints = (
        "iteration 2, proposer: p1: the tool get_loan was used before, in s1.\n"
        "iteration 2, selector: 'more steps' says nothing concrete about what is lacking."
    )
    assert advice(library, complaints) == {
        "proposer.predict": SENTENCES["fresh"],
        "selector.predict": SENTENCES["name_lack"],
    }
    assert advice(library, complaints, proposer=SENTENCES["fresh"]) == {"selector.predict": SENTENCES["name_lack"]}
    assert advice(library, "iteration 1, proposer: p1 ran at once.") == {}
    assert advice(library, complaints, better=f"{complaints}\n{complaints}") == {}


def test_descriptions_say_what_the_prompt_says() -> None:
    code = '"""Grows workflows. And more."""'
    described = rehearsed(DescribeProgram, program_code=code, program_example="none").program_description
    assert described == "Grows workflows."
    module = rehearsed(
        DescribeModule,
        program_code=code,
        program_example="none",
        program_description=described,
        module="Predict(tools, workflow) -> reason, proposals",
    )
    assert module.module_description == "Given tools, workflow it answers with reason, proposals."
    tasks = str([dspy.Example(seed=0, index=number) for number in range(3)])
    assert rehearsed(DatasetDescriptor, examples=tasks).observations == "There are 3 examples."
    seen = "There are 3 examples."
    more = rehearsed(DatasetDescriptorWithPriorObservations, examples=tasks, prior_observations=seen)
    assert more.observations == "COMPLETE"
    assert rehearsed(ObservationSummarizer, observations=seen).summary == seen
