"""``toolgrad-dspy sweep``, run in a folder, and the study it leaves."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import optuna
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/sweep.py"
COMMAND = (sys.executable, "-m", "toolgrad_dspy", "sweep")

# Trials of a second or less, without an optimizer.
SMALL = "iterations: {low: 1, high: 3}\nproposals: [1, 2]\nupdate: [last, each]\n"
# Trials of some seconds, so that a worker can be killed in the middle of one.
LONG = "iterations: [7, 8]\nproposals: [4, 5]\n"

Value = TypeVar("Value")
Environment = Mapping[str, str]
NOTHING: Environment = {}


class SweepCommand:
    """The command in a folder of its own, with the results in ``out``."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        self.folder = folder
        self.output = folder / "out"
        self.journal = self.output / "journal.log"
        self.command = command
        self.write("space.yaml", SMALL)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, *arguments: str, environment: Environment = NOTHING) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.command, "--space", "space.yaml", "-o", "out", *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0, environment: Environment = NOTHING) -> tuple[str, str]:
        """Standard output and standard error."""
        process = self.start(*arguments, environment=environment)
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == code, stderr
        assert "Traceback" not in stderr, stderr
        assert "Warning" not in stderr
        return stdout, stderr

    def refusal(self, *arguments: str, code: int = 2, environment: Environment = NOTHING) -> str:
        """The one line that a command ends with which cannot go on."""
        _, stderr = self.run(*arguments, "--quiet", code=code, environment=environment)
        assert len(stderr.splitlines()) == 1
        return stderr

    def result(self, *arguments: str, environment: Environment = NOTHING) -> dict[str, Any]:
        """What ``--json`` prints."""
        result: dict[str, Any] = json.loads(self.run(*arguments, "--json", environment=environment)[0])
        return result

    def study(self, name: str = "sweep") -> optuna.Study:
        """The study in the journal, read without a lock."""
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(self.journal)))
        return optuna.load_study(study_name=name, storage=storage)

    def files(self) -> dict[str, bytes]:
        """The content of every file of the results."""
        return {path.name: path.read_bytes() for path in self.output.iterdir() if path.is_file()}


def under_way(trials: Sequence[FrozenTrial], workers: int) -> list[FrozenTrial]:
    """The trials of all ``workers`` if each of them is in the middle of one, else none."""
    running = [trial for trial in trials if trial.state == TrialState.RUNNING]
    return running if len(running) == workers and all("config" in trial.user_attrs for trial in running) else []


def shadowed(folder: Path, module: str) -> str:
    """A PYTHONPATH on which ``module`` cannot be imported."""
    blocked = folder / "blocked"
    blocked.mkdir()
    (blocked / f"{module}.py").write_text(f"raise ModuleNotFoundError('not here', name={module!r})\n")
    return os.pathsep.join(filter(None, (str(blocked), os.environ.get("PYTHONPATH"))))


def wait_for(
    what: str, condition: Callable[[], Value], process: "subprocess.Popen[str]", seconds: float = 90
) -> Value:
    """The first true value of ``condition()``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {seconds} s")
