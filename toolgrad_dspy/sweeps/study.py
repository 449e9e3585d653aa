"""The study of a sweep: made once, with known settings first, and opened again only for the same sweep."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import optuna
from optuna import Study
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.storages import BaseStorage
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.sweeps.sampler import SeededSampler

Unit = Literal["usd", "tokens"]
UNITS: Mapping[Unit, str] = {"usd": "US dollars", "tokens": "tokens"}

# The keys under which a study describes itself.
PLAN, DIGEST = "plan", "digest"
# Trials that are never ended early, so that there is something to compare the others with.
UNPRUNED = 4
# Seconds in which another process that has just made the study describes it.
PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What two trials need in common to be comparable; ``models`` are the environment's, which a trial builds on."""

    space: Mapping[str, JsonValue]
    single: bool
    unit: Unit
    sessions: int
    tuning: Mapping[str, JsonValue]
    models: Mapping[str, JsonValue]
    tools: JsonValue
    seed: int

    @property
    def text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def is_there(storage: BaseStorage, name: str, plan: Plan) -> bool:
    """Whether there is a study ``name`` of ``plan``. Raises UsageError for one of another plan, or of no sweep."""
    if name not in optuna.get_all_study_names(storage):
        return False
    study = optuna.load_study(study_name=name, storage=storage)
    until = time.monotonic() + PATIENCE
    while DIGEST not in study.user_attrs and not study.trials and time.monotonic() < until:
        time.sleep(0.2)
    found = study.user_attrs
    if found.get(DIGEST) == plan.digest:
        return True
    if DIGEST not in found:
        raise UsageError(f"the study {name!r} there is not of a sweep; choose another name with --study")
    stored, wanted = json.loads(found[PLAN]), json.loads(plan.text)
    differing = ", ".join(sorted(key for key in wanted if stored.get(key) != wanted[key]))
    raise UsageError(
        f"the study {name!r} there is of another sweep, with other {differing}; repeat that one's options and "
        "environment, or choose another name with --study"
    )


def create(storage: BaseStorage, name: str, plan: Plan, known: tuple[dict[str, Any], ...]) -> None:
    """Make the study ``name`` and queue ``known``. Raises UsageError when another process has made another one."""
    try:
        study = optuna.create_study(
            storage=storage, study_name=name, directions=["maximize"] if plan.single else ["maximize", "minimize"]
        )
    except optuna.exceptions.DuplicatedStudyError:
        is_there(storage, name, plan)
        return
    study.set_user_attr(PLAN, plan.text)
    study.set_user_attr(DIGEST, plan.digest)
    for one in known:
        study.enqueue_trial(one, user_attrs={"known": True})


def load(storage: BaseStorage, name: str, plan: Plan) -> Study:
    """The study ``name`` for a worker or a report."""
    return optuna.load_study(
        study_name=name, storage=storage, sampler=SeededSampler(plan.seed), pruner=_pruner(plan.single)
    )


def _pruner(single: bool) -> BasePruner:
    """Ends trials whose running mean is below the median of the others'. With two objectives Optuna ends none."""
    return MedianPruner(n_startup_trials=UNPRUNED, n_min_trials=UNPRUNED) if single else NopPruner()
