"""The real command in a folder of its own, as the benchmarks of faults start, disturb and resume it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.model_servers import ModelServer

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ROOT / "tests/support/servers/rooms.py"

ITERATIONS = "3"
# Of the server's answers, so that a run lasts long enough to be disturbed.
LATENCY = 0.1
MARK = "FAULTS_MARK"
"""The variable by which a run's tool servers are found again."""


class Run:
    """The command on the model at ``server``, and on the tools of the file ``tools``."""

    def __init__(self, folder: Path, server: ModelServer, sessions: int, *options: str, tools: bool = False) -> None:
        self.folder = folder
        self.scratch = folder.with_name(f"{folder.name}-tmp")
        self.scratch.mkdir(exist_ok=True)
        self.command = [sys.executable, "-m", "toolgrad_dspy.generate", "-n", str(sessions), "-o", str(folder)]
        self.command += ["--iterations", ITERATIONS, "--mini-batch", "12", *options]
        if tools:
            self.command += ["--tools", str(self._servers())]
        keep = {name: value for name, value in os.environ.items() if not name.startswith("TOOLGRAD_")}
        self.environ: Mapping[str, str] = keep | {
            "TOOLGRAD_MODEL": server.model,
            "TOOLGRAD_API_BASE": server.url,
            "TOOLGRAD_API_KEY": "none",
            "TOOLGRAD_TIMEOUT": "5",
            "TMPDIR": str(self.scratch),
            "PYTHONPATH": str(ROOT),
        }

    def _servers(self) -> Path:
        """A servers file with a server that every session has for itself, with a copy of a folder."""
        notes = self.folder.with_name(f"{self.folder.name}-notes")
        notes.mkdir(exist_ok=True)
        (notes / "note.txt").write_text("Water the plants.", encoding="utf-8")
        # With a child of its own, which does not end with the server.
        entry = {
            "command": "sh",
            "args": [
                "-c",
                'sleep 3600 & exec "$0" "$1"',
                sys.executable,
                str(ROOT / "tests/support/servers/rooms.py"),
            ],
            "env": {MARK: str(self.folder)},
            "workspace": str(notes),
            "public": [MARK],
        }
        path = self.folder.with_name(f"{self.folder.name}.json")
        path.write_text(json.dumps({"mcpServers": {"rooms": entry}}), encoding="utf-8")
        return path

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
            preexec_fn=_default_signals,
        )

    def finish(self) -> tuple[int, str]:
        """The exit code and the last line of messages."""
        process = self.start()
        _, said = process.communicate()
        return process.returncode, (said.strip().splitlines() or [""])[-1]

    @property
    def samples(self) -> bytes:
        path = self.folder / "samples.jsonl"
        return path.read_bytes() if path.exists() else b""

    def figures(self) -> tuple[int, int, int]:
        """Sessions that are stored, those that are not accepted, and the tokens of the account."""
        with sqlite3.connect(self.folder / "run.db") as database:
            count, other = database.execute(
                "SELECT count(*), coalesce(sum(status <> 'accepted'), 0) FROM sessions"
            ).fetchone()
            (tokens,) = database.execute(
                "SELECT coalesce(sum(input_tokens + output_tokens), 0) FROM spent"
            ).fetchone()
        return count, other, tokens

    def left(self) -> tuple[int, int]:
        """The processes of its tool servers that still run, and the files and folders of scratch that are there."""
        mark, processes = f"{MARK}={self.folder}".encode(), 0
        for entry in Path("/proc").glob("[0-9]*/environ"):
            try:
                processes += mark in entry.read_bytes().split(b"\0")
            except OSError:
                continue
        return processes, sum(1 for path in self.scratch.rglob("*") if path.is_file())


def undisturbed(home: Path, sessions: int, *, tools: bool = False) -> bytes:
    """The samples of a run that nothing happens to; it is played once."""
    folder = home / f"undisturbed-{sessions}-{tools}"
    if not folder.exists():
        with ModelServer("openai", latency=LATENCY) as server:
            code, said = Run(folder, server, sessions, tools=tools).finish()
        if code:
            raise RuntimeError(f"the undisturbed run ended with {code}: {said}")
    return (folder / "samples.jsonl").read_bytes()


def _default_signals() -> None:
    # What runs in the background ignores SIGINT, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
