"""``toolgrad-dspy compile``: tune the program's prompts and save them."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolgrad_dspy import __version__
from toolgrad_dspy.cli.options import (
    Chains,
    ConfigFile,
    Iterations,
    Json,
    MiniBatch,
    Proposals,
    Quiet,
    Repairs,
    Seed,
    ToolsFile,
)
from toolgrad_dspy.cli.output import REHEARSAL_NOTE, note, say, say_json
from toolgrad_dspy.errors import UsageError

if TYPE_CHECKING:
    from toolgrad_dspy.cli.sources import Sources
    from toolgrad_dspy.judging import Metric
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.optimizers import Budget, Compiled, Optimizer
    from toolgrad_dspy.program import ProgramConfig, Tasks


def compile_(
    tools: ToolsFile = None,
    config: ConfigFile = None,
    optimizer: Annotated[str, typer.Option("--optimizer", help="Which optimizer tunes.")] = "gepa",
    program: Annotated[
        Path | None, typer.Option("--program", help="A program to start from.", metavar="FILE", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="The program file. Default: the next free programs/gepa-N.json.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the program file.")] = False,
    seed: Seed = 0,
    train: Annotated[int, typer.Option("--train", help="Training tasks.", min=4)] = 12,
    validation: Annotated[int, typer.Option("--validation", help="Validation tasks.", min=4)] = 12,
    test: Annotated[int, typer.Option("--test", help="Test tasks, not used for tuning.", min=4)] = 24,
    metric_calls: Annotated[int, typer.Option("--metric-calls", help="Sessions that tuning may score.", min=1)] = 240,
    threads: Annotated[int, typer.Option("--threads", help="Sessions that tuning runs at once.", min=1)] = 8,
    iterations: Iterations = None,
    mini_batch: MiniBatch = None,
    proposals: Proposals = None,
    repairs: Repairs = None,
    chains: Chains = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Tune the proposer and selector prompts, and score them before and after on tasks that tuning never saw."""
    from toolgrad_dspy.cli.compile_report import lines, summary
    from toolgrad_dspy.cli.configuration import load, program_config
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.optimizers import Budget
    from toolgrad_dspy.optimizers import optimizer as find_optimizer
    from toolgrad_dspy.program import draw

    path = _output(output, optimizer, force)
    file = load(config)
    job = _Job(
        tools=tools,
        parent=program,
        optimizer=find_optimizer(optimizer),
        models=Models.from_environment(file.models, file.source),
        loop=program_config(
            file, mini_batch=mini_batch, proposals=proposals, iterations=iterations, repairs=repairs, chains=chains
        ),
        tasks=draw(seed, train, validation, test),
        budget=Budget(metric_calls, threads),
        seed=seed,
        quiet=quiet,
    )
    compiled = job.run(path)
    if json:
        say_json({"program": str(path), **summary(compiled)})
        return
    for line in lines(compiled):
        say(line)
    say(f"saved: {path}")
    say(f"next: python -m toolgrad_dspy.generate -n 20 --program {path}{f' --tools {tools}' if tools else ''}")


@dataclass(frozen=True, slots=True)
class _Job:
    """What the options come to."""

    tools: Path | None
    parent: Path | None
    optimizer: "Optimizer"
    models: "Models"
    loop: "ProgramConfig"
    tasks: "Tasks"
    budget: "Budget"
    seed: int
    quiet: bool

    def run(self, path: Path) -> "Compiled":
        """Compile, and save the program to ``path``."""
        from toolgrad_dspy.cli.compile_progress import CompileProgress
        from toolgrad_dspy.cli.sources import sources
        from toolgrad_dspy.judging import Metric
        from toolgrad_dspy.optimizers import compile_program
        from toolgrad_dspy.program import ToolGrad, load_program, save_program

        chosen, metric = sources(self.tools), Metric()
        program = ToolGrad(chosen.library, self.models, self.loop)
        if self.parent is not None:
            load_program(self.parent, program)
        with self._open(chosen), CompileProgress(self.budget.metric_calls, self.quiet) as progress:
            compiled = compile_program(
                program,
                self.tasks,
                metric,
                self.models,
                self.optimizer,
                budget=self.budget,
                seed=self.seed,
                stage=progress.stage,
                progress=progress.show,
            )
        save_program(path, compiled.tuning.program, self._description(compiled, metric, chosen))
        return compiled

    @contextmanager
    def _open(self, chosen: "Sources") -> Iterator[None]:
        """The library open on the background loop, and the models checked."""
        from toolgrad_dspy.lm import LOOP_ROLES
        from toolgrad_dspy.program import run_on_loop_thread

        if not self.quiet and self.models.all_rehearsal:
            note(REHEARSAL_NOTE)
        run_on_loop_thread(chosen.library.open())
        try:
            if not self.quiet:
                self._announce(chosen)
            run_on_loop_thread(self.models.check((*LOOP_ROLES, "reflection")))
            yield
        finally:
            run_on_loop_thread(chosen.library.close())
            run_on_loop_thread(self.models.aclose())

    def _announce(self, chosen: "Sources") -> None:
        tasks = self.tasks
        note(f"tools: {chosen.name}, {len(chosen.library.tools)} tools")
        note(f"tasks: {len(tasks.train)} to train, {len(tasks.validation)} to validate, {len(tasks.test)} to test")
        for line in chosen.library.notes:
            note(line)

    def _description(self, compiled: "Compiled", metric: "Metric", chosen: "Sources") -> dict[str, Any]:
        """How the program came about, for its file."""
        tasks = self.tasks
        return {
            "optimizer": {
                "name": self.optimizer.name,
                "metric_calls": self.budget.metric_calls,
                "seed": self.seed,
            },
            "metric": dict(metric.weights),
            "tasks": {"train": len(tasks.train), "validation": len(tasks.validation), "test": len(tasks.test)},
            "scores": {"before": compiled.before.score, "after": compiled.after.score},
            "program": self.loop.model_dump(mode="json"),
            "models": self.models.public(),
            "tools": {"source": chosen.public, "digest": chosen.library.digest},
            "parent": None if self.parent is None else str(self.parent),
            "version": __version__,
        }


def _output(output: Path | None, optimizer: str, force: bool) -> Path:
    """Where the program goes, tried before anything is spent on it.

    Raises UsageError for a file that is there, unless ``force``, and StoreError for one that cannot be written.
    """
    from toolgrad_dspy.files import check_writable

    folder = Path("programs")
    path = output or next(p for i in itertools.count() if not (p := folder / f"{optimizer}-{i}.json").exists())
    if path.exists() and not force:
        raise UsageError(f"{path} exists; choose another file with -o, or overwrite it with --force")
    check_writable(path)
    return path
