"""TuningResult on recorded step states: no tool runs, and the scores are those that tools would have given, about."""

import gc
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import process_time
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
from toolgrad_dspy.metrics import PARTS, Metric
from toolgrad_dspy.metrics.step_metric import STEP_PARTS, StepMetric
from toolgrad_dspy.optimizers import optimizer
from toolgrad_dspy.optimizers.base import TuningResult
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, save_program
from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import Library, ToolSession, ToolSource
from toolgrad_dspy.tuning import TuningBudget
from toolgrad_dspy.tuning.evaluator import Evaluator, LiveEvaluator, TaskEvaluation
from toolgrad_dspy.tuning.recorded.evaluator import RecordedEvaluator
from toolgrad_dspy.tuning.recorded.recording import Recording, record

CONFIG = ProgramConfig(iterations=4)
SEED = 2
TASKS = draw(SEED, 5, 5, 0)
ALL_TASKS = [*TASKS.train, *TASKS.validation]


@pytest.fixture(scope="module")
def recording(library: Library) -> Recording:
    return record(ToolGrad(library, Models.from_environment(), CONFIG), ALL_TASKS)


@pytest.fixture(scope="module")
def arena(recording: Recording) -> RecordedEvaluator:
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


def played(arena: Evaluator, program: ToolGrad, tasks: Sequence[dspy.Example] = ALL_TASKS) -> list[TaskEvaluation]:
    with dspy.context(adapter=ADAPTER, disable_history=True):
        return [arena.play(program, task.seed, task.index) for task in tasks]


def mean(outcomes: Sequence[TaskEvaluation]) -> float:
    return sum(one.score for one in outcomes) / len(outcomes)


def tuned(program: ToolGrad, arena: Evaluator, threads: int = 4, sessions: int = 40) -> TuningResult:
    models = Models.from_environment()
    program = ToolGrad(program.library, models, CONFIG)
    return optimizer("gepa").tune(program, TASKS, arena, models, budget=TuningBudget(sessions, threads), seed=SEED)


def test_tuning_on_a_recording_runs_no_tool_and_finds_something(
    recording: Recording, arena: RecordedEvaluator
) -> None:
    source = untouchable(recording)
    tuning = tuned(over(source), arena)
    assert source.used == tuning.usage.tool_calls == 0
    before, after = tuning.scores
    assert before is not None
    assert after is not None
    assert after > before + 0.1


def test_the_library_of_the_program_need_not_be_open(arena: RecordedEvaluator) -> None:
    program = ToolGrad(Library([]), Models.from_environment(), CONFIG)
    assert played(arena, program, TASKS.train[:1])[0].score > 0


def test_the_same_seed_gives_the_same_program_with_any_number_of_threads(
    recording: Recording, arena: RecordedEvaluator, tmp_path: Path
) -> None:
    program = over(untouchable(recording))
    files = []
    for threads in (1, 8):
        path = tmp_path / f"{threads}.json"
        save_program(path, tuned(program, arena, threads, 24).program, {})
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_the_recorded_program_does_again_what_it_did_and_scores_what_it_scored(
    recording: Recording, arena: RecordedEvaluator
) -> None:
    metric = Metric()
    weights = {name: weight for name, weight in metric.weights.items() if name in STEP_PARTS}
    outcomes = played(arena, over(untouchable(recording)))
    for session, outcome in zip(recording.sessions, outcomes, strict=True):
        assert outcome.sessions["proposer"].trace == session.trace
        known = sum(PARTS[name](session) * weight for name, weight in weights.items()) / sum(weights.values())
        assert outcome.score == pytest.approx(known)
        assert len({step.iteration for step in outcome.steps}) == 2


def test_recorded_scores_rank_programs_as_live_ones_do(
    recording: Recording, arena: RecordedEvaluator, library: Library
) -> None:
    base = ToolGrad(library, Models.from_environment(), CONFIG)
    habits = ((), ("reuse",), ("compose", "append"), [habit.name for habit in HABITS])
    programs = [asking_for(base, *names) for names in habits]
    live = [mean(played(LiveEvaluator(Metric()), program, TASKS.train)) for program in programs]
    recorded = [mean(played(arena, program, TASKS.train)) for program in programs]
    assert sorted(live) == live
    assert sorted(recorded) == recorded


def test_a_recorded_session_takes_less_than_half_the_time_of_a_live_one(
    arena: RecordedEvaluator, library: Library
) -> None:
    program = asking_for(ToolGrad(library, Models.from_environment(), CONFIG), "reuse", "append")
    took: dict[Evaluator, list[float]] = {arena: [], LiveEvaluator(Metric()): []}
    # Without the collector, which walks through all that earlier tests left; the best of three, since whoever comes
    # first also builds what both use.
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            for where, times in took.items():
                started = process_time()  # of this process alone: others may be using the machine
                played(where, program)
                times.append(process_time() - started)
    finally:
        gc.enable()
    recorded, live = (min(times) for times in took.values())
    assert recorded < live / 2


def test_feedback_is_about_what_the_candidate_itself_proposed_and_chose(
    recording: Recording, arena: RecordedEvaluator
) -> None:
    base = over(untouchable(recording))
    told = {}
    for name, program in (("base", base), ("reuse", asking_for(base, "reuse", "concrete"))):
        outcomes = played(arena, program)
        told[name] = "\n".join(
            arena.feedback(one, step.role, step.iteration) for one in outcomes for step in one.steps
        )
    assert "no call uses a result of the workflow" in told["base"]
    assert "looks like a placeholder" in told["base"]
    assert "says nothing concrete about what is lacking" in told["base"]
    assert "belongs to chain" not in told["base"]
    assert told["reuse"].count("looks like a placeholder") < told["base"].count("looks like a placeholder") / 2
    assert "belongs to chain" in told["reuse"]


def test_what_no_tool_gave_is_marked_simulated(recording: Recording, arena: RecordedEvaluator) -> None:
    real = {
        json.dumps([attempt.call.tool, attempt.call.arguments], sort_keys=True): attempt.observation
        for session in recording.sessions
        for iteration in session.trace.iterations
        for report in iteration.reports
        for attempt in report.attempts
    }
    outcomes = played(arena, asking_for(over(untouchable(recording)), "reuse", "compose"))
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
        ({"place_id": "your place id"}, "failed", "place_id = 'your place id' looks like a placeholder"),
        ({"place_id": "plc_nowhere"}, "failed", "nothing is known by place_id = 'plc_nowhere'"),
    ],
)
def test_a_call_that_cannot_be_right_fails_and_the_report_says_why(
    recording: Recording, arena: RecordedEvaluator, arguments: dict[str, Any], outcome: str, reason: str
) -> None:
    models = proposing("get_place", arguments)
    outcome_of = played(arena, over(untouchable(recording), models), TASKS.train[:1])[0]
    asked = {step.iteration for step in outcome_of.steps}
    reports = [
        report
        for iteration in outcome_of.sessions["proposer"].trace.iterations
        if iteration.number in asked
        for report in iteration.reports
    ]
    assert reports
    assert all(report.outcome == outcome and reason in report.reason for report in reports)
    assert reason in arena.feedback(outcome_of, "proposer", min(asked))
    assert outcome_of.failure == "no step was accepted"


def test_a_model_that_refuses_every_call_ends_the_tuning_with_its_reason(
    recording: Recording, arena: RecordedEvaluator
) -> None:
    program = over(untouchable(recording), ScriptedModels(proposer=lambda prompt: AuthError("Invalid API key")))
    with pytest.raises(ModelError, match="Invalid API key"):
        played(arena, program, TASKS.train[:1])


def test_a_step_without_a_usable_answer_is_a_finding_and_a_lower_score(
    recording: Recording, arena: RecordedEvaluator
) -> None:
    program = over(untouchable(recording), ScriptedModels(proposer=lambda prompt: "I would rather not."))
    base = played(arena, over(untouchable(recording)), TASKS.train[:1])[0]
    outcome = played(arena, program, TASKS.train[:1])[0]
    assert outcome.failure.startswith("unusable answer, twice")
    assert outcome.score < base.score
    number = next(i.number for i in outcome.sessions["proposer"].trace.iterations if i.failures)
    assert "No proposal came about: unusable answer" in arena.feedback(outcome, "proposer", number)


def test_a_session_that_was_not_recorded_cannot_be_played(arena: RecordedEvaluator) -> None:
    program = ToolGrad(Library([]), Models.from_environment(), CONFIG)
    with pytest.raises(RunError, match="session 99 of seed 2 was not recorded"):
        arena.play(program, SEED, 99)


def test_a_program_asked_about_all_steps_scores_what_its_own_session_does(
    recording: Recording, library: Library
) -> None:
    metric = StepMetric(Metric(dict.fromkeys(PARTS, 1.0)))
    assert set(metric.weights) == set(STEP_PARTS)
    other = record(asking_for(ToolGrad(library, Models.from_environment(), CONFIG), "reuse"), TASKS.train)
    for before, after in zip(recording.sessions, other.sessions, strict=False):
        score = metric.score(before, after, range(1, 5))
        assert score.parts == pytest.approx({name: PARTS[name](after) for name in STEP_PARTS})
        assert score.value == pytest.approx(sum(score.parts.values()) / len(score.parts))


def test_weights_of_parts_that_steps_tell_about_are_kept_and_others_drop_out(recording: Recording) -> None:
    program = ToolGrad(Library([]), Models.from_environment(), CONFIG)
    only = RecordedEvaluator(recording, Metric({"executed": 2.0, "valid": 5.0, "known_origins": 1.0}))
    outcomes = played(only, program)
    assert [one.score for one in outcomes] == pytest.approx([PARTS["executed"](s) for s in recording.sessions])
    with pytest.raises(UsageError, match="recorded steps tell nothing about valid, known_origins; tune without"):
        RecordedEvaluator(recording, Metric({"valid": 5.0, "known_origins": 1.0}))


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
    outcomes = (played(RecordedEvaluator(one, Metric()), program, TASKS.train) for one in (recording, again))
    scored = [[(outcome.score, outcome.steps) for outcome in of] for of in outcomes]
    assert scored[0] == scored[1]


def test_a_recording_that_cannot_be_written_says_so(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):
        recording.save(tmp_path / "file" / "steps.jsonl")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: "", "is not a recording"),
        (lambda text: '{"format": "toolgrad-dspy program 1"}\n', "is not a recording"),
        (lambda text: text.replace("recording 1", "recording 2", 1), "is not a recording"),
        (lambda text: "[" * 100_000, "is not a recording"),
        (lambda text: text[: text.rindex("\n", 0, -1) + 1], "is damaged: it has 9 sessions of 10"),
        (lambda text: text[:-500], "is damaged: it was changed"),
        (lambda text: text.replace('"p1"', '"p7"'), "is damaged: it was changed"),
        (lambda text: text.replace('"iterations":4', '"iterations":5', 1), "is damaged: it was changed"),
        (lambda text: text.replace('"sessions":10', '"sessions":"ten"', 1), "is damaged: sessions: Input should be"),
    ],
)
def test_a_damaged_or_foreign_file_is_one_line(recording: Recording, tmp_path: Path, change: Any, says: str) -> None:
    path = tmp_path / "steps.jsonl"
    recording.save(path)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Recording.load(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_or_not_there_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    with pytest.raises(UsageError, match=r"cannot read the recording .*No such file"):
        Recording.load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not text in UTF-8"):
        Recording.load(path)


def test_a_recording_of_something_else_is_refused_with_what_differs(recording: Recording, library: Library) -> None:
    models, path = Models.from_environment(), Path("steps.jsonl")
    recording.check(ToolGrad(library, models, CONFIG), ALL_TASKS, path)
    recording.check(ToolGrad(library, models, CONFIG), TASKS.train, path)
    other_tools = over(Broken(recording.tools[:-1]))
    other_config = ToolGrad(library, models, ProgramConfig(iterations=3))
    others = draw(1, 2, 0, 0).train
    for program, tasks, says in (
        (other_tools, ALL_TASKS, "was made with other tools"),
        (other_config, ALL_TASKS, r"another configuration of the program \(iterations 4 there, 3 now\)"),
        (ToolGrad(library, models, CONFIG), others, "lacks 2 of the tasks, session 0 of seed 1 first"),
    ):
        with pytest.raises(UsageError, match=f"the recording steps.jsonl .*{says}.*; name another file"):
            recording.check(program, tasks, path)


def test_recording_tells_how_far_it_is_and_fails_when_nothing_came_of_it(library: Library) -> None:
    done: list[int] = []
    recorded = record(ToolGrad(library, Models.from_environment(), CONFIG), TASKS.train[:3], progress=done.append)
    assert done == [1, 2, 3]
    assert [session.index for session in recorded.sessions] == [0, 1, 2]
    refusing = ScriptedModels(proposer=lambda prompt: "I would rather not.")
    with pytest.raises(RunError, match="every recorded session failed; the first one: no step was accepted"):
        record(ToolGrad(library, refusing, CONFIG), TASKS.train[:2])
