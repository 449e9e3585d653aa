"""What ``show`` tells of a step: what it comes after because of state, and what of its result varies."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import JsonValue
from typer.testing import CliRunner, Result

from toolgrad_dspy.cli.app import app
from toolgrad_dspy.cli.output import say_json, say_json_list
from toolgrad_dspy.cli.show import sample_lines
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.records import Chain, Observation, Sample, Session, Step, Tool, ToolCall, Trace, Usage, Workflow
from toolgrad_dspy.runs import RunStore, StoredConfiguration

RUN = [sys.executable, "-m", "toolgrad_dspy"]


def test_state_dependence_and_volatile_leaves_are_shown_below_their_step() -> None:
    call, result = ToolCall(tool="info"), Observation(text="size 7, 10:00:00")
    steps = (
        Step(id="s1", call=call, observation=result),
        Step(id="s2", call=call, observation=result, after=("s1",), volatile=("",)),
        Step(id="s3", call=call, observation=result, volatile=("/at", "/took")),
    )
    workflow = Workflow(chains=(Chain(id="c1", steps=steps),))
    sample = Sample(id="0-0", seed=0, query="q", workflow=workflow, response="r", offered=())
    session = Session(
        index=0, seed=0, status="accepted", reason="", sample=sample, trace=Trace(), usage=Usage(roles={}), seconds=0
    )
    below = [line.strip() for line in sample_lines(session) if line.startswith("    ")]
    assert below == ["after s1: by state", "volatile: the whole result", "volatile: /at, /took"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one accepted session, two rejected ones that are alike, and a failed one."""
    base = tmp_path_factory.mktemp("statuses")
    (base / "tools.py").write_text('def ping() -> str:\n    """Ping the machine."""\n    return "pong 7"\n')
    options = ["-n", "3", "--unique", "0", "--tools", "tools.py", "--iterations", "1", "--quiet", "-o", "r"]
    subprocess.run([*RUN, "generate", *options], cwd=base, check=True, capture_output=True)
    with RunStore.create_or_resume(base / "r", _config(base / "r"), _tools(base / "r")) as store:
        failed = {"index": 3, "status": "failed", "reason": "no_steps: nothing", "sample": None}
        store.save(store.session(0).model_copy(update=failed))
    return base / "r"


def _config(run: Path) -> StoredConfiguration:
    with RunStore.open(run) as store:
        return store.config()


def _tools(run: Path) -> list[Tool]:
    with RunStore.open(run) as store:
        return store.tools()


def show(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["show", str(folder), *arguments])


@pytest.mark.parametrize(
    ("options", "indices"),
    [
        (["--status", "rejected"], [1, 2]),
        (["--status", "rejected,failed"], [1, 2, 3]),
        (["--status", "failed", "--status", "accepted"], [0, 3]),
        (["--status", "rejected, failed", "--limit", "2"], [1, 2]),
        (["--status", "salvaged"], []),
    ],
)
def test_sessions_of_several_statuses_are_shown_in_order(
    folder: Path, options: list[str], indices: list[int]
) -> None:
    data = json.loads(show(folder, *options, "--json").stdout)
    assert [session["index"] for session in data] == indices
    shown = [line for line in show(folder, *options).stdout.splitlines() if line.startswith("session ")]
    assert [int(line.split()[1]) for line in shown] == indices
    assert len(json.loads(show(folder, *options, "--json", "--sample").stdout)) == len(indices)


@pytest.mark.parametrize("status", ["rejekted", "rejected,", "", "rejected failed", "\x1b[2J", "x" * 100_000])
def test_an_unknown_status_is_one_line_that_lists_the_statuses(folder: Path, status: str) -> None:
    error = show(folder, "--status", status).exception
    assert isinstance(error, UsageError)
    assert error.code == "unknown_status"
    assert "accepted, rejected, failed, salvaged" in error.line
    assert len(error.line) < 200


def test_a_list_of_json_is_the_same_whether_it_is_written_piece_by_piece_or_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lists: list[list[JsonValue]] = [[], [{}], [{"a": [1, {"b": "x\ny\x1b"}]}, None, []]]
    for values in lists:
        say_json(values)
        whole = capsys.readouterr().out
        say_json_list(values)
        assert capsys.readouterr().out == whole
