"""What a compile command does: open the tools, tune, save the program with how it came about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from toolgrad_dspy import __version__
from toolgrad_dspy.cli.compile.progress import CompileProgress
from toolgrad_dspy.cli.compile.report import verdict
from toolgrad_dspy.cli.output import REHEARSAL_NOTE, note
from toolgrad_dspy.compiling import Compiled, compile_program
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.errors import RunError
from toolgrad_dspy.files import check_writable
from toolgrad_dspy.lm import LOOP_ROLES, Models, Role
from toolgrad_dspy.metrics import Metric, MetricConfig, build_metric
from toolgrad_dspy.optimizers import Optimizer
from toolgrad_dspy.program import ProgramConfig, Tasks, ToolGrad, load_program, save_program
from toolgrad_dspy.runs.tool_sources import Sources, sources
from toolgrad_dspy.tuning import (
    Evaluator,
    Journal,
    LiveEvaluator,
    Prompts,
    RecordedEvaluator,
    Recording,
    TuningBudget,
    record,
)


def journal_of(path: Path) -> Path:
    """Where the journal of a program that is being tuned stands."""
    return path.with_suffix(".journal")


@dataclass(frozen=True, slots=True)
class CompileJob:
    """What the options of a compile command come to.

    ``parent`` is a program file to start from. ``record`` is a recording to tune on, made if it is not there.
    """

    tools: Path | None
    parent: Path | None
    optimizer: Optimizer
    models: Models
    loop: ProgramConfig
    metric: MetricConfig
    tasks: Tasks
    budget: TuningBudget
    seed: int
    record: Path | None
    resume: bool
    quiet: bool

    def run(self, path: Path) -> Compiled:
        """Compile, and save the program to ``path``; beside it the journal stands until tuning comes to its end."""
        chosen = sources(self.tools)
        metric = build_metric(self.metric, self.models, lambda: chosen.library.tools)
        program = ToolGrad(chosen.library, self.models, self.loop)
        if self.parent is not None:
            load_program(self.parent, program)
        roles: tuple[Role, ...] = (*LOOP_ROLES, "reflection", *(("judge",) if metric.judge else ()))
        with self._open(chosen, roles):
            # Before the journal: a recording that is refused leaves nothing to go on with.
            arena = self._arena(program, metric)
            with (
                self._journal(path, program, metric, chosen) as journal,
                CompileProgress(self.budget.metric_calls, self.quiet) as progress,
            ):
                compiled = compile_program(
                    program,
                    self.tasks,
                    metric,
                    self.models,
                    self.optimizer,
                    budget=self.budget,
                    seed=self.seed,
                    arena=arena,
                    stage=progress.stage,
                    progress=progress.show,
                    journal=journal,
                )
                save_program(path, compiled.tuning.program, self._description(compiled, program, metric, chosen))
                if not compiled.tuning.stopped:
                    journal.done()
        return compiled

    @contextmanager
    def _journal(self, path: Path, base: ToolGrad, metric: Metric, chosen: Sources) -> Iterator[Journal]:
        """The journal beside ``path``; a tuning that breaks off says that it can be gone on with."""
        header: dict[str, JsonValue] = {
            "optimizer": self.optimizer.label,
            "sessions": self.budget.metric_calls,
            "seed": self.seed,
            "tasks": [len(self.tasks.train), len(self.tasks.validation)],
            "program": self.loop.model_dump(mode="json"),
            "metric": metric.public(),
            "recorded": self.record is not None,
            "models": self.models.public(),
            "tools": chosen.library.digest,
            "parent": Prompts.of(base).digest,
            "version": __version__,
        }
        place = journal_of(path)
        try:
            with (Journal.resume if self.resume else Journal.begin)(place, header) as journal:
                yield journal
        except (RunError, KeyboardInterrupt):
            if place.exists():
                note(f"what was played is kept in {place}: the same command with --resume -o {path} goes on")
            raise

    def _arena(self, program: ToolGrad, metric: Metric) -> Evaluator:
        """Where candidates are tried: on live tools, or on a recording that is made first if it has to be."""
        if self.record is None:
            return LiveEvaluator(metric)
        tasks = [*self.tasks.train, *self.tasks.validation]
        if self.record.exists():
            recording = Recording.load(self.record)
            recording.check(program, tasks, self.record)
        else:
            check_writable(self.record)
            recording = record(program, tasks)
            recording.save(self.record)
            self._say(f"recorded {len(tasks)} sessions to {self.record}, {recording.tool_calls} tool calls")
        return RecordedEvaluator(recording, metric)

    def _say(self, line: str) -> None:
        if not self.quiet:
            note(line)

    @contextmanager
    def _open(self, chosen: Sources, roles: tuple[Role, ...]) -> Iterator[None]:
        """The library open on the background loop, and the models of ``roles`` checked."""
        if self.models.all_rehearsal:
            self._say(REHEARSAL_NOTE)
        run_on_loop_thread(chosen.library.open())
        try:
            self._announce(chosen)
            run_on_loop_thread(self.models.check(roles))
            yield
        finally:
            run_on_loop_thread(chosen.library.close())
            run_on_loop_thread(self.models.aclose())

    def _announce(self, chosen: Sources) -> None:
        tasks = self.tasks
        self._say(f"tools: {chosen.name}, {len(chosen.library.tools)} tools")
        self._say(
            f"tasks: {len(tasks.train)} to train, {len(tasks.validation)} to validate, {len(tasks.test)} to test"
        )
        for line in chosen.library.notes:
            self._say(str(line))

    def _description(self, compiled: Compiled, base: ToolGrad, metric: Metric, chosen: Sources) -> dict[str, Any]:
        """How the program came about, for its file."""
        tasks, tuning = self.tasks, compiled.tuning
        return {
            "optimizer": {
                "name": self.optimizer.name,
                "settings": tuning.details,
                "budget": {name: value for name, value in asdict(self.budget).items() if value is not None},
                "seed": self.seed,
                "sessions": tuning.usage.metric_calls,
                "candidates": tuning.candidates,
                "stopped": tuning.stopped,
            },
            "metric": metric.public(),
            "recorded": str(self.record) if self.record else None,
            "tasks": {"train": len(tasks.train), "validation": len(tasks.validation), "test": len(tasks.test)},
            "scores": {
                "before": compiled.before.score,
                "after": compiled.after.score,
                "difference": asdict(compiled.difference),
                "gain": compiled.difference.is_gain,
                "validation": {"before": tuning.scores[0], "after": tuning.scores[1]},
            },
            "verdict": verdict(compiled),
            "program": self.loop.model_dump(mode="json"),
            "models": self.models.public(),
            "tools": {"source": chosen.public, "digest": chosen.library.digest},
            "parent": {"file": str(self.parent) if self.parent else None, "prompts": Prompts.of(base).digest},
            "version": __version__,
        }
