"""Tuning on recorded sessions: no tool runs, and the scores are about those that tools would have given."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dspy
import pytest
from dspy.lm15 import AuthError

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import ModelError, RunError, StoreError, UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import ADAPTER
from toolgrad_dspy.lm.rehearsal.habits import HABITS
from toolgrad_dspy.metrics import RULE_COMPONENTS, Metric
from toolgrad_dspy.metrics.components import ITERATION_COMPONENTS
from toolgrad_dspy.metrics.iteration_metric import IterationMetric
from toolgrad_dspy.optimizers import TuningResult, optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, save_program
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import Library, ToolSession, ToolSource
from toolgrad_dspy.tuning import (
    Evaluator,
    LiveEvaluator,
    RecordedEvaluator,
    Recording,
    TaskEvaluation,
    TuningBudget,
    record,
)
from toolgrad_dspy.tuning.recorded.evaluator import NOTHING_ACCEPTED

CONFIG = ProgramConfig(iterations=4, mini_batch=48, base="plain")
SEED = 2
TASKS = draw(SEED, 5, 5, 0)
ALL_TASKS = [*TASKS.train, *TASKS.validation]


@pytest.fixture(scope="module")
def recording(library: Library) -> Recording:
    return record(ToolGrad(library, Models.from_environment(), CONFIG), ALL_TASKS)


@pytest.fixture(scope="module")
def evaluator(recording: Recording) -> RecordedEvaluator:
    return RecordedEvaluator(recording, Metric())


class Broken(ToolSource):
    """Lists tools, and counts whoever wants to use one."""

    id = "world"
    isolation = "session"

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.listed = list(tools)
        self.used = 0

    async def tools(self) -> list[Tool]:
        return self.listed

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator[ToolSession]:
        self.used += 1
        yield BrokenSession(self)


class BrokenSession(ToolSession):
    def __init__(self, source: Broken) -> None:
        self.source = source

    async def call(self, call: ToolCall) -> Observation:
        self.source.used += 1
        raise AssertionError(f"{call.tool} was called")


def untouchable(recording: Recording) -> Broken:
    return Broken(recording.tools)


def over(source: ToolSource, models: Models | None = None) -> ToolGrad:
    library = Library([source])
    run_on_loop_thread(library.open())
    return ToolGrad(library, models or Models.from_environment(), CONFIG)


def asking_for(program: ToolGrad, *habits: str) -> ToolGrad:
    """A copy of ``program`` whose instructions ask for ``habits``."""
    copy: ToolGrad = program.deepcopy()
    for name, predictor in copy.named_predictors():
        said = [h.sentence for h in HABITS if h.name in habits and h.role == name.split(".")[0]]
        predictor.signature = predictor.signature.with_instructions(
            "\n".join([predictor.signature.instructions, *said])
        )
    return copy


def evaluate(
    evaluator: Evaluator, program: ToolGrad, tasks: Sequence[dspy.Example] = ALL_TASKS
) -> list[TaskEvaluation]:
    with dspy.context(adapter=ADAPTER, disable_history=True):
        return [evaluator.evaluate(program, task.seed, task.index) for task in tasks]


def mean(evaluations: Sequence[TaskEvaluation]) -> float:
    return sum(evaluation.score for evaluation in evaluations) / len(evaluations)


def tuned(program: ToolGrad, evaluator: Evaluator, threads: int = 4, sessions: int = 40) -> TuningResult:
    models = Models.from_environment()
    program = ToolGrad(program.library, models, CONFIG)
    budget = TuningBudget(sessions, threads)
    return optimizer("gepa").tune(program, TASKS, evaluator, models, budget=budget, seed=SEED)


def test_tuning_on_a_recording_runs_no_tool_and_finds_something(
    recording: Recording, evaluator: RecordedEvaluator
) -> None:
    source = untouchable(recording)
    tuning = tuned(over(source), evaluator)
    assert source.used == tuning.usage.tool_calls == 0
    before, after = tuning.scores
    assert before is not None
    assert after is not None
    assert after > before + 0.1


def test_the_library_of_the_program_need_not_be_open(evaluator: RecordedEvaluator) -> None:
    program = ToolGrad(Library([]), Models.from_environment(), CONFIG)
    assert evaluate(evaluator, program, TASKS.train[:1])[0].score > 0


def test_the_same_seed_gives_the_same_program_with_any_number_of_threads(
    recording: Recording, evaluator: RecordedEvaluator, tmp_path: Path
) -> None:
    program = over(untouchable(recording))
    files = []
    for threads in (1, 8):
        path = tmp_path / f"{threads}.json"
        save_program(path, tuned(program, evaluator, threads, 24).program, {})
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_the_recorded_program_does_again_what_it_did_and_scores_what_it_scored(
    recording: Recording, evaluator: RecordedEvaluator
) -> None:
    metric = Metric()
    weights = {name: weight for name, weight in metric.weights.items() if name in ITERATION_COMPONENTS}
    outcomes = evaluate(evaluator, over(untouchable(recording)))
    for session, outcome in zip(recording.sessions, outcomes, strict=True):
        assert outcome.sessions["proposer"].trace.iterations == session.trace.iterations
        known = sum(RULE_COMPONENTS[name](session) * weight for name, weight in weights.items())
        reached = metric.score(session).parts["floor"]
        assert outcome.score == pytest.approx(0.8 * known / sum(weights.values()) + 0.2 * reached)
        assert len({invocation.iteration for invocation in outcome.invocations}) == 2


def test_recorded_scores_rank_programs_as_live_ones_do(
    recording: Recording, evaluator: RecordedEvaluator, library: Library
) -> None:
    base = ToolGrad(library, Models.from_environment(), CONFIG)
    habits: tuple[Sequence[str], ...] = (
        (),
        ("reuse",),
        ("reuse", "concrete", "fresh"),
        ("reuse", "append"),
        ("reuse", "compose", "append"),
        [habit.name for habit in HABITS],
    )
    programs = [asking_for(base, *names) for names in habits]
    live = [mean(evaluate(LiveEvaluator(Metric()), program, ALL_TASKS)) for program in programs]
    recorded = [mean(evaluate(evaluator, program, ALL_TASKS)) for program in programs]
    assert len(set(live)) == len(programs)
    assert ranks(recorded) == ranks(live)


def ranks(scores: Sequence[float]) -> list[int]:
    """The places of the programs, the worst one first."""
    return sorted(range(len(scores)), key=scores.__getitem__)


def test_a_recorded_session_asks_for_half_of_what_a_live_one_does_and_runs_nothing(
    recording: Recording, evaluator: RecordedEvaluator, library: Library
) -> None:
    def calls(evaluator: Evaluator, program_library: Library) -> tuple[dict[str, int], int]:
        models = Models.from_environment()
        program = asking_for(ToolGrad(program_library, models, CONFIG), "reuse", "append")
        evaluations = evaluate(evaluator, program)
        by_role = {role: used.calls for role, used in models.meter.roles().items() if used.calls}
        return by_role, sum(evaluation.tool_calls for evaluation in evaluations)

    source = untouchable(recording)
    (recorded, simulated), (live, real) = (
        calls(evaluator, over(source).library),
        calls(LiveEvaluator(Metric()), library),
    )
    assert source.used == simulated == 0 < real
    assert set(recorded) == {"proposer", "selector"} < set(live)
    # Two of the four iterations are asked about. The rehearsal model answers every question in one call.
    assert recorded["proposer"] == len(ALL_TASKS) * CONFIG.iterations / 2 == live["proposer"] / 2
    assert recorded["selector"] <= recorded["proposer"]
    assert sum(recorded.values()) < sum(live.values()) / 2


def test_feedback_is_about_what_the_candidate_itself_proposed_and_chose(
    recording: Recording, evaluator: RecordedEvaluator
) -> None:
    base = over(untouchable(recording))
    told = {}
    for name, program in (("base", base), ("reuse", asking_for(base, "reuse", "concrete"))):
        told[name] = Counter(
            finding.code
            for outcome in evaluate(evaluator, program)
            for invocation in outcome.invocations
            for finding in evaluator.feedback(outcome, invocation.role, invocation.iteration)
        )
    assert {"uses_no_result", "placeholder", "vague_lacking"} <= told["base"].keys()
    assert "wrong_chain" not in told["base"]
    assert told["reuse"]["placeholder"] < told["base"]["placeholder"] / 2
    assert "wrong_chain" in told["reuse"]


def test_what_no_tool_gave_is_marked_simulated(recording: Recording, evaluator: RecordedEvaluator) -> None:
    real = {
        json.dumps([attempt.call.tool, attempt.call.arguments], sort_keys=True): attempt.observation
        for session in recording.sessions
        for iteration in session.trace.iterations
        for report in iteration.reports
        for attempt in report.attempts
    }
    outcomes = evaluate(evaluator, asking_for(over(untouchable(recording)), "reuse", "compose"))
    seen = [
        attempt
        for outcome in outcomes
        for iteration in outcome.sessions["selector"].trace.iterations
        for report in iteration.reports
        for attempt in report.attempts
        if attempt.observation is not None
    ]
    assert any(attempt.observation.simulated for attempt in seen if attempt.observation)
    for attempt in seen:
        assert attempt.observation is not None
        key = json.dumps([attempt.call.tool, attempt.call.arguments], sort_keys=True)
        assert attempt.observation.simulated or key in real


def proposing(tool: str, arguments: dict[str, Any], *more: dict[str, Any]) -> ScriptedModels:
    calls = [{"tool": tool, "arguments": arguments}, *more]
    answer = {"reason": "r", "proposals": [{"instruction": "Do it.", "calls": calls}]}
    return ScriptedModels(proposer=lambda prompt: answer)


@pytest.mark.parametrize(
    ("arguments", "outcome", "reason"),
    [
        ({"place_id": "your place id"}, "failed", 'place_id = "your place id"'),
        ({"place_id": "plc_nowhere"}, "failed", 'place_id = "plc_nowhere"'),
        ({}, "failed", "'place_id'"),
    ],
)
def test_a_call_that_cannot_be_right_fails_and_the_report_says_why(
    recording: Recording, evaluator: RecordedEvaluator, arguments: dict[str, Any], outcome: str, reason: str
) -> None:
    models = proposing("get_place", arguments)
    outcome_of = evaluate(evaluator, over(untouchable(recording), models), TASKS.train[:1])[0]
    asked = {invocation.iteration for invocation in outcome_of.invocations}
    reports = [
        report
        for iteration in outcome_of.sessions["proposer"].trace.iterations
        if iteration.number in asked
        for report in iteration.reports
    ]
    assert reports
    assert all(report.outcome == outcome and reason in report.reason for report in reports)
    assert any(reason in finding.text for finding in evaluator.feedback(outcome_of, "proposer", min(asked)))
    assert outcome_of.failure == NOTHING_ACCEPTED


def test_a_model_that_refuses_every_call_ends_the_tuning_with_its_reason(
    recording: Recording, evaluator: RecordedEvaluator
) -> None:
    program = over(untouchable(recording), ScriptedModels(proposer=lambda prompt: AuthError("Invalid API key")))
    with pytest.raises(ModelError, match="Invalid API key"):  # the server's own words
        evaluate(evaluator, program, TASKS.train[:1])


def test_a_step_without_a_usable_answer_is_a_finding_and_a_lower_score(
    recording: Recording, evaluator: RecordedEvaluator
) -> None:
    program = over(untouchable(recording), ScriptedModels(proposer=lambda prompt: "I would rather not."))
    base, (outcome, *others) = (
        evaluate(evaluator, over(untouchable(recording)), TASKS.train),
        evaluate(evaluator, program, TASKS.train),
    )
    failed = [iteration for iteration in outcome.sessions["proposer"].trace.iterations if iteration.failures]
    assert outcome.failure == failed[0].failures[0] != NOTHING_ACCEPTED
    assert mean([outcome, *others]) < mean(base)
    findings = evaluator.feedback(outcome, "proposer", failed[0].number)
    assert [finding.code for finding in findings] == ["no_proposal"]


def test_a_session_that_was_not_recorded_cannot_be_evaluated(evaluator: RecordedEvaluator) -> None:
    program = ToolGrad(Library([]), Models.from_environment(), CONFIG)
    with pytest.raises(RunError) as caught:
        evaluator.evaluate(program, SEED, 99)
    assert caught.value.code == "session_not_recorded"
    assert "99" in str(caught.value)


def test_a_program_asked_about_all_steps_scores_what_its_own_session_does(
    recording: Recording, library: Library
) -> None:
    whole = Metric(dict.fromkeys(RULE_COMPONENTS, 1.0))
    metric = IterationMetric(whole)
    assert set(metric.weights) == set(ITERATION_COMPONENTS)
    other = record(asking_for(ToolGrad(library, Models.from_environment(), CONFIG), "reuse"), TASKS.train)
    for before, after in zip(recording.sessions, other.sessions, strict=False):
        score = metric.score(before, after, range(1, 5))
        own = {name: RULE_COMPONENTS[name](after) for name in ITERATION_COMPONENTS}
        reached = whole.score(after).parts["floor"]
        assert score.parts == pytest.approx({**own, "floor": reached})
        assert score.value == pytest.approx(0.8 * sum(own.values()) / len(own) + 0.2 * reached)


def test_weights_of_parts_that_steps_tell_about_are_kept_and_others_drop_out(recording: Recording) -> None:
    program = ToolGrad(Library([]), Models.from_environment(), CONFIG)
    only = RecordedEvaluator(recording, Metric({"executed": 2.0, "valid": 5.0, "known_origins": 1.0}, floor=0))
    outcomes = evaluate(only, program)
    executed = RULE_COMPONENTS["executed"]
    assert [outcome.score for outcome in outcomes] == pytest.approx(
        [executed(session) for session in recording.sessions]
    )
    with pytest.raises(UsageError) as caught:
        RecordedEvaluator(recording, Metric({"valid": 5.0, "known_origins": 1.0}))
    assert caught.value.code == "no_iteration_rule"
    assert "known_origins" in str(caught.value)


def test_a_recording_is_read_as_it_was_written(recording: Recording, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "steps.jsonl", tmp_path / "b.jsonl"
    recording.save(first)
    again = Recording.load(first)
    assert again.sessions == recording.sessions
    assert (again.library, again.config, again.tools) == (recording.library, recording.config, recording.tools)
    again.save(second)
    assert first.read_bytes() == second.read_bytes()
    assert again.tool_calls == recording.tool_calls > 0
    program = asking_for(over(untouchable(recording)), "reuse")
    written, read = (
        [(evaluation.score, evaluation.invocations) for evaluation in evaluate(evaluator, program, TASKS.train)]
        for evaluator in (RecordedEvaluator(recording, Metric()), RecordedEvaluator(again, Metric()))
    )
    assert written == read


def test_a_recording_that_cannot_be_written_is_an_error_with_its_path(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):  # the path
        recording.save(tmp_path / "file" / "steps.jsonl")


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (lambda text: "", "not_a_recording", ""),
        (lambda text: '{"format": "toolgrad-dspy program 1"}\n', "not_a_recording", ""),
        (lambda text: text.replace("recording 1", "recording 2", 1), "not_a_recording", "recording 1"),
        (lambda text: "[" * 100_000, "not_a_recording", ""),
        (lambda text: text[: text.rindex("\n", 0, -1) + 1], "damaged_recording", "9 of 10"),
        (lambda text: text[:-500], "damaged_recording", ""),
        (lambda text: text.replace('"p1"', '"p7"'), "damaged_recording", ""),
        (lambda text: text.replace('"iterations":4', '"iterations":5', 1), "damaged_recording", ""),
        (lambda text: text.replace('"sessions":10', '"sessions":"ten"', 1), "damaged_recording", "sessions: "),
    ],
)
def test_a_damaged_or_foreign_file_is_one_line(
    recording: Recording, tmp_path: Path, change: Callable[[str], str], code: str, place: str
) -> None:
    path = tmp_path / "steps.jsonl"
    recording.save(path)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Recording.load(path)
    assert caught.value.code == code
    assert str(path) in str(caught.value)
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_or_not_there_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    with pytest.raises(UsageError) as missing:
        Recording.load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError) as binary:
        Recording.load(path)
    for caught, code in ((missing, "unreadable_recording"), (binary, "not_a_recording")):
        assert caught.value.code == code
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_recording_of_something_else_is_refused_with_what_differs(recording: Recording, library: Library) -> None:
    models, path = Models.from_environment(), Path("steps.jsonl")
    recording.check(ToolGrad(library, models, CONFIG), ALL_TASKS, path)
    recording.check(ToolGrad(library, models, CONFIG), TASKS.train, path)
    other_tools = over(Broken(recording.tools[:-1]))
    other_config = ToolGrad(library, models, ProgramConfig(iterations=3, mini_batch=48, base="plain"))
    others = draw(1, 2, 0, 0).train
    for program, tasks, code, named in (
        (other_tools, ALL_TASKS, "other_tools", f"{len(recording.tools)}"),
        (other_config, ALL_TASKS, "other_configuration", "iterations 4 there, 3 now"),
        (ToolGrad(library, models, CONFIG), others, "missing_tasks", "session 0 of seed 1"),
    ):
        with pytest.raises(UsageError) as caught:
            recording.check(program, tasks, path)
        assert caught.value.code == code
        assert named in str(caught.value)
        assert str(path) in str(caught.value)


def test_recording_reports_its_progress_and_fails_if_all_sessions_failed(library: Library) -> None:
    done: list[int] = []
    recorded = record(ToolGrad(library, Models.from_environment(), CONFIG), TASKS.train[:3], progress=done.append)
    assert done == [1, 2, 3]
    assert [session.index for session in recorded.sessions] == [0, 1, 2]
    refusing = ScriptedModels(proposer=lambda prompt: "I would rather not.")
    with pytest.raises(RunError) as caught:
        record(ToolGrad(library, refusing, CONFIG), TASKS.train[:2])
    assert caught.value.code == "all_sessions_failed"
