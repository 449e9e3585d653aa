"""Worker processes on one study, and their supervision: a worker that is killed is replaced, its trial run again."""

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from optuna import Study, Trial

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import RunError, ToolGradError
from toolgrad_dspy.logs import LogTarget, logged
from toolgrad_dspy.runs import ToolsSpec
from toolgrad_dspy.sweeps import lifecycle
from toolgrad_dspy.sweeps.interrupts import HeldInterrupt
from toolgrad_dspy.sweeps.space import SearchSpace
from toolgrad_dspy.sweeps.storage import StorageAddress, open_storage, storage_errors
from toolgrad_dspy.sweeps.study import StudyPlan, load_study
from toolgrad_dspy.sweeps.trial_run import TrialFailedError, TrialRunner

# Seconds between two looks at the study, and that an interrupted worker has to end.
LOOK, FAREWELL = 1.0, 8.0
# The exit code of a worker that was interrupted, as a shell gives it.
INTERRUPTED = 130

# What a worker sends: lines of progress, and at the end the error that ended it, if one did.
Message = str | ToolGradError


class _SurplusError(Exception):
    """The trial is one too many."""


@dataclass(frozen=True, slots=True)
class SweepJob:
    """What a worker needs to know. ``total`` counts all trials of the study; ``programs`` is a folder;
    ``model`` plays every role, ``log`` is where workers log what happens.
    """

    address: StorageAddress
    name: str
    plan: StudyPlan
    space: SearchSpace
    tools: ToolsSpec
    programs: Path
    total: int
    model: str | None = None
    log: LogTarget | None = None
    wait: float | None = None
    max_failures: int = 20

    def open(self) -> Study:
        """The study. Raises StoreError."""
        return load_study(open_storage(self.address), self.name, self.plan)

    def program_file(self, number: int) -> Path:
        """Where the program that trial ``number`` tuned is kept."""
        return self.programs / f"trial-{number}.json"


def work(job: SweepJob, parent: int, pipe: "Connection[Message, None]") -> None:
    """A worker's life: trials, until there are enough or the process ``parent``, which started it, is gone."""

    def progress(line: str) -> None:
        # A killed parent is noticed after the trial, which is then complete and not lost.
        with contextlib.suppress(BrokenPipeError):
            pipe.send(line)

    # A parent that ends all its workers may interrupt at any moment, also while this one says why it ends.
    try:
        sys.exit(_outcome(job, parent, pipe, progress))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is ending already


def _outcome(job: SweepJob, parent: int, pipe: "Connection[Message, None]", progress: Callable[[str], None]) -> int:
    """Run trials: the exit code, after an error that ended them was sent."""
    try:
        with logged(job.log), storage_errors(job.address):
            _run_trials(job, parent, progress)
    except ToolGradError as error:
        with contextlib.suppress(BrokenPipeError):
            pipe.send(error)
        return error.exit_code
    return 0


def _run_trials(job: SweepJob, parent: int, progress: Callable[[str], None]) -> None:
    study, library = job.open(), job.tools.library()
    library.listen(progress)
    run_on_loop_thread(library.open())
    try:
        runner = TrialRunner(
            job.space, job.plan, library, job.program_file, progress, job.model, job.wait, job.max_failures
        )
        objective = partial(_objective, study, runner, job.total)
        # One trial at a time: others work on the study too, so what is left to do may change with each.
        while os.getppid() == parent and lifecycle.room(study, job.total):
            run_trial(study, objective)
    finally:
        run_on_loop_thread(library.close())


def run_trial(study: Study, objective: Callable[[Trial], float | tuple[float, float]]) -> None:
    """Run the study's next trial, which this process owns.

    A trial without an owner cannot be told from one that another worker is just beginning, so an interrupt waits
    until the owner is written: the trial is then known to be lost as soon as this process is gone.
    """
    with HeldInterrupt() as interrupt:

        def owned(trial: Trial) -> float | tuple[float, float]:
            trial.set_user_attr(lifecycle.OWNER, lifecycle.this_process())
            interrupt.release()
            return objective(trial)

        study.optimize(owned, n_trials=1, catch=(_SurplusError, TrialFailedError))


def _objective(study: Study, runner: TrialRunner, total: int, trial: Trial) -> float | tuple[float, float]:
    if lifecycle.is_surplus(study, trial, total):
        trial.set_user_attr(lifecycle.SURPLUS, True)
        raise _SurplusError
    return runner.run(trial)


def supervise(job: SweepJob, count: int, progress: Callable[[str], None], take_over: bool = False) -> None:
    """Run ``count`` workers until the study has all its trials, or the remaining ones are running elsewhere.

    Raises the error that keeps a worker from going on, and KeyboardInterrupt when all workers have ended.
    """

    def reap(study: Study, take_over: bool = False) -> None:
        lost = lifecycle.reap(study, take_over)
        if lost:
            progress(f"lost with their workers, and run again: trial {', '.join(map(str, lost))}")

    team = _Team(job, progress)
    try:
        with storage_errors(job.address):
            study = job.open()
            lifecycle.requeue(study)
            reap(study, take_over)
            while (room := lifecycle.room(study, job.total)) or team.size or _has_nameless(study):
                # A worker that has a trial counts beside the free places, which the others are for.
                team.fill(min(count, room + team.busy(study)))
                if team.attend():
                    reap(study)
                elif not team.size:  # a trial has no owner yet, and may never get one
                    time.sleep(LOOK)
                    reap(study)
    finally:
        # Workers are left only if something went wrong. Their trials are queued for the next start.
        if team.size:
            team.stop()
            with storage_errors(job.address):
                lifecycle.reap(job.open())


def _has_nameless(study: Study) -> bool:
    return any(lifecycle.OWNER not in trial.user_attrs for trial in lifecycle.running(study))


class _Team:
    """The workers of this process."""

    def __init__(self, job: SweepJob, progress: Callable[[str], None]) -> None:
        self._job = job
        self._progress = progress
        # A forked process would share the threads' locks and the open connections of this one.
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[SpawnProcess, Connection[None, Message]] = {}

    @property
    def size(self) -> int:
        return len(self._workers)

    def busy(self, study: Study) -> int:
        """How many of them have a trial under way."""
        mine = {(socket.gethostname(), worker.pid) for worker in self._workers}
        owners = (trial.user_attrs.get(lifecycle.OWNER, {}) for trial in lifecycle.running(study))
        return sum((owner.get("host"), owner.get("pid")) in mine for owner in owners)

    def fill(self, size: int) -> None:
        """Start workers until there are ``size``."""
        while len(self._workers) < size:
            ours, theirs = self._context.Pipe(duplex=False)
            # Not on the command line, which everybody on the machine can read: the address may hold a password.
            worker = self._context.Process(target=work, args=(self._job, os.getpid(), theirs))
            worker.start()
            theirs.close()
            self._workers[worker] = ours

    def attend(self) -> bool:
        """Wait a little, pass on what the workers send, and remove those that have ended: whether one was killed.

        Raises the error that keeps a worker from going on.
        """
        wait([*(worker.sentinel for worker in self._workers), *self._workers.values()], timeout=LOOK)
        killed = False
        for worker, pipe in list(self._workers.items()):
            # Asked before reading: then all that an ended worker has sent is in its pipe.
            has_ended = not worker.is_alive()
            self._read(pipe)
            if has_ended:
                killed |= self._removed(worker)
        return killed

    def _read(self, pipe: "Connection[None, Message]") -> None:
        while pipe.poll():
            try:
                message = pipe.recv()
            except (EOFError, OSError):  # closed, or ended by a kill in the middle of a message
                return
            if isinstance(message, ToolGradError):
                raise message
            self._progress(message)

    def _removed(self, worker: SpawnProcess) -> bool:
        """Remove a worker that has ended: whether it was killed."""
        self._workers.pop(worker).close()
        code = worker.exitcode or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code > 0:
            raise RunError(f"a worker failed with exit code {code}; its error is above", code="worker_failed")
        if code < 0:
            name = signal.Signals(-code).name
            self._progress(f"worker {worker.pid} was killed ({name}); another one takes its place")
        return code < 0

    def stop(self) -> None:
        """Interrupt all workers, and kill those that do not end in time."""
        for worker in self._workers:
            if worker.pid is not None and worker.is_alive():
                os.kill(worker.pid, signal.SIGINT)
        until = time.monotonic() + FAREWELL
        for worker in self._workers:
            worker.join(max(0.0, until - time.monotonic()))
            if worker.is_alive():
                worker.kill()
                worker.join()
        self._workers.clear()
