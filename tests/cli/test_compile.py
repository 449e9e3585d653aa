"""The compile command on the embedded defaults."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


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
