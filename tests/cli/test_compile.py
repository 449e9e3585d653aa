"""The compile command on the embedded defaults."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from toolgrad_dspy.cli import main
from toolgrad_dspy.cli.compile.report import NOTHING_TO_FIND
from toolgrad_dspy.optimizers import OPTIMIZERS

COMMAND = [sys.executable, "-m", "toolgrad_dspy.compile"]
SMALL = ("--train", "4", "--validation", "4", "--test", "4", "--iterations", "3", "--base", "plain")


def compile_(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=True
    )


def program(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@pytest.mark.slow
def test_compile_tunes_reports_saves_and_names_the_next_command(tmp_path: Path) -> None:
    tasks = ("--train", "6", "--validation", "6", "--test", "8")
    done = compile_(tmp_path, "--base", "plain", "--metric-calls", "90", *tasks)
    assert NOTHING_TO_FIND not in done.stdout
    for word in ("base", "tuned", "LM calls", "tool calls", "seconds", "instruction of", "query:"):
        assert word in done.stdout
    assert "toolgrad-dspy generate -n 20 --program programs/gepa-0.json" in done.stdout
    assert "sessions scored" not in done.stdout, "progress is kept out of pipes"
    assert "rehearsal" in done.stderr
    saved = program(tmp_path / "programs/gepa-0.json")
    assert set(saved["state"]) == {"proposer.predict", "selector.predict"}
    assert saved["compiled"]["scores"]["after"] > saved["compiled"]["scores"]["before"]
    assert saved["compiled"]["verdict"] in done.stdout
    assert saved["compiled"]["program"]["base"] == "plain"


@pytest.mark.slow
def test_the_report_tells_how_many_demonstrations_there_are(tmp_path: Path) -> None:
    arguments = (*SMALL, "--optimizer", "bootstrap", "--metric-calls", "40")
    done = compile_(tmp_path, *arguments)
    state = program(tmp_path / "programs/bootstrap-0.json")["state"]
    told = [line for line in done.stdout.splitlines() if line.startswith("demonstrations of ")]
    assert told == [
        f"demonstrations of {name}: {len(part['demos'])}" for name, part in state.items() if part["demos"]
    ]
    assert told
    again = json.loads(compile_(tmp_path, *arguments, "--json").stdout)
    assert [f"demonstrations of {name}: {number}" for name, number in again["demonstrations"].items()] == told


@pytest.mark.slow
def test_what_ships_leaves_nothing_to_find_on_rehearsal_and_the_report_says_why(tmp_path: Path) -> None:
    done = compile_(tmp_path, *SMALL[:-2], "--metric-calls", "24")
    assert NOTHING_TO_FIND in done.stdout.splitlines()
    saved = program(tmp_path / "programs/gepa-0.json")["compiled"]
    assert saved["scores"]["after"] == saved["scores"]["before"] > 0.8


@pytest.mark.slow
def test_the_plain_base_compiles_to_a_program_that_generates_better_samples(tmp_path: Path) -> None:
    result = json.loads(compile_(tmp_path, "--base", "plain", "--json", "--quiet", "-o", "p.json").stdout)
    assert result["scores"]["after"]["score"] > result["scores"]["before"]["score"] + 0.2
    assert result["instructions"]
    generate = [sys.executable, "-m", "toolgrad_dspy.generate", "-n", "20", "--json", "--quiet", "-o"]
    plain, tuned, shipped = (
        json.loads(subprocess.run([*generate, *more], cwd=tmp_path, check=True, capture_output=True).stdout)
        for more in (["a", "--base", "plain"], ["b", "--base", "plain", "--program", "p.json"], ["c"])
    )
    for better, worse in ((tuned, plain), (shipped, plain)):
        assert better["dependent_steps_per_sample"] > worse["dependent_steps_per_sample"]
        assert better["lm_calls_per_step"] < worse["lm_calls_per_step"]


def test_the_help_names_every_optimizer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["compile", "--help"])
    shown = "".join(capsys.readouterr().out.split())  # lines are broken at hyphens, too
    assert [name for name in OPTIMIZERS if name not in shown] == []


@pytest.mark.slow
def test_a_tuning_that_a_limit_ended_resumes_with_a_larger_one(tmp_path: Path) -> None:
    small = (*SMALL, "--metric-calls", "40", "--quiet", "--json")
    path = tmp_path / "programs/gepa-0.json"
    assert json.loads(compile_(tmp_path, *small, "--lm-calls", "60").stdout)["stopped"]
    assert path.with_suffix(".journal").exists()
    again = json.loads(compile_(tmp_path, *small, "--resume", "-o", "programs/gepa-0.json").stdout)
    assert again["stopped"] == ""
    assert not path.with_suffix(".journal").exists()
    assert program(path)["compiled"]["optimizer"]["stopped"] == ""
    whole = json.loads(compile_(tmp_path, *small, "-o", "whole.json").stdout)
    assert whole["program"] == "whole.json"
    assert program(tmp_path / "whole.json")["state"] == program(path)["state"]


@pytest.mark.slow
@pytest.mark.parametrize("roles", ["updater", "executor, proposer"])
def test_any_role_can_be_tuned_and_the_file_says_which(tmp_path: Path, roles: str) -> None:
    small = (*SMALL, "--metric-calls", "24", "--quiet", "--json", "-o", "p.json")
    compile_(tmp_path, *small, "--tune", roles, "--budget-usd", "none")
    saved = program(tmp_path / "p.json")
    assert set(saved["state"]) == {f"{role.strip()}.predict" for role in roles.split(",")}
    assert "usd" not in saved["compiled"]["optimizer"]["budget"]
    compile_(tmp_path, *small[:-1], "q.json", "--program", "p.json")
    child = program(tmp_path / "q.json")
    assert set(child["state"]) == {*saved["state"], "proposer.predict", "selector.predict"}
    if roles == "updater":
        assert child["state"]["updater.predict"] == saved["state"]["updater.predict"]


@pytest.mark.slow
def test_a_limit_that_binds_names_the_option_that_raises_it(tmp_path: Path) -> None:
    done = compile_(tmp_path, *SMALL, "--metric-calls", "40", "--lm-calls", "100", "--quiet")
    assert sum("--lm-calls" in line for line in done.stdout.splitlines()) == 1


@pytest.mark.slow
def test_an_interrupted_compile_names_the_options_that_resume_it(tmp_path: Path) -> None:
    arguments = [*SMALL, "--metric-calls", "60"]
    with subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        kept = tmp_path / "programs" / "gepa-0.journal-wal"
        while not kept.exists() or kept.stat().st_size < 20_000:  # until a session is kept
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "--resume -o programs/gepa-0.json" in rest
    assert "Traceback" not in rest
    resumed = compile_(tmp_path, *arguments, "--resume", "--json", "--quiet")
    assert json.loads(resumed.stdout)["program"] == "programs/gepa-0.json"


def test_a_compile_that_breaks_before_it_begins_says_nothing_of_resuming(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/x")
    monkeypatch.setenv("TOOLGRAD_API_BASE", "http://127.0.0.1:9")
    monkeypatch.setenv("TOOLGRAD_API_KEY", "x")
    with pytest.raises(SystemExit) as ended:
        main(["compile", *SMALL, "-o", "p.json", "--quiet"])
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--resume" not in line
    assert list(tmp_path.glob("p.*")) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-o", "there.json"], "program_exists"),
        (["-o", "begun.json"], "interrupted_tuning"),
        (["-o", "new.json", "--resume"], "nothing_to_resume"),
        (["-o", "new.json", "--optimizer", "gepaa"], "unknown_optimizer"),
        (["-o", "new.json", "--budget-usd", "much"], "invalid_value"),
        (["-o", "new.json", "--budget-usd", "0"], "invalid_value"),
        (["-o", "new.json", "--budget-usd", "nan"], "invalid_value"),
        (["-o", "new.json", "--tune", "proposer,judge"], "unknown_role"),
        (["-o", "new.json", "--tune", ""], "unknown_role"),
    ],
)
def test_a_place_that_does_not_suit_is_a_usage_error(
    arguments: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("there.json", "begun.journal"):
        (tmp_path / name).touch()
    with pytest.raises(SystemExit) as ended:
        main(["compile", *arguments, "--quiet"])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"[{code}]")


@pytest.mark.slow
def test_tuning_on_a_recording_runs_no_tool_and_a_recording_of_other_tasks_is_refused(tmp_path: Path) -> None:
    small = ("--validation", "4", "--test", "4", "--iterations", "3", "--metric-calls", "20", "--json")
    outcomes = [
        compile_(tmp_path, "--train", "4", *small, "--record", "states.jsonl", "-o", name)
        for name in ("a.json", "b.json")
    ]
    assert ["states.jsonl" in outcome.stderr for outcome in outcomes] == [True, False]
    for outcome in outcomes:
        assert json.loads(outcome.stdout)["costs"]["tuning"]["tool_calls"] == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        compile_(tmp_path, "--train", "5", *small, "--record", "states.jsonl", "-o", "c.json")
    assert refused.value.returncode == 2
    assert "states.jsonl" in refused.value.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "b.json", "states.jsonl"}
