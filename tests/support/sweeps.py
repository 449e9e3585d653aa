"""The script ``benchmarks/sweep.py``, run in a folder, and the study it leaves."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"

# Trials of a second or less, without an optimizer.
SMALL = "iterations: {low: 1, high: 3}\nproposals: [1, 2]\nupdate: [last, each]\n"


class Sweep:
    """The script in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("space.yaml", SMALL)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(BENCHMARKS / "sweep.py"), "--space", "space.yaml", "-o", "out", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0, **environment: str) -> tuple[str, str]:
        """Standard output and standard error."""
        process = self.start(*arguments, **environment)
        out, said = process.communicate(timeout=300)
        assert process.returncode == code, said
        assert "Traceback" not in said
        assert "Warning" not in said
        return out, said

    def result(self, *arguments: str, **environment: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*arguments, "--json", **environment)[0])
        return found

    def study(self, name: str = "sweep") -> optuna.Study:
        return study_in(self.folder / "out/journal.log", name)


def study_in(journal: Path, name: str = "sweep") -> optuna.Study:
    """The study in a journal, read without a lock."""
    backend = JournalFileBackend(str(journal))
    return optuna.load_study(study_name=name, storage=optuna.storages.JournalStorage(backend))


def wait_for(what: str, condition: Any, process: "subprocess.Popen[str]", seconds: float = 90) -> Any:
    """The first true value of ``condition()``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {seconds} s")
