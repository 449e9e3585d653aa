"""Compiling from a specification: open the tools, tune, and save the program with how it came about."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from toolgrad_dspy import __version__
from toolgrad_dspy.compiling.describe import describe
from toolgrad_dspy.compiling.description import TaskCounts
from toolgrad_dspy.compiling.outputs import check_output, journal_of
from toolgrad_dspy.compiling.stages import Compiled, compile_program
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import check_writable
from toolgrad_dspy.lm import LOOP_ROLES, Models, Role
from toolgrad_dspy.metrics import Metric, MetricConfig, build_metric
from toolgrad_dspy.optimizers import Optimizer
from toolgrad_dspy.optimizers import optimizer as find_optimizer
from toolgrad_dspy.optimizers.base import FEWEST_TASKS
from toolgrad_dspy.program import ProgramConfig, Tasks, ToolGrad, draw, load_program, save_program, schema_notes
from toolgrad_dspy.runs import ModelsSpec, ToolsSpec, WorldTools
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import (
    Journal,
    LiveEvaluator,
    Prompts,
    RecordedEvaluator,
    Recording,
    TuningBudget,
    TuningUsage,
    record,
)

Stage = Callable[[str], None]
Progress = Callable[[TuningUsage], None]
Say = Callable[[str], None]


def _silent(news: object) -> None:
    """Ignore the news."""


@dataclass(frozen=True, slots=True)
class CompileSpec:
    """What to compile, as data. Every field has the default of the command line.

    - ``tools``, ``models``: what the program works with, as in a :class:`~toolgrad_dspy.runs.RunSpec`.
    - ``parent``: a program file to start from, in place of the untuned program.
    - ``optimizer``, ``strategy``: a name of :data:`~toolgrad_dspy.optimizers.OPTIMIZERS`, and what better-together
      runs.
    - ``program``, ``metric``: the settings of the loop and of the metric.
    - ``tasks``: how many tasks of each kind are drawn; at least 4 to train, 4 to validate and 1 to test (the
      command asks for 4: a mean over fewer says little).
    - ``record``: a recording to tune on without tools, made first if the file does not exist.
    """

    tools: ToolsSpec = field(default_factory=WorldTools)
    models: ModelsSpec = field(default_factory=ModelsSpec.from_environment)
    parent: Path | None = None
    optimizer: str = "gepa"
    strategy: str | None = None
    program: ProgramConfig = field(default_factory=ProgramConfig)
    metric: MetricConfig = field(default_factory=MetricConfig)
    tasks: TaskCounts = field(default_factory=lambda: TaskCounts(train=12, validation=12, test=24))
    budget: TuningBudget = field(default_factory=TuningBudget)
    seed: int = 0
    record: Path | None = None


def compile(
    spec: CompileSpec,
    path: Path,
    *,
    resume: bool = False,
    force: bool = False,
    stage: Stage = _silent,
    progress: Progress = _silent,
    say: Say = _silent,
) -> Compiled:
    """Tune the program of ``spec``, score it before and after on tasks that tuning never saw, save it to ``path``.

    While it is tuned, every session and answer is kept in a journal beside ``path``, which is removed at the
    end. ``resume`` continues such an interrupted tuning; ``force`` overwrites ``path`` and an old journal. ``stage``
    and ``progress`` are as for :func:`compile_program`; ``say`` gets lines about the tools, the tasks and the
    recording. Not for callers on the background loop.

    Raises UsageError for a wrong specification or place (see :func:`check_output`), and RunError for what breaks
    tuning: the journal is kept then, as after KeyboardInterrupt.

        from pathlib import Path
        from toolgrad_dspy.compiling import CompileSpec, TaskCounts, compile
        from toolgrad_dspy.tuning import TuningBudget

        spec = CompileSpec(
            optimizer="bootstrap",
            tasks=TaskCounts(train=4, validation=4, test=8),
            budget=TuningBudget(metric_calls=40),
        )
        compiled = compile(spec, Path("programs/first.json"), say=print)
        print(compiled.before.score, compiled.after.score, compiled.conclusion)
    """
    _check_tasks(spec.tasks)
    job = _Job.of(spec, say)
    check_output(path, resume=resume, force=force)
    if spec.record is not None and spec.record.resolve() in (path.resolve(), journal_of(path).resolve()):
        raise UsageError(
            f"{spec.record} is where the program or its journal goes; choose another file for the recording",
            code="record_is_output",
        )
    return job.run(path, resume, stage, progress)


def _check_tasks(tasks: TaskCounts) -> None:
    """Raise UsageError for too few tasks: tuning would, but only after the base program was scored."""
    for name, count, fewest in (
        ("training", tasks.train, FEWEST_TASKS),
        ("validation", tasks.validation, FEWEST_TASKS),
        ("test", tasks.test, 1),
    ):
        if count < fewest:
            raise UsageError(f"too few {name} tasks: {count}; at least {fewest} are needed", code="too_few_tasks")


@dataclass(frozen=True, slots=True)
class _Job:
    """What a specification comes to."""

    spec: CompileSpec
    optimizer: Optimizer
    models: Models
    library: Library
    metric: Metric
    program: ToolGrad
    tasks: Tasks
    say: Say

    @classmethod
    def of(cls, spec: CompileSpec, say: Say) -> Self:
        """Nothing is opened or written yet. Raises UsageError for what is wrong with the specification."""
        optimizer = find_optimizer(spec.optimizer, spec.strategy)
        models, library = spec.models.build(), spec.tools.library()
        metric = build_metric(spec.metric, models, lambda: library.tools)
        program = ToolGrad(library, models, spec.program)
        if spec.parent is not None:
            load_program(spec.parent, program)
        tasks = draw(spec.seed, spec.tasks.train, spec.tasks.validation, spec.tasks.test)
        return cls(spec, optimizer, models, library, metric, program, tasks, say)

    def run(self, path: Path, resume: bool, stage: Stage, progress: Progress) -> Compiled:
        """Compile, and write the program to ``path``."""
        with self._opened():
            # Before the journal: a recording that is refused leaves nothing to resume.
            recording = self._recording()
            with self._journal(journal_of(path), resume, recording) as journal:
                compiled = compile_program(
                    self.program,
                    self.tasks,
                    self.metric,
                    self.models,
                    self.optimizer,
                    budget=self.spec.budget,
                    seed=self.spec.seed,
                    evaluator=RecordedEvaluator(recording, self.metric) if recording else LiveEvaluator(self.metric),
                    stage=stage,
                    progress=progress,
                    journal=journal,
                )
                self._save(path, compiled)
                # What a limit ended can be resumed with a larger one.
                if not compiled.tuning.stopped:
                    journal.done()
        return compiled

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """The library open on the background loop, and the models that will be asked checked."""
        library, counts = self.library, self.spec.tasks
        judge: tuple[Role, ...] = ("judge",) if self.metric.judge else ()
        with ExitStack() as closing:  # what fails to close does not keep the other open
            closing.callback(lambda: run_on_loop_thread(self.models.aclose()))
            closing.callback(lambda: run_on_loop_thread(library.close()))
            run_on_loop_thread(library.open())
            self.say(f"tools: {self.spec.tools.name}, {len(library.tools)} tools")
            self.say(f"tasks: {counts.train} to train, {counts.validation} to validate, {counts.test} to test")
            notes = schema_notes(self.models, library.tools, self.spec.program.mini_batch)
            for note in (*map(str, library.notes), *notes):
                self.say(note)
            run_on_loop_thread(self.models.check((*LOOP_ROLES, "reflection", *judge)))
            yield

    def _recording(self) -> Recording | None:
        """What to tune on instead of live tools: a recording, which is made first if it does not exist."""
        path = self.spec.record
        if path is None:
            return None
        tasks = [*self.tasks.train, *self.tasks.validation]
        if path.exists():
            recording = Recording.load(path)
            recording.check(self.program, tasks, path)
        else:
            check_writable(path)
            recording = record(self.program, tasks)
            recording.save(path)
            self.say(f"recorded {len(tasks)} sessions to {path}, {recording.tool_calls} tool calls")
        return recording

    def _journal(self, path: Path, resume: bool, recording: Recording | None) -> Journal:
        """The journal in ``path``, with what has to be equal in a tuning that resumes it."""
        spec = self.spec
        header: dict[str, JsonValue] = {
            "optimizer": self.optimizer.label,
            "sessions": spec.budget.metric_calls,
            "seed": spec.seed,
            "tasks": [spec.tasks.train, spec.tasks.validation],
            "program": spec.program.model_dump(mode="json"),
            "metric": self.metric.public(),
            "recorded": recording.digest if recording else False,
            "models": self.models.public(),
            "tools": self.library.digest,
            "parent": Prompts.of(self.program).digest,
            "version": __version__,
        }
        return (Journal.resume if resume else Journal.begin)(path, header)

    def _save(self, path: Path, compiled: Compiled) -> None:
        """Write the tuned program, and how it came about, to ``path``."""
        spec = self.spec
        description = describe(
            compiled,
            self.program,
            self.metric,
            self.models,
            optimizer=self.optimizer.name,
            budget=spec.budget,
            seed=spec.seed,
            tasks=spec.tasks,
            tools=spec.tools.public(),
            parent=spec.parent,
            recorded=spec.record,
        )
        save_program(path, compiled.tuning.program, description.stored())
