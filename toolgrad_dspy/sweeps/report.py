"""What a sweep leaves: a table of the Pareto set, and the best settings as a configuration file."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna import Study
from optuna.trial import FrozenTrial, TrialState
from pydantic import JsonValue

from toolgrad_dspy.cli.output import table
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import atomic_writer
from toolgrad_dspy.sweeps import lifecycle as trials
from toolgrad_dspy.sweeps.space import NO_OPTIMIZER, Space
from toolgrad_dspy.sweeps.study import UNITS, Plan
from toolgrad_dspy.sweeps.trial_configuration import text
from toolgrad_dspy.sweeps.trial_run import cost_text

# The first words of a best.yaml, by which another study's is told from one's own.
_MARK = "# Made by benchmarks/sweep.py, study"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A study's trials as far as they have come. ``front`` is ordered by quality, the best first."""

    study: Study
    plan: Plan
    space: Space
    front: tuple[FrozenTrial, ...]

    @property
    def best(self) -> FrozenTrial | None:
        """Of the best quality; of several the cheapest."""
        return self.front[0] if self.front else None

    def count(self, *states: TrialState) -> int:
        """Trials that count, in one of ``states``."""
        return sum(trial.state in states for trial in trials.finished(self.study))


def outcome(study: Study, plan: Plan, space: Space) -> Outcome:
    """The trials that no other beats in quality and cost; with one objective, those of the best quality.

    A trial without an accepted sample is never among them.
    """
    front = [trial for trial in study.best_trials if trial.user_attrs["accepted"]] if _scored(study) else []
    return Outcome(study, plan, space, tuple(sorted(front, key=lambda one: (-quality(one), cost(one), one.number))))


def _scored(study: Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def quality(trial: FrozenTrial) -> float:
    assert trial.values is not None
    return float(trial.values[0])


def cost(trial: FrozenTrial) -> float:
    return float(trial.user_attrs["cost"])


def is_dominated(trial: FrozenTrial, others: Sequence[FrozenTrial]) -> bool:
    """Whether one of ``others`` with an accepted sample is no worse in both objectives and better in one."""
    mine = (-quality(trial), cost(trial))
    points = [(-quality(one), cost(one)) for one in others if one.user_attrs["accepted"]]
    return any(point != mine and point[0] <= mine[0] and point[1] <= mine[1] for point in points)


def lines(found: Outcome) -> list[str]:
    """For reading: the Pareto set, or the best trial."""
    searched = found.space.searched
    rows = [
        (trial.number, quality(trial), _cost(cost(trial), found.plan), _accepted(trial), *_shown(trial, searched))
        for trial in found.front
    ]
    per_sample = f"{found.plan.unit}/sample"
    named = "best trials" if found.plan.single else "Pareto set"
    return [
        f"{named}: {len(found.front)} of {found.count(TrialState.COMPLETE)} complete trials, "
        f"{found.count(TrialState.PRUNED)} ended early, {found.count(TrialState.FAIL)} failed",
        table(("trial", "quality", per_sample, "accepted", *searched), rows),
    ]


def _cost(value: float, plan: Plan) -> str:
    return f"{value:.6f}" if plan.unit == "usd" else f"{value:.0f}"


def _accepted(trial: FrozenTrial) -> str:
    return f"{trial.user_attrs['accepted']}/{trial.user_attrs['sessions']}"


def _shown(trial: FrozenTrial, searched: Sequence[str]) -> list[object]:
    values = [trial.params.get(name) for name in searched]
    return [f"{value:g}" if isinstance(value, float) else value for value in values]


def data(found: Outcome) -> dict[str, JsonValue]:
    """As data."""
    best = found.best
    return {
        "objectives": ["quality"] if found.plan.single else ["quality", "cost"],
        "unit": found.plan.unit,
        "trials": {
            "complete": found.count(TrialState.COMPLETE),
            "pruned": found.count(TrialState.PRUNED),
            "failed": found.count(TrialState.FAIL),
        },
        "front": [_trial(trial) for trial in found.front],
        "best": None if best is None else best.number,
    }


def _trial(trial: FrozenTrial) -> JsonValue:
    shown: dict[str, Any] = {
        "trial": trial.number,
        "quality": quality(trial),
        "cost": cost(trial),
        "accepted": trial.user_attrs["accepted"],
        "sessions": trial.user_attrs["sessions"],
        "settings": dict(trial.params),
    }
    return shown


def check_free(folder: Path, digest: str, name: str) -> None:
    """Raise UsageError if ``folder`` has the results of another study."""
    path = folder / "best.yaml"
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_mark(name, digest)):
        raise UsageError(f"{path} is there and not of this study; choose another folder with -o")


def save_best(found: Outcome, folder: Path, programs: Path, digest: str) -> tuple[Path, ...]:
    """Write the best settings, and the program that the trial tuned if it tuned one: the files."""
    best = found.best
    if best is None:
        return ()
    tuner = _tuner(best, found.space)
    path, program = folder / "best.yaml", folder / "best.json"
    kept = programs / f"trial-{best.number}.json"
    notes = [
        f"{_mark(found.study.study_name, digest)}, trial {best.number} of {len(trials.finished(found.study))}.",
        f"# quality {quality(best):.4f} (mean score of {best.user_attrs['sessions']} sessions), "
        f"{cost_text(cost(best), found.plan.unit)} per accepted sample, {_accepted(best)} accepted",
    ]
    if tuner != NO_OPTIMIZER:
        if kept.exists():
            shutil.copyfile(kept, program)
            notes.append(f"# Tuned by {tuner}. Its program goes with it: --config {path} --program {program}")
        else:
            notes.append(f"# Tuned by {tuner}. Its program is on the machine that ran the trial, as {kept}")
    with atomic_writer(path) as file:
        file.write("\n".join(notes) + "\n" + text(best.user_attrs["config"]))
    if tuner == NO_OPTIMIZER or not kept.exists():
        program.unlink(missing_ok=True)
        return (path,)
    return path, program


def _tuner(trial: FrozenTrial, space: Space) -> str:
    one = space.get("optimizer")
    fixed = one.corners[0] if one else NO_OPTIMIZER
    return str(trial.params.get("optimizer", fixed))


def _mark(name: str, digest: str) -> str:
    return f"{_MARK} {name} ({digest})"


def axis(plan: Plan) -> str:
    """The name of the cost axis."""
    return f"{UNITS[plan.unit]} per accepted sample"
