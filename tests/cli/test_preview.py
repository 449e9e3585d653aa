"""``generate --preview``: samples on standard output, and nothing on disk."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support import command


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """As the shared one, with a temporary folder that is looked at."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return command.run(folder, *arguments, code=code, env={"TMPDIR": str(scratch)})


def test_three_samples_are_shown_as_show_shows_them_and_nothing_is_left(tmp_path: Path) -> None:
    shown = run(tmp_path, "generate", "--preview", "--iterations", "2", "--quiet").stdout
    assert [path for path in tmp_path.rglob("*") if path.name != "scratch" and ".cache" not in path.parts] == []
    run(tmp_path, "generate", "-n", "3", "--iterations", "2", "--quiet", "-o", "r")
    for index in range(3):
        sample = run(tmp_path, "show", "r", str(index), "--sample").stdout
        assert f"session {index} (seed 0): accepted\n" in shown
        assert sample in shown


@pytest.mark.slow
def test_as_json_it_is_a_line_for_each_session_with_the_sample_that_a_run_has(tmp_path: Path) -> None:
    options = ("--seed", "4", "--iterations", "2", "--quiet")
    done = run(tmp_path, "generate", "--preview", "-n", "2", "--json", *options)
    sessions = [json.loads(line) for line in done.stdout.splitlines()]
    run(tmp_path, "generate", "-n", "2", "-o", "r", *options)
    stored = [json.loads(line) for line in (tmp_path / "r/samples.jsonl").read_text().splitlines()]
    assert [session["sample"] for session in sessions] == stored
    assert {session["status"] for session in sessions} == {"accepted"}


def test_a_budget_ends_it_after_the_samples_that_it_paid_for(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        *(
            "generate",
            "--preview",
            "-n",
            "40",
            "--max-tool-calls",
            "25",
            "--max-concurrency",
            "1",
            "--iterations",
            "2",
        ),
        code=1,
    )
    assert 1 <= done.stdout.count("query: ") < 40
    assert done.stderr.endswith("raise --max-tool-calls [budget_spent]\n")


def test_alike_samples_are_rejected_as_in_a_run(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text('def ping() -> str:\n    """Ping the machine."""\n    return "pong 7"\n')
    options = ("-n", "3", "--unique", "0", "--tools", "tools.py", "--iterations", "1", "--quiet", "--json")
    done = run(tmp_path, "generate", "--preview", *options)
    sessions = [json.loads(line) for line in done.stdout.splitlines()]
    assert [session["status"] for session in sessions] == ["accepted", "rejected", "rejected"]
    assert all(session["reason"].startswith("duplicate: ") for session in sessions[1:])


@pytest.mark.parametrize("options", [["--dry-run"], ["-o", "r"], ["--retry-failed"]])
def test_options_about_what_is_stored_are_refused(tmp_path: Path, options: list[str]) -> None:
    done = run(tmp_path, "generate", "--preview", *options, code=2)
    assert done.stderr.endswith("[preview_stores_nothing]\n")
    assert options[0] in done.stderr


def test_without_it_the_number_of_sessions_is_asked_for(tmp_path: Path) -> None:
    said = run(tmp_path, "generate", code=2).stderr
    assert "Usage:" in said
    assert "say how many sessions to run, as in -n 20" in said


@pytest.mark.slow
def test_an_interrupted_one_shows_what_there_is(tmp_path: Path) -> None:
    preview = [*command.RUN, "generate", "--preview", "-n", "5000", "--iterations", "1", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(preview, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stderr is not None
        assert next(line for line in process.stderr if "sessions, " in line)
        process.send_signal(signal.SIGINT)
        shown, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped: " in told
    assert all(json.loads(line)["status"] for line in shown.splitlines())
