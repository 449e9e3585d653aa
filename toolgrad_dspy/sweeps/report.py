"""What a sweep leaves: the best trials, and the best settings as a configuration file."""

from dataclasses import dataclass
from pathlib import Path

from optuna import Study
from optuna.trial import FrozenTrial, TrialState
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import atomic_writer
from toolgrad_dspy.sweeps.lifecycle import FAILURE, finished
from toolgrad_dspy.sweeps.space import NO_OPTIMIZER, SearchSpace
from toolgrad_dspy.sweeps.study import UNITS, StudyPlan
from toolgrad_dspy.sweeps.trial_configuration import as_yaml
from toolgrad_dspy.sweeps.trial_run import cost_text

# The first words of a best.yaml, which tell one study's from another's. The second are those of files written before
# sweeps were a command.
_MARKS = ("# Made by toolgrad-dspy sweep, study", "# Made by benchmarks/sweep.py, study")


@dataclass(frozen=True, slots=True)
class SweepOutcome:
    """A study's trials as far as they have come. ``front`` is ordered by quality, the best first.

    With two objectives it is the Pareto set: the trials that no other one beats in both. With one objective it has
    the trials of the best quality. A trial without an accepted sample is never in it.
    """

    study: Study
    plan: StudyPlan
    space: SearchSpace
    front: tuple[FrozenTrial, ...]

    @classmethod
    def of(cls, study: Study, plan: StudyPlan, space: SearchSpace) -> "SweepOutcome":
        """The outcome of ``study`` so far."""
        # Optuna raises for the best trials of a study without a complete one.
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        best = [trial for trial in study.best_trials if trial.user_attrs["accepted"]] if complete else []
        return cls(
            study, plan, space, tuple(sorted(best, key=lambda trial: (-quality(trial), cost(trial), trial.number)))
        )

    @property
    def best(self) -> FrozenTrial | None:
        """The trial of the best quality; of several the cheapest."""
        return self.front[0] if self.front else None

    @property
    def first_failure(self) -> str | None:
        """Why the first trial that failed by its own settings did so; None if none did."""
        failures = (trial.user_attrs.get(FAILURE) for trial in self.study.get_trials(deepcopy=False))
        return next((str(failure) for failure in failures if failure), None)

    def count(self, state: TrialState) -> int:
        """The trials in ``state``, of those that count as asked for."""
        return sum(trial.state == state for trial in finished(self.study))

    def data(self) -> dict[str, JsonValue]:
        """The outcome as JSON."""
        return {
            "objectives": ["quality"] if self.plan.single else ["quality", "cost"],
            "unit": self.plan.unit,
            "trials": {
                "complete": self.count(TrialState.COMPLETE),
                "pruned": self.count(TrialState.PRUNED),
                "failed": self.count(TrialState.FAIL),
            },
            "front": [_trial(trial) for trial in self.front],
            "best": None if self.best is None else self.best.number,
        }


def quality(trial: FrozenTrial) -> float:
    """A complete trial's mean score, in [0, 1]."""
    assert trial.values is not None
    return float(trial.values[0])


def cost(trial: FrozenTrial) -> float:
    """A complete trial's cost per accepted sample, in the study's unit."""
    return float(trial.user_attrs["cost"])


def accepted(trial: FrozenTrial) -> str:
    """``14/16``: a complete trial's accepted samples, of its sessions."""
    return f"{trial.user_attrs['accepted']}/{trial.user_attrs['sessions']}"


def _trial(trial: FrozenTrial) -> JsonValue:
    return {
        "trial": trial.number,
        "quality": quality(trial),
        "cost": cost(trial),
        "accepted": trial.user_attrs["accepted"],
        "sessions": trial.user_attrs["sessions"],
        "settings": dict(trial.params),
    }


def check_free(folder: Path, digest: str, name: str) -> None:
    """Raise UsageError if ``folder`` has the results of another study."""
    path = folder / "best.yaml"
    if not path.exists():
        return
    start = path.read_text(encoding="utf-8", errors="replace")
    if not start.startswith(tuple(_mark(words, name, digest) for words in _MARKS)):
        raise UsageError(
            f"{path} exists and is not of this study; choose another folder with -o", code="results_of_another_study"
        )


def save_best(outcome: SweepOutcome, folder: Path, programs: Path) -> tuple[Path, ...]:
    """Write the best settings, and the program if the trial tuned one. Returns the files."""
    best = outcome.best
    if best is None:
        return ()
    tuner = _tuner(best, outcome.space)
    path, program = folder / "best.yaml", folder / "best.json"
    kept = programs / f"trial-{best.number}.json"
    notes = [
        f"{_mark(_MARKS[0], outcome.study.study_name, outcome.plan.digest)}, "
        f"trial {best.number} of {len(finished(outcome.study))}.",
        f"# quality {quality(best):.4f} (mean score of {best.user_attrs['sessions']} sessions), "
        f"{cost_text(cost(best), outcome.plan.unit)} per accepted sample, {accepted(best)} accepted",
    ]
    has_program = tuner != NO_OPTIMIZER and kept.exists()
    if has_program:
        with atomic_writer(program) as copy:
            copy.write(kept.read_text(encoding="utf-8"))
        notes.append(f"# Tuned by {tuner}. Use it with its program: --config {path} --program {program}")
    elif tuner != NO_OPTIMIZER:
        # Its worker ran on another machine, with a folder of its own.
        notes.append(f"# Tuned by {tuner}. Its program is on the machine that ran the trial, as {kept}")
    with atomic_writer(path) as file:
        file.write("\n".join(notes) + "\n" + as_yaml(best.user_attrs["config"]))
    if has_program:
        return path, program
    # One that an earlier best trial left does not go with these settings.
    program.unlink(missing_ok=True)
    return (path,)


def _tuner(trial: FrozenTrial, space: SearchSpace) -> str:
    # A single choice is the same in all trials and not among a trial's own parameters.
    dimension = space.get("optimizer")
    fixed = dimension.corners[0] if dimension else NO_OPTIMIZER
    return str(trial.params.get("optimizer", fixed))


def _mark(words: str, name: str, digest: str) -> str:
    return f"{words} {name} ({digest})"


def cost_axis(plan: StudyPlan) -> str:
    """What the cost of a trial is, for a plot."""
    return f"{UNITS[plan.unit]} per accepted sample"
