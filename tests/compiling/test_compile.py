"""Compiling from Python: the whole of it by one function, on the rehearsal model."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.compiles import SPEC, Interrupted
from tests.support.open_world import library
from tests.support.toys import notebook
from toolgrad_dspy.compiling import (
    Compiled,
    CompileSpec,
    TaskCounts,
    check_output,
    compile,
    compile_program,
    journal_of,
    next_output,
)
from toolgrad_dspy.compiling.programs import Reader
from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw
from toolgrad_dspy.runs import SourceTools
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import Recording, TuningBudget, TuningUsage

__all__ = ["library"]


def changed(**changes: Any) -> CompileSpec:
    return dataclasses.replace(SPEC, **changes)


def interrupted(spec: CompileSpec, path: Path, stage: str = "comparison") -> None:
    """A compile that ends as ``stage`` begins."""

    def stop(name: str) -> None:
        if name == stage:
            raise Interrupted

    with pytest.raises(Interrupted):
        compile(spec, path, stage=stop)


def test_compiling_tunes_and_saves_the_program_with_how_it_came_about(tmp_path: Path) -> None:
    path = tmp_path / "programs" / "first.json"
    stages: list[str] = []
    lines: list[str] = []
    sessions: list[int] = []

    def progress(usage: TuningUsage) -> None:
        sessions.append(usage.metric_calls)

    compiled = compile(SPEC, path, stage=stages.append, progress=progress, say=lines.append)
    assert isinstance(compiled, Compiled)
    assert stages == ["tuning", "comparison"]
    assert sessions == list(range(1, compiled.tuning.usage.metric_calls + 1))
    assert lines
    program = Reader().open(path)
    assert program.problem is None
    description = program.description
    assert description is not None
    assert compiled.before is not None
    assert compiled.after is not None
    assert (description.scores.before, description.scores.after) == (compiled.before.score, compiled.after.score)
    assert description.scores.pairs == compiled.comparison.pairs == SPEC.tasks.test
    assert description.scores.difference == compiled.difference
    assert description.conclusion == compiled.conclusion
    assert description.tasks == SPEC.tasks
    assert description.program == SPEC.program
    assert description.tools is not None
    assert description.tools.source == "world"
    assert description.parent is not None
    assert description.parent.file is None
    assert not journal_of(path).exists(), "nothing is left to resume"


def test_a_recording_and_the_comparison_tell_every_session_that_has_ended(tmp_path: Path) -> None:
    stages: list[str] = []
    told: list[tuple[str, int, int]] = []

    def ended(number: int, of: int) -> None:
        told.append((stages[-1], number, of))

    states = tmp_path / "states.jsonl"
    compile(changed(record=states), tmp_path / "first.json", stage=stages.append, ended=ended)
    assert stages == ["recording", "tuning", "comparison"]
    sessions = {"recording": len(Recording.load(states).sessions), "comparison": 2 * SPEC.tasks.test}
    assert told == [(stage, number, of) for stage, of in sessions.items() for number in range(1, of + 1)]
    stages.clear()
    compile(changed(record=states), tmp_path / "second.json", stage=stages.append)
    assert stages == ["tuning", "comparison"], "what is recorded is not recorded again"


def test_compiling_works_on_tool_sources_of_ones_own_and_from_a_parent(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    compile(changed(tools=SourceTools("notebook", lambda: [notebook()])), first)
    compile(changed(tools=SourceTools("notebook", lambda: [notebook()]), parent=first), second)
    reader = Reader()
    parent, child = reader.open(first), reader.open(second)
    assert child.description is not None
    assert child.description.tools is not None
    assert child.description.tools.source == "notebook"
    assert child.description.parent is not None
    assert child.description.parent.file == str(first)
    assert child.description.parent.prompts == parent.prompts.digest


@pytest.mark.slow
def test_an_interrupted_compile_resumes_to_the_program_it_would_have_been(tmp_path: Path) -> None:
    path, whole = tmp_path / "p.json", tmp_path / "whole.json"
    interrupted(SPEC, path)
    assert journal_of(path).exists()
    assert not path.exists()
    resumed = compile(SPEC, path, resume=True)
    assert resumed.tuning.usage.restored == resumed.tuning.usage.metric_calls > 0
    assert not journal_of(path).exists()
    compile(SPEC, whole)
    assert path.read_bytes() == whole.read_bytes()


def test_what_a_limit_ended_keeps_its_journal_and_resumes_with_a_larger_one(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    limited = changed(budget=dataclasses.replace(SPEC.budget, lm_calls=30))
    assert compile(limited, path).tuning.stopped
    assert journal_of(path).exists()
    assert not compile(SPEC, path, resume=True).tuning.stopped
    assert not journal_of(path).exists()


@pytest.mark.slow
def test_a_recording_is_made_once_and_one_that_does_not_fit_leaves_nothing_to_resume(tmp_path: Path) -> None:
    recording = tmp_path / "states.jsonl"
    spec = changed(record=recording)
    made: list[str] = []
    first = compile(spec, tmp_path / "a.json", say=made.append)
    content = recording.read_bytes()
    used: list[str] = []
    compile(spec, tmp_path / "b.json", say=used.append)
    assert len(made) == len(used) + 1, "a line about the recording"
    assert first.costs["tuning"].tool_calls == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    with pytest.raises(UsageError):
        compile(changed(record=recording, seed=1), tmp_path / "c.json")
    assert recording.read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "b.json", "states.jsonl"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"optimizer": "gepaa"}, "unknown_optimizer"),
        ({"parent": Path("nowhere.json")}, "unreadable_program"),
        ({"tasks": TaskCounts(train=3, validation=4, test=4)}, "too_few_tasks"),
        ({"tasks": TaskCounts(train=4, validation=3, test=4)}, "too_few_tasks"),
        ({"tasks": TaskCounts(train=4, validation=4, test=0)}, "too_few_tasks"),
    ],
)
def test_a_wrong_specification_is_refused_before_anything_is_written(
    changes: dict[str, Any], code: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        compile(changed(**changes), tmp_path / "programs" / "p.json")
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken_is_refused_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    for there, code in ((journal_of(path), "interrupted_tuning"), (path, "program_exists")):
        there.write_text("old")
        with pytest.raises(UsageError) as caught:
            compile(SPEC, path)
        assert caught.value.code == code
        assert there.read_text() == "old"
    check_output(path, force=True)
    compile(SPEC, path, force=True)
    assert json.loads(path.read_text())["compiled"]
    assert not journal_of(path).exists()


def test_a_recording_cannot_take_the_place_of_the_program_or_its_journal(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    for place in (path, journal_of(path)):
        with pytest.raises(UsageError) as caught:
            compile(dataclasses.replace(SPEC, record=place), path)
        assert caught.value.code == "record_is_output"
        assert not place.exists()


def test_there_is_nothing_to_resume_without_a_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        compile(SPEC, tmp_path / "p.json", resume=True)
    assert caught.value.code == "nothing_to_resume"
    assert str(journal_of(tmp_path / "p.json")) in str(caught.value)


def test_a_program_cannot_take_the_place_of_its_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check_output(tmp_path / "p.journal")
    assert caught.value.code == "reserved_name"


def test_a_place_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        check_output(tmp_path / "file" / "p.json")


def test_the_default_place_is_the_next_free_one_and_to_resume_the_last_interrupted_one() -> None:
    folder = Path("programs")
    assert next_output("gepa") == next_output("gepa", resume=True) == folder / "gepa-0.json"
    folder.mkdir()
    for name in ("gepa-0.journal", "gepa-1.json", "gepa-1.journal", "gepa-2.json", "mipro-0.json"):
        (folder / name).touch()
    assert next_output("gepa") == folder / "gepa-3.json"
    assert next_output("gepa", resume=True) == folder / "gepa-1.json"
    assert next_output("mipro") == next_output("mipro", resume=True) == folder / "mipro-1.json"


def test_two_programs_beside_each_other_have_two_journals() -> None:
    places = [Path(name) for name in ("gepa-0.json", "gepa.v1", "gepa.v2", "gepa")]
    assert [journal_of(place).name for place in places] == [
        "gepa-0.journal",
        "gepa.v1.journal",
        "gepa.v2.journal",
        "gepa.journal",
    ]


def test_a_tuning_on_one_recording_does_not_resume_on_another(tmp_path: Path) -> None:
    path, record = tmp_path / "p.json", tmp_path / "states.jsonl"
    interrupted(changed(record=record), path)
    lines = record.read_text(encoding="utf-8").splitlines()
    recording = Recording.load(record)
    other = dataclasses.replace(recording, sessions=tuple(reversed(recording.sessions)))
    other.save(record)
    assert record.read_text(encoding="utf-8").splitlines() != lines
    with pytest.raises(UsageError) as caught:
        compile(changed(record=record), path, resume=True)
    assert caught.value.code == "other_configuration"
    assert "recorded" in str(caught.value)


def test_without_a_task_to_test_on_nothing_is_compiled(library: Library) -> None:
    models = Models.from_environment()
    program = ToolGrad(library, models, ProgramConfig(iterations=1))
    with pytest.raises(UsageError) as caught:
        compile_program(
            program, draw(0, 4, 4, 0), Metric(), models, optimizer("gepa"), budget=TuningBudget(8), seed=0
        )
    assert caught.value.code == "too_few_tasks"


def test_the_last_interrupted_tuning_is_found_beyond_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("gepa-0.json", "gepa-2.journal", "gepa-10.journal", "gepa-x.journal", "gepa-mine-11.journal"):
        check_output(Path("programs") / "any.json")
        (Path("programs") / name).write_text("")
    assert next_output("gepa", resume=True) == Path("programs/gepa-10.json")
    assert next_output("gepa") == Path("programs/gepa-1.json")
