"""A sweep: what it is to do, and running it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import check_writable, store_errors
from toolgrad_dspy.lm import Models
from toolgrad_dspy.logs import LogTarget
from toolgrad_dspy.optimizers.base import FEWEST_TASKS
from toolgrad_dspy.runs import ToolsFiles, tools_spec
from toolgrad_dspy.sweeps.lifecycle import elsewhere
from toolgrad_dspy.sweeps.plots import save_plots
from toolgrad_dspy.sweeps.report import SweepOutcome, check_free, save_best
from toolgrad_dspy.sweeps.space import load_space
from toolgrad_dspy.sweeps.storage import open_storage, storage_address, storage_errors
from toolgrad_dspy.sweeps.study import StudyPlan, create_study, study_exists
from toolgrad_dspy.sweeps.trial_configuration import all_priced, check_space, fixed_models
from toolgrad_dspy.sweeps.workers import SweepJob, supervise

_COUNTS = ("trials", "workers", "sessions", "metric_calls", "train", "validation", "threads")


@dataclass(frozen=True, slots=True)
class SweepSpec:
    """What a sweep is to do. Raises UsageError for a value that is out of range.

    - ``output`` is the folder of the results, by default ``sweeps/`` and the name of the ``study``.
    - ``space`` is a file, ``tools`` are files as ``tools_spec`` takes them; by default the built-in space and the
      bundled world.
    - ``model`` plays every role, where the space names no model.
    - ``max_servers`` processes of MCP servers run at once, shared out among the workers; None: as many as the tools
      say, or for each worker what the machine can bear.
    - ``storage`` is a journal file or a database's URL, by default ``journal.log`` in the folder.
    - ``trials`` counts all trials of the study, over all ``workers`` and starts; ``sessions`` score each of them.
    - ``single`` searches for quality alone, and ends trials early that fall behind.
    - ``metric_calls``, ``train``, ``validation`` and ``threads`` are for the optimizer of a trial that has one.
    - ``take_over`` runs the trials again that other machines have left running.
    - ``log`` is where the workers log what happens.
    - ``wait``: minutes to wait for a model that has stopped to answer; None: as the environment says.
    - ``max_failures``: how many sessions of a trial may give no sample in a row, for one reason; 0: any.

    >>> SweepSpec(trials=6, workers=2, study="small").folder
    PosixPath('sweeps/small')
    """

    output: Path | None = None
    study: str = "sweep"
    space: Path | None = None
    trials: int = 30
    workers: int = 1
    storage: str | None = None
    single: bool = False
    sessions: int = 16
    metric_calls: int = 32
    train: int = 6
    validation: int = 6
    threads: int = 8
    tools: ToolsFiles = None
    model: str | None = None
    max_servers: int | None = None
    seed: int = 0
    take_over: bool = False
    log: LogTarget | None = None
    wait: float | None = None
    max_failures: int = 20

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be 1 or more, not {getattr(self, name)}", code="invalid_value")
        # It stands in the name of a folder and in a line of best.yaml.
        if not re.fullmatch(r"[\w.-]{1,100}", self.study):
            raise UsageError(
                f"a study's name has only letters, digits, dots, underscores and hyphens, not {self.study!r}",
                code="invalid_value",
            )

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.output or Path("sweeps") / self.study


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What came of a sweep. ``storage`` is the address of the study without secrets; ``files`` were written."""

    outcome: SweepOutcome
    storage: str
    files: tuple[Path, ...]
    wall_seconds: float

    def data(self) -> dict[str, JsonValue]:
        """The result as JSON."""
        files: list[JsonValue] = [str(path) for path in self.files]
        return {
            "study": self.outcome.study.study_name,
            "storage": self.storage,
            **self.outcome.data(),
            "files": files,
            "wall_seconds": self.wall_seconds,
        }


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep that was checked and whose study is open: :func:`sweep` in two steps."""

    spec: SweepSpec
    job: SweepJob

    @classmethod
    def open(cls, spec: SweepSpec) -> "Sweep":
        """Check everything before anything is written, and find or make the study. Raises ToolGradError."""
        job = _job(spec)
        with storage_errors(job.address):
            storage = open_storage(job.address)
            exists = study_exists(storage, job.name, job.plan)
            # Before the study is made: a refused sweep leaves none behind.
            check_free(spec.folder, job.plan.digest, job.name)
            check_writable(spec.folder / "best.yaml")
            if not exists:
                create_study(storage, job.name, job.plan, job.space.known)
        return cls(spec, job)

    @property
    def is_rehearsal(self) -> bool:
        """Whether every trial runs on the rehearsal model."""
        return Models.from_environment(model=self.spec.model).all_rehearsal and not self.job.space.searches_models

    def run(self, progress: Callable[[str], None] = lambda line: None) -> SweepResult:
        """Run the trials that the study does not have yet, and write the results. Raises ToolGradError."""
        started, folder, job = time.perf_counter(), self.spec.folder, self.job
        progress(f"study {job.name!r} in {job.address.name}, results in {folder}")
        supervise(job, self.spec.workers, progress, self.spec.take_over)
        with storage_errors(job.address):
            outcome = SweepOutcome.of(job.open(), job.plan, job.space)
            with store_errors(folder, "write the results there"):
                files = save_best(outcome, folder, job.programs)
                plots, notes = save_plots(outcome, folder)
            notes += [f"trial {number} is still running on {host}" for number, host in elsewhere(outcome.study)]
        for line in notes:
            progress(line)
        return SweepResult(outcome, job.address.name, (*files, *plots), round(time.perf_counter() - started, 1))


def sweep(spec: SweepSpec, progress: Callable[[str], None] = lambda line: None) -> SweepResult:
    """Search for settings. ``progress`` gets a line of text per trial and per event. Raises ToolGradError.

    The same spec continues a study where it ended. Workers are processes that import the main module again, so a
    script guards what it does, as always with ``multiprocessing``::

        if __name__ == "__main__":
            result = sweep(SweepSpec(Path("sweeps/first"), trials=30, workers=2), print)
            print(result.outcome.best.params)
    """
    return Sweep.open(spec).run(progress)


def _job(spec: SweepSpec) -> SweepJob:
    """What ``spec`` gives, checked before anything is written. Raises UsageError."""
    space = load_space(spec.space, spec.model)
    check_space(space, spec.model)
    for name in ("train", "validation"):
        if space.tunes and getattr(spec, name) < FEWEST_TASKS:
            raise UsageError(
                f"too few {name} tasks: {getattr(spec, name)}; an optimizer of the space needs {FEWEST_TASKS}",
                code="too_few_tasks",
            )
    tools = tools_spec(spec.tools)
    plan = StudyPlan(
        space=space.data,
        single=spec.single,
        unit="usd" if all_priced(space, spec.model) else "tokens",
        sessions=spec.sessions,
        tuning={
            "metric_calls": spec.metric_calls,
            "train": spec.train,
            "validation": spec.validation,
            "threads": spec.threads,
        },
        models=fixed_models(spec.model),
        tools=tools.public(),
        seed=spec.seed,
    )
    address = storage_address(spec.storage or str(spec.folder / "journal.log"))
    allowed = spec.max_servers or tools.max_servers
    each = None if allowed is None else max(1, allowed // spec.workers)
    return SweepJob(
        address,
        spec.study,
        plan,
        space,
        tools.limited(each),
        spec.folder / "programs",
        spec.trials,
        spec.model,
        spec.log,
        spec.wait,
        spec.max_failures,
    )
