"""What counts as done in a study that several workers, on several machines, may have under way, and that any of them
may leave by being killed.

A trial belongs to a process. One whose process is gone is lost: it is marked failed, and its settings are tried
again. A trial that failed by itself, or that killed its worker :data:`TRIES` times, counts: its settings are at
fault.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import optuna
from optuna import Study, Trial
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

OWNER, FAILURE, SURPLUS, RETRY_OF, TRIED = "owner", "failure", "surplus", "retry_of", "tried"
TRIES = 3
# Seconds in which a new trial gets its owner.
NAMELESS = 20


def me() -> dict[str, object]:
    """This process: its host and number, and when it began, since numbers come again."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "began": _began(os.getpid())}


def _began(pid: int) -> str:
    """When a process began, in the system's own units; empty where that cannot be read, "dead" for one that has ended
    and that nobody has asked after.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "dead" if fields[0] == "Z" else fields[19]


def _alive(pid: int, began: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return _began(pid) == began


def is_finished(trial: FrozenTrial) -> bool:
    """Whether the trial counts as one of those that were asked for."""
    if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
        return True
    gone = trial.state == TrialState.FAIL and SURPLUS not in trial.user_attrs
    return gone and (FAILURE in trial.user_attrs or _tried(trial) >= TRIES)


def _tried(trial: FrozenTrial) -> int:
    return int(trial.user_attrs.get(TRIED, 1))


def finished(study: Study) -> list[FrozenTrial]:
    return [trial for trial in study.get_trials(deepcopy=False) if is_finished(trial)]


def running(study: Study) -> Sequence[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def room(study: Study, total: int) -> int:
    """How many trials may still be begun, if there are to be ``total``."""
    return max(0, total - len(finished(study)) - len(running(study)))


def is_surplus(study: Study, trial: Trial, total: int) -> bool:
    """Whether ``trial``, just begun, is one too many: two workers may see the last place free at the same time.

    Of those the later one gives way, whichever looks first.
    """
    before = [one for one in study.get_trials(deepcopy=False) if one.number < trial.number]
    return sum(is_finished(one) or one.state == TrialState.RUNNING for one in before) >= total


def retry(study: Study, trial: FrozenTrial) -> None:
    """Queue the settings of ``trial``, which was lost, unless it was tried often enough."""
    if _tried(trial) < TRIES:
        study.enqueue_trial(trial.params, user_attrs={RETRY_OF: trial.number, TRIED: _tried(trial) + 1})


def reap(study: Study, take_over: bool = False) -> list[int]:
    """Mark trials failed whose worker is gone, and queue them again: their numbers.

    Of other hosts' workers nothing is known but where a database has their heartbeat; with ``take_over`` they count
    as gone.
    """
    if isinstance(study._storage, RDBStorage):
        optuna.storages.fail_stale_trials(study)
    found = [trial for trial in running(study) if _is_lost(trial, take_over)]
    for trial in found:
        try:
            study.tell(trial.number, state=TrialState.FAIL)
        except (ValueError, RuntimeError):  # somebody else was faster
            continue
        retry(study, trial)
    return [trial.number for trial in found]


def requeue(study: Study) -> None:
    """Queue again what was interrupted, or lost when its finder was killed in turn."""
    known = study.get_trials(deepcopy=False)
    again = {trial.user_attrs.get(RETRY_OF) for trial in known}
    for trial in known:
        unfinished = trial.state == TrialState.FAIL and not is_finished(trial)
        if unfinished and SURPLUS not in trial.user_attrs and trial.number not in again:
            retry(study, trial)


def _is_lost(trial: FrozenTrial, take_over: bool) -> bool:
    owner = trial.user_attrs.get(OWNER)
    if owner is None:
        begun = trial.datetime_start
        return begun is None or (datetime.now() - begun).total_seconds() > NAMELESS
    if owner["host"] != socket.gethostname():
        return take_over
    return not _alive(int(owner["pid"]), str(owner["began"]))


def elsewhere(study: Study) -> Iterator[tuple[int, str]]:
    """The trials that run in processes that are not known to be gone: number and host."""
    for trial in running(study):
        yield trial.number, str(trial.user_attrs.get(OWNER, {}).get("host", "a host not known yet"))
