"""The compile command on the embedded defaults."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolgrad_dspy.cli import main
from toolgrad_dspy.optimizers import OPTIMIZERS


def compile_(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolgrad_dspy.compile", *arguments],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )


def test_compile_tunes_reports_saves_and_names_the_next_command(tmp_path: Path) -> None:
    done = compile_(tmp_path, "--metric-calls", "90", "--train", "6", "--validation", "6", "--test", "8")
    for word in (
        "base",
        "tuned",
        "LM calls",
        "tool calls",
        "seconds",
        "instruction of",
        "query:",
        "saved: programs/",
    ):
        assert word in done.stdout
    assert "next: python -m toolgrad_dspy.generate -n 20 --program programs/gepa-0.json" in done.stdout
    assert "sessions scored" not in done.stdout
    assert "not a language model's gain" in done.stderr
    program = json.loads((tmp_path / "programs/gepa-0.json").read_text())
    assert set(program["state"]) == {"proposer.predict", "selector.predict"}
    assert program["compiled"]["scores"]["after"] > program["compiled"]["scores"]["before"]


@pytest.mark.slow
def test_the_defaults_compile_in_time_to_a_program_that_generates_better_samples(tmp_path: Path) -> None:
    result = json.loads(compile_(tmp_path, "--json", "--quiet", "-o", "p.json").stdout)
    assert sum(cost["seconds"] for cost in result["costs"].values()) < 90
    assert result["scores"]["after"]["score"] > result["scores"]["before"]["score"] + 0.2
    assert result["instructions"]
    generate = [sys.executable, "-m", "toolgrad_dspy.generate", "-n", "20", "--json", "--quiet", "-o"]
    base, tuned = (
        json.loads(subprocess.run([*generate, *more], cwd=tmp_path, check=True, capture_output=True).stdout)
        for more in (["base"], ["tuned", "--program", "p.json"])
    )
    assert tuned["dependent_steps_per_sample"] > base["dependent_steps_per_sample"]
    assert tuned["lm_calls_per_step"] < base["lm_calls_per_step"]


def test_the_help_names_every_optimizer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["compile", "--help"])
    said = "".join(capsys.readouterr().out.split())  # lines are broken at hyphens, too
    assert [name for name in OPTIMIZERS if name not in said] == []


@pytest.mark.slow
def test_a_tuning_that_a_limit_ended_goes_on_with_a_larger_one(tmp_path: Path) -> None:
    small = ("--train", "4", "--validation", "4", "--test", "4", "--iterations", "3", "--metric-calls", "40")
    first = compile_(tmp_path, *small, "--lm-calls", "60", "--quiet")
    assert "Tuning ended before its time: " in first.stdout
    assert (tmp_path / "programs/gepa-0.journal").exists()
    again = compile_(tmp_path, *small, "--resume", "--quiet", "-o", "programs/gepa-0.json")
    assert "before its time" not in again.stdout
    assert not (tmp_path / "programs/gepa-0.journal").exists()
    compiled = json.loads((tmp_path / "programs/gepa-0.json").read_text())["compiled"]
    assert compiled["optimizer"]["stopped"] == ""
    whole = compile_(tmp_path, *small, "--quiet", "-o", "whole.json")
    assert (
        json.loads((tmp_path / "whole.json").read_text())["state"]
        == json.loads((tmp_path / "programs/gepa-0.json").read_text())["state"]
    )
    assert "saved: whole.json" in whole.stdout


def test_tuning_on_a_recording_runs_no_tool_and_a_recording_of_other_tasks_is_refused(tmp_path: Path) -> None:
    small = ("--validation", "4", "--test", "4", "--iterations", "3", "--metric-calls", "20", "--json")
    first = compile_(tmp_path, "--train", "4", *small, "--record", "states.jsonl", "-o", "a.json")
    assert "recorded 8 sessions to states.jsonl" in first.stderr
    again = compile_(tmp_path, "--train", "4", *small, "--record", "states.jsonl", "-o", "b.json")
    assert "recorded 8 sessions" not in again.stderr
    for done in (first, again):
        assert json.loads(done.stdout)["costs"]["tuning"]["tool_calls"] == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        compile_(tmp_path, "--train", "5", *small, "--record", "states.jsonl", "-o", "c.json")
    assert "the recording states.jsonl lacks 1 of the tasks" in refused.value.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "b.json", "states.jsonl"}
