"""Worker processes on one study, and their supervision: one that is killed is replaced, its trial run again."""

import multiprocessing
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from optuna import Study, Trial

from sweeping import storage, study, trials
from sweeping.playing import Player, TrialFailedError
from sweeping.space import Space
from sweeping.storage import Place
from sweeping.study import Plan
from toolgrad_dspy.errors import RunError, ToolGradError, UsageError

# Seconds between two looks at the study, and that an interrupted worker has to end.
LOOK, FAREWELL = 1.0, 8.0


class _SurplusError(Exception):
    """The trial is one too many."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is told."""

    place: Place
    name: str
    plan: Plan
    space: Space
    tools: Path | None
    programs: Path
    total: int
    quiet: bool

    def open(self) -> Study:
        """The study. Raises StoreError."""
        return study.load(storage.open_storage(self.place), self.name, self.plan)

    def program_file(self, number: int) -> Path:
        return self.programs / f"trial-{number}.json"


def work(job: Job, parent: int, pipe: "Connection[tuple[int, str], None]") -> None:
    """A worker's life: trials, until there are enough or the process that started it is gone."""
    try:
        with storage.storage_errors(job.place):
            _trials(job, parent)
    except ToolGradError as error:
        pipe.send((error.exit_code, str(error)))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _trials(job: Job, parent: int) -> None:
    from toolgrad_dspy.concurrency import run_on_loop_thread
    from toolgrad_dspy.runs import tools_spec

    found, library = job.open(), tools_spec(job.tools).library()
    run_on_loop_thread(library.open())
    try:
        player = Player(job.space, job.plan, library, job.program_file, _quiet if job.quiet else note)
        objective = partial(_objective, found, player, job.total)
        while os.getppid() == parent and trials.room(found, job.total):
            found.optimize(objective, n_trials=1, catch=(_SurplusError, TrialFailedError))
    finally:
        run_on_loop_thread(library.close())


def _objective(found: Study, player: Player, total: int, trial: Trial) -> float | tuple[float, float]:
    trial.set_user_attr(trials.OWNER, trials.me())
    if trials.is_surplus(found, trial, total):
        trial.set_user_attr(trials.SURPLUS, True)
        raise _SurplusError
    return player.play(trial)


def supervise(job: Job, count: int, take_over: bool = False) -> None:
    """Run ``count`` workers until the study has all its trials, or the rest of them is under way elsewhere.

    Raises what a worker cannot go on for, and KeyboardInterrupt when all workers have ended.
    """
    team = _Team(job)
    try:
        with storage.storage_errors(job.place):
            found = job.open()
            trials.requeue(found)
            _told(trials.reap(found, take_over), job)
            while (room := trials.room(found, job.total)) or team.size or _nameless(found):
                team.fill(min(count, room + team.busy(found)))
                if team.ended():
                    _told(trials.reap(found), job)
                elif not team.size:  # a trial that has no owner yet, and may never have one
                    time.sleep(LOOK)
                    _told(trials.reap(found), job)
    finally:
        if team.size:
            team.stop()
            with storage.storage_errors(job.place):
                trials.reap(job.open())


def _nameless(found: Study) -> bool:
    return any(trials.OWNER not in trial.user_attrs for trial in trials.running(found))


class _Team:
    """The workers of this process."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[SpawnProcess, Connection[None, tuple[int, str]]] = {}

    @property
    def size(self) -> int:
        return len(self._workers)

    def busy(self, found: Study) -> int:
        """How many of them have a trial under way."""
        mine = {worker.pid for worker in self._workers}
        owners = (trial.user_attrs.get(trials.OWNER, {}) for trial in trials.running(found))
        return sum(one.get("pid") in mine and one.get("host") == socket.gethostname() for one in owners)

    def fill(self, size: int) -> None:
        """Start workers until there are ``size``."""
        while len(self._workers) < size:
            ours, theirs = self._context.Pipe(duplex=False)
            # Not on the command line, which everybody on the machine can read: the address may hold a password.
            worker = self._context.Process(target=work, args=(self._job, os.getpid(), theirs))
            worker.start()
            theirs.close()
            self._workers[worker] = ours

    def ended(self) -> bool:
        """Wait a little, and see to the workers that have ended: whether one was killed.

        Raises what one could not go on for.
        """
        by_sentinel = {worker.sentinel: worker for worker in self._workers}
        killed = False
        for sentinel in wait(list(by_sentinel), timeout=LOOK):
            worker = by_sentinel[sentinel]  # type: ignore[index]  # they were given as what they come back as
            pipe = self._workers.pop(worker)
            worker.join()
            code = worker.exitcode or 0
            if pipe.poll() and (said := _received(pipe)) is not None:
                raise (UsageError if said[0] == UsageError.exit_code else RunError)(said[1])
            if code == 130:
                raise KeyboardInterrupt
            if code > 0:
                raise RunError(f"a worker broke (exit code {code}); what it says stands above")
            if code < 0:
                note(f"worker {worker.pid} was killed ({signal.Signals(-code).name}); another one takes its place")
                killed = True
        return killed

    def stop(self) -> None:
        """Interrupt all workers, and kill those that take too long."""
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


def _received(pipe: "Connection[None, tuple[int, str]]") -> tuple[int, str] | None:
    try:
        return pipe.recv()
    except EOFError:
        return None


def _told(numbers: list[int], job: Job) -> None:
    if numbers and not job.quiet:
        note(f"lost with their workers, and run again: trial {', '.join(map(str, numbers))}")


def note(text: str) -> None:
    """A line of progress, in one piece: workers share the stream."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _quiet(text: str) -> None:
    """Say nothing."""
