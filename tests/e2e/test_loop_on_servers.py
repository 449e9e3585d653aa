"""The whole loop on published MCP servers, with write tools on copies of a folder, through the command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import RunStore

pytestmark = pytest.mark.slow


def generate(folder: Path, servers: dict[str, Any], sessions: int = 4) -> list[Session]:
    """Generate against ``servers``; all sessions of the run."""
    (folder / "servers.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    command = [sys.executable, "-m", "toolgrad_dspy.generate", "-n", str(sessions), "-o", "run", "--quiet"]
    done = subprocess.run(
        [*command, "--tools", "servers.json", "--max-concurrency", "2", "--iterations", "5"],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with RunStore.open(folder / "run") as store:
        return list(store.sessions())


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "recipes").mkdir(parents=True)
    (folder / "shopping.txt").write_text("flour\nbutter\n", encoding="utf-8")
    (folder / "recipes" / "bread.md").write_text("# Bread\nMix, wait, bake.\n", encoding="utf-8")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_samples_on_a_filesystem_server_use_write_tools_and_leave_the_folder_alone(
    npm_bin: Path, notes: Path, tmp_path: Path
) -> None:
    before = content(notes)
    server = {
        "command": str(npm_bin / "mcp-server-filesystem"),
        "args": ["${WORKSPACE}"],
        "workspace": "notes",
    }
    sessions = generate(tmp_path, {"files": server}, 6)
    accepted = [session for session in sessions if session.status == "accepted"]
    assert len(accepted) >= 5, [session.reason for session in sessions]
    with RunStore.open(tmp_path / "run") as store:
        writing = {tool.name for tool in store.tools() if tool.writes}
    assert writing
    called = {a.call.tool for s in sessions for i in s.trace.iterations for r in i.reports for a in r.attempts}
    assert called & writing
    samples = [session.sample.workflow.steps for session in accepted if session.sample]
    # Its times differ from copy to copy, and nothing else of it.
    assert "get_file_info" in {step.call.tool for steps in samples for step in steps}
    for steps in samples:
        calls = [step.call for step in steps]
        assert all(calls.count(call) == 1 for call in calls)
    assert content(notes) == before
    assert str(tmp_path) not in "".join(session.model_dump_json() for session in sessions)


def test_samples_on_a_memory_server_start_from_an_empty_graph_each(npm_bin: Path, tmp_path: Path) -> None:
    server = {
        "command": str(npm_bin / "mcp-server-memory"),
        "env": {"MEMORY_FILE_PATH": "${WORKSPACE}/memory.jsonl"},
        "isolation": "session",
    }
    sessions = generate(tmp_path, {"memory": server})
    assert [session.status for session in sessions] == ["accepted"] * 4, [session.reason for session in sessions]


def test_a_server_whose_path_nobody_knows_fails_as_data_beside_one_that_works(
    python_bin: Path, notes: Path, tmp_path: Path
) -> None:
    """The git server wants the repository's path in every call, and none of its tools returns that path."""
    if shutil.which("git") is None:
        pytest.skip("git is needed for this server")
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "First"]):
        subprocess.run(["git", "-C", str(notes), *arguments], check=True, capture_output=True)
    servers = {
        "git": {
            "command": str(python_bin / "mcp-server-git"),
            "args": ["--repository", "${WORKSPACE}"],
            "workspace": "notes",
        },
        "time": {"command": str(python_bin / "mcp-server-time"), "allow_writes": True},
    }
    sessions = generate(tmp_path, servers)
    steps = [step for session in sessions if session.sample for step in session.sample.workflow.steps]
    assert {step.call.tool for step in steps} <= {"get_current_time", "convert_time"}
    attempts = [a for s in sessions for i in s.trace.iterations for r in i.reports for a in r.attempts]
    failed = [attempt for attempt in attempts if attempt.call.tool.startswith("git_")]
    assert failed
    assert all(attempt.verdict.outcome == "failed" and attempt.verdict.reason for attempt in failed)
