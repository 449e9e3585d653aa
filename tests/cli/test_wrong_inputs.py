"""Whatever is given in the place of a file or a folder: one line with a code, no traceback, no hang, no waste."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from toolgrad_dspy.cli.app import app
from toolgrad_dspy.errors import ToolGradError

RUN = [sys.executable, "-m", "toolgrad_dspy"]
# What can stand in the place of an input; none of it is one.
INPUTS = {
    "missing": "missing",
    "folder": "folder",
    "empty": "empty",
    "garbage": "garbage",
    "binary": "binary",
    "nul": "nul",
    "fifo": "fifo",
    "endless": "/dev/zero",
    "long": "x" * 5000,
    "deep": "a/" * 3000 + "b",
    "odd": "ü\u202e\x1b[2J",
}
COMMANDS = {
    "show": ["show", "{}"],
    "show --prompts": ["show", "{}", "--prompts"],
    "stats": ["stats", "{}"],
    "verify": ["verify", "{}"],
    "export": ["export", "{}", "-o", "out"],
    "generate --tools": ["generate", "-n", "1", "-o", "r", "--tools", "{}"],
    "generate --config": ["generate", "-n", "1", "-o", "r", "--config", "{}"],
    "generate --program": ["generate", "-n", "1", "-o", "r", "--program", "{}"],
    "generate --from": ["generate", "-n", "1", "--dry-run", "--from", "{}"],
    "config show": ["config", "show", "--config", "{}"],
    "tools list": ["tools", "list", "--tools", "{}"],
    "tools show": ["tools", "show", "{}"],
    "programs list": ["programs", "list", "{}"],
    "programs show": ["programs", "show", "{}"],
    "programs diff": ["programs", "diff", "{}", "base"],
    "doctor --config": ["doctor", "--config", "{}"],
    "compile --program": ["compile", "-o", "p.json", "--program", "{}"],
    "compile --record": ["compile", "-o", "p.json", "--record", "{}"],
    "sweep --space": ["sweep", "--space", "{}"],
}
# What is no mistake: an empty configuration, a folder without programs, a place for a new recording.
FINE = {
    *(
        (command, kind)
        for command in ("generate --config", "config show", "doctor --config")
        for kind in ("empty", "fifo")
    ),
    ("programs list", "folder"),
    ("compile --record", "missing"),
    ("compile --record", "odd"),
}
CASES = [(command, kind) for command in COMMANDS for kind in INPUTS if (command, kind) not in FINE]


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "garbage").write_text("{garbage: [\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "nul").write_bytes(b"a\0b")
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(("command", "kind"), CASES, ids=lambda value: value)
def test_it_is_one_line_with_a_code(inputs: Path, command: str, kind: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = CliRunner().invoke(app, [part.format(INPUTS[kind]) for part in COMMANDS[command]])
    assert done.exit_code != 0
    assert isinstance(done.exception, ToolGradError), done.exception
    assert done.exception.line.endswith("]"), "the code"
    assert "\n" not in done.exception.line
    assert done.exception.exit_code in (1, 2)
    assert done.stdout == ""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000, "KB"
    assert not [name for name in ("r/run.db", "out/manifest.json", "p.json") if (inputs / name).exists()]


def run(folder: Path, *arguments: str, shell: str = "", code: int = 2) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; ``shell`` goes behind it."""
    command = ["bash", "-c", f'"$@" {shell}', "bash", *RUN, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize(
    "option",
    [
        ["-n", "0"],
        ["-n", "-3"],
        ["-n", "x"],
        ["-n", "9" * 400],
        ["-n", "1", "--seed", "-1"],
        ["-n", "1", "--max-usd", "nan"],
        ["-n", "1", "--max-usd", "-1"],
        ["-n", "1", "--max-tokens", "1e9"],
        ["-n", "1", "--wait", "inf"],
        ["-n", "1", "--grace", "-1"],
        ["-n", "1", "--unique", "2"],
        ["-n", "1", "--iterations", "1000"],
        ["-n", "1", "--mend", "\x1b[2J"],
        ["-n", "1", "--log-level", "loud"],
        ["-n", "1", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_a_value_out_of_its_range_is_told_in_a_few_lines(tmp_path: Path, option: list[str]) -> None:
    told = run(tmp_path, "generate", "-o", "r", *option).stderr
    assert told.splitlines()[-1].startswith("Error: ")
    assert len(told) < 2000
    assert not (tmp_path / "r").exists()


def test_a_very_long_name_is_cut_and_its_code_is_still_there(tmp_path: Path) -> None:
    told = run(tmp_path, "show", "y" * 60_000, code=1).stderr
    assert len(told) < 4100
    assert told.startswith("toolgrad-dspy: yyy")
    assert told.endswith("File name too long [file_system]\n")


@pytest.mark.slow
def test_closed_streams_end_no_command(tmp_path: Path) -> None:
    run(tmp_path, "generate", "-n", "1", "--iterations", "1", "-o", "r", shell="<&- >&- 2>&-", code=0)
    assert (tmp_path / "r/samples.jsonl").stat().st_size
    for command in (["show", "r", "0"], ["stats", "r"], ["tools", "list"], ["generate", "--preview", "-n", "1"]):
        run(tmp_path, *command, shell="<&- >&-", code=0)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null/r", "/dev/null"])
@pytest.mark.parametrize(
    "command",
    [
        ["generate", "-n", "1", "--iterations", "1", "--quiet", "-o"],
        ["compile", "--quiet", "-o"],
        ["sweep", "--quiet", "-o"],
        ["export", "r", "-o"],
    ],
    ids=lambda command: command[0],
)
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, command: list[str], place: str) -> None:
    if command[0] == "export":
        run(tmp_path, "generate", "-n", "1", "--iterations", "1", "--quiet", "-o", "r", code=0)
    done = subprocess.run([*RUN, *command, place], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    told = [line for line in done.stderr.splitlines() if not line.startswith("model: rehearsal")]
    assert done.returncode in (1, 2)
    assert len(told) == 1
    assert told[0].startswith("toolgrad-dspy: ")
    assert told[0].endswith("]")
