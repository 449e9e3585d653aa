"""``compile --dry-run``: what each stage will use, from a few sessions, and nothing on disk."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import command

FEW = ("--train", "4", "--validation", "5", "--test", "6", "--metric-calls", "20", "--iterations", "2")


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    return command.run(folder, "compile", "--dry-run", *FEW, *arguments, code=code)


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".cache" not in path.parts]


def test_each_stage_has_its_sessions_calls_tokens_dollars_and_minutes(tmp_path: Path) -> None:
    guess = json.loads(run(tmp_path, "--json", "--quiet").stdout)
    assert {name: stage["sessions"] for name, stage in guess["stages"].items()} == {"tuning": 20, "comparison": 12}
    tuning, comparison = (guess["stages"][name]["figures"] for name in ("tuning", "comparison"))
    assert tuning["LM calls"] * 12 == pytest.approx(comparison["LM calls"] * 20)
    total = guess["total"]["figures"]
    for name in ("LM calls", "tokens", "tool calls", "US dollars"):
        assert tuning[name] + comparison[name] == pytest.approx(total[name]["total"])
    assert guess["minutes"] > 0
    assert left(tmp_path) == []


def test_a_recording_is_a_stage_until_it_is_there_and_tuning_on_it_calls_no_tools(tmp_path: Path) -> None:
    shown = run(tmp_path, "--record", "records/r.jsonl").stdout.splitlines()
    assert shown[0].split() == ["figure", "recording", "tuning", "comparison", "total", "+-"]
    by_name = {line.split("  ")[0]: line.split() for line in shown if line}
    assert int(by_name["sessions"][1]) >= 9, "those to train and validate, and fresh ones"
    assert by_name["tool calls"][3] == "0"
    assert left(tmp_path) == []
    (tmp_path / "there.jsonl").touch()
    assert "recording" not in json.loads(run(tmp_path, "--record", "there.jsonl", "--json").stdout)["stages"]


def test_the_budget_holds_for_it(tmp_path: Path) -> None:
    done = run(tmp_path, "--lm-calls", "3", code=1)
    assert done.stderr.endswith("[budget_spent]\n")
    assert left(tmp_path) == []
