"""The study of a sweep: made once, with the known settings queued, and opened again only for the same sweep."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import optuna
from optuna import Study
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.storages import BaseStorage
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.sweeps.dimensions import Label
from toolgrad_dspy.sweeps.sampler import SeededSampler

Unit = Literal["usd", "tokens"]
UNITS: Mapping[Unit, str] = {"usd": "US dollars", "tokens": "tokens"}

# The attributes in which a study describes itself.
PLAN, DIGEST = "plan", "digest"
# Trials that always run to the end, so that there is something to compare the others with.
UNPRUNED = 4
# Seconds for another process to describe the study that it has just made.
PATIENCE = 10


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What two trials must have in common to be comparable.

    ``models`` are the environment's, which a trial's settings are added to. The fields are stored and digested under
    these names: with other names, studies begun earlier could not be continued.
    """

    space: Mapping[str, JsonValue]
    single: bool
    unit: Unit
    sessions: int
    tuning: Mapping[str, int]
    models: Mapping[str, JsonValue]
    tools: JsonValue
    seed: int

    @property
    def text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def study_exists(storage: BaseStorage, name: str, plan: StudyPlan) -> bool:
    """Whether there is a study ``name`` of ``plan``.

    Raises UsageError for a study of another plan, and for one that is not of a sweep.
    """
    if name not in optuna.get_all_study_names(storage):
        return False
    study = optuna.load_study(study_name=name, storage=storage)
    # A process that makes a study describes it in a second step, which may still be to come.
    until = time.monotonic() + PATIENCE
    while DIGEST not in study.user_attrs and not study.trials and time.monotonic() < until:
        time.sleep(0.2)
    described = study.user_attrs
    if described.get(DIGEST) == plan.digest:
        return True
    if DIGEST not in described:
        raise UsageError(
            f"the study {name!r} there was not made by a sweep; choose another name with --study",
            code="not_a_sweep",
        )
    stored, wanted = json.loads(described[PLAN]), json.loads(plan.text)
    differing = ", ".join(sorted(key for key in wanted if stored.get(key) != wanted[key]))
    raise UsageError(
        f"the study {name!r} there is of another sweep: {differing} differ; use the same options and environment, or "
        "choose another name with --study",
        code="other_sweep",
    )


def create_study(storage: BaseStorage, name: str, plan: StudyPlan, known: tuple[dict[str, Label], ...]) -> None:
    """Make the study ``name`` and queue ``known``.

    Raises UsageError if another process has made a study of this name and another plan at the same time.
    """
    try:
        study = optuna.create_study(
            storage=storage, study_name=name, directions=["maximize"] if plan.single else ["maximize", "minimize"]
        )
    except optuna.exceptions.DuplicatedStudyError:
        study_exists(storage, name, plan)
        return
    study.set_user_attr(PLAN, plan.text)
    study.set_user_attr(DIGEST, plan.digest)
    for settings in known:
        study.enqueue_trial(settings, user_attrs={"known": True})


def load_study(storage: BaseStorage, name: str, plan: StudyPlan) -> Study:
    """The study ``name`` for a worker or a report."""
    return optuna.load_study(
        study_name=name, storage=storage, sampler=SeededSampler(plan.seed), pruner=_pruner(plan.single)
    )


def _pruner(single: bool) -> BasePruner:
    """Ends trials whose running mean is below the others' median. Optuna ends none if there are two objectives."""
    return MedianPruner(n_startup_trials=UNPRUNED, n_min_trials=UNPRUNED) if single else NopPruner()
