"""The life of a trial: owned by a process, lost with it, tried again, counted.

Several workers, on several machines, may run trials of one study, and each of them may be killed. A trial belongs to
a process. If that process is gone the trial is lost: it is marked failed, and its settings are queued again. A trial
whose own settings failed counts as one of those asked for, and so does one that was lost with its worker
:data:`TRIES` times: its settings are the likely cause.
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

# The attributes that a trial keeps in the study.
OWNER, FAILURE, SURPLUS, RETRY_OF, TRIED = "owner", "failure", "surplus", "retry_of", "tried"
TRIES = 3
# Seconds that a new trial may be without an owner: its worker writes that down first.
NAMELESS = 20


def this_process() -> dict[str, object]:
    """What identifies this process: its host, its number, and when it began, since numbers are used again."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "began": _began(os.getpid())}


def _began(pid: int) -> str:
    """When a process began, in the system's own units (proc(5), field 22 of ``stat``).

    Empty where that cannot be read; "dead" for a process that has ended but that its parent has not waited for.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "dead" if fields[0] == "Z" else fields[19]


def _is_alive(pid: int, began: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, and belongs to another user
        return True
    return _began(pid) == began


def is_finished(trial: FrozenTrial) -> bool:
    """Whether the trial counts as one of those that were asked for."""
    if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
        return True
    if trial.state != TrialState.FAIL or SURPLUS in trial.user_attrs:
        return False
    # Without a failure of its own it was lost with its worker, and is only counted when it is not tried again.
    return FAILURE in trial.user_attrs or _tried(trial) >= TRIES


def _tried(trial: FrozenTrial) -> int:
    return int(trial.user_attrs.get(TRIED, 1))


def finished(study: Study) -> list[FrozenTrial]:
    """The trials that count as those asked for."""
    return [trial for trial in study.get_trials(deepcopy=False) if is_finished(trial)]


def running(study: Study) -> Sequence[FrozenTrial]:
    """The trials that are under way, or were when their process was killed."""
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def room(study: Study, total: int) -> int:
    """How many trials can still begin if there are to be ``total``."""
    return max(0, total - len(finished(study)) - len(running(study)))


def is_surplus(study: Study, trial: Trial, total: int) -> bool:
    """Whether ``trial``, just begun, is one too many: two workers may see the last place free at the same time.

    The trial with the higher number gives way, whichever of the two looks first.
    """
    before = [earlier for earlier in study.get_trials(deepcopy=False) if earlier.number < trial.number]
    return sum(is_finished(earlier) or earlier.state == TrialState.RUNNING for earlier in before) >= total


def retry(study: Study, trial: FrozenTrial) -> None:
    """Queue the settings of ``trial``, which was lost, unless they were tried often enough."""
    if _tried(trial) < TRIES:
        study.enqueue_trial(trial.params, user_attrs={RETRY_OF: trial.number, TRIED: _tried(trial) + 1})


def reap(study: Study, take_over: bool = False) -> list[int]:
    """Mark the trials failed whose worker is gone, and queue their settings again. Returns their numbers.

    Whether workers on other hosts are alive is known only from the heartbeats in a database; with ``take_over`` they
    count as gone.
    """
    # Optuna has no public way to ask whether a study's storage has heartbeats; only its databases do.
    if isinstance(study._storage, RDBStorage):
        optuna.storages.fail_stale_trials(study)
    lost = [trial for trial in running(study) if _is_lost(trial, take_over)]
    for trial in lost:
        try:
            study.tell(trial.number, state=TrialState.FAIL)
        except (ValueError, RuntimeError):  # another process has marked it, and queued it
            continue
        retry(study, trial)
    return [trial.number for trial in lost]


def requeue(study: Study) -> None:
    """Queue again what was interrupted, and what was marked lost by a process that was killed before it queued it."""
    trials = study.get_trials(deepcopy=False)
    queued = {trial.user_attrs.get(RETRY_OF) for trial in trials}
    for trial in trials:
        unfinished = trial.state == TrialState.FAIL and not is_finished(trial)
        if unfinished and SURPLUS not in trial.user_attrs and trial.number not in queued:
            retry(study, trial)


def _is_lost(trial: FrozenTrial, take_over: bool) -> bool:
    owner = trial.user_attrs.get(OWNER)
    if owner is None:
        # Its worker is about to write its name down, or was killed before it could.
        begun = trial.datetime_start
        return begun is None or (datetime.now() - begun).total_seconds() > NAMELESS
    if owner["host"] != socket.gethostname():
        return take_over
    return not _is_alive(int(owner["pid"]), str(owner["began"]))


def elsewhere(study: Study) -> Iterator[tuple[int, str]]:
    """The trials in processes that are not known to be gone: number and host."""
    for trial in running(study):
        yield trial.number, str(trial.user_attrs.get(OWNER, {}).get("host", "a host not known yet"))
