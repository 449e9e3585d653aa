"""``toolgrad-dspy sweep`` from the source tree, and whether a sweep meets its numbers.

    python benchmarks/sweep.py --trials 30 --workers 2 -o sweeps/first
    python benchmarks/sweep.py --numbers

With --numbers, 30 trials run with 2 workers in a temporary folder, and the numbers are printed; the exit code is 0 if
all are met, else 1. They are those of the rehearsal model, whatever the environment says. The other options are those
of the command; with --numbers, all but --single.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import optuna
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from toolgrad_dspy.cli import main
from toolgrad_dspy.sweeps.lifecycle import finished

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.checks import Checks

# The numbers of a sweep: seconds for so many trials with so many workers.
SECONDS, TRIALS, WORKERS = 180, 30, 2


def numbers(options: list[str]) -> NoReturn:
    """Run a sweep as a command with ``options``, and print whether its numbers are met."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "sweep"
        fixed = ["--trials", str(TRIALS), "--workers", str(WORKERS), "--study", "sweep", "-o", str(output)]
        journal = output / "journal.log"
        command = [sys.executable, "-m", "toolgrad_dspy", "sweep", *options, *fixed, "--storage", str(journal)]
        started = time.perf_counter()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TOOLGRAD_")}
        done = subprocess.run([*command, "--json"], env=environment, stdout=subprocess.PIPE, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            # What is wrong stands above: the command's errors are passed on.
            sys.exit(done.returncode)
        front = {trial["trial"] for trial in json.loads(done.stdout)["front"]}
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
        ended = finished(optuna.load_study(study_name="sweep", storage=storage))
    accepted = [trial for trial in ended if trial.state == TrialState.COMPLETE and trial.user_attrs["accepted"]]
    undominated = {trial.number for trial in accepted if not is_dominated(trial, accepted)}
    check = Checks()
    check(f"wall seconds of {TRIALS} trials with {WORKERS} workers", seconds, "<=", SECONDS)
    check("dominated trials on the front", len(front - undominated), "==", 0)
    check("trials that belong on the front and are not there", len(undominated - front), "==", 0)
    check("trials lost or made twice", abs(len(ended) - TRIALS), "==", 0)
    check.end()


def is_dominated(trial: FrozenTrial, others: list[FrozenTrial]) -> bool:
    """Whether one of ``others`` is no worse in quality and cost, and better in one of them."""
    quality, cost = trial.values
    points = [tuple(other.values) for other in others]
    return any(point != (quality, cost) and point[0] >= quality and point[1] <= cost for point in points)


def run(arguments: list[str]) -> None:
    """The command, or the numbers."""
    if "--numbers" not in arguments:
        main(["sweep", *arguments])
    try:
        if "--single" in arguments:
            sys.exit("--numbers are those of a sweep for quality and cost: leave out --single")
        numbers([argument for argument in arguments if argument != "--numbers"])
    except KeyboardInterrupt:  # the command has said so
        sys.exit(130)


if __name__ == "__main__":
    run(sys.argv[1:])
