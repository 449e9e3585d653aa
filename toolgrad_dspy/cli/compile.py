"""``toolgrad-dspy compile``: tune the program's prompts and save them."""

import itertools
from pathlib import Path
from typing import Annotated

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
    from toolgrad_dspy.cli.compile_progress import CompileProgress
    from toolgrad_dspy.cli.compile_report import lines, summary
    from toolgrad_dspy.cli.configuration import load, program_config
    from toolgrad_dspy.cli.sources import sources
    from toolgrad_dspy.judging import Metric
    from toolgrad_dspy.lm import LOOP_ROLES, Models
    from toolgrad_dspy.optimizers import Budget, compile_program
    from toolgrad_dspy.optimizers import optimizer as find_optimizer
    from toolgrad_dspy.program import ToolGrad, draw, load_program, run_on_loop_thread, save_program

    path = _output(output, optimizer, force)
    chosen_optimizer = find_optimizer(optimizer)
    file = load(config)
    models = Models.from_environment(file.models, file.source)
    loop = program_config(
        file, mini_batch=mini_batch, proposals=proposals, iterations=iterations, repairs=repairs, chains=chains
    )
    chosen = sources(tools)
    toolgrad = ToolGrad(chosen.library, models, loop)
    if program is not None:
        load_program(program, toolgrad)
    tasks, metric, budget = draw(seed, train, validation, test), Metric(), Budget(metric_calls, threads)
    if not quiet and models.all_rehearsal:
        note(REHEARSAL_NOTE)
    run_on_loop_thread(chosen.library.open())
    try:
        if not quiet:
            note(f"tools: {chosen.name}, {len(chosen.library.tools)} tools")
            note(f"tasks: {train} to train, {validation} to validate, {test} to test")
            for line in chosen.library.notes:
                note(line)
        run_on_loop_thread(models.check((*LOOP_ROLES, "reflection")))
        with CompileProgress(metric_calls, quiet) as progress:
            compiled = compile_program(
                toolgrad,
                tasks,
                metric,
                models,
                chosen_optimizer,
                budget=budget,
                seed=seed,
                stage=progress.stage,
                progress=progress.show,
            )
    finally:
        run_on_loop_thread(chosen.library.close())
        run_on_loop_thread(models.aclose())
    save_program(
        path,
        compiled.tuning.program,
        {
            "optimizer": {"name": optimizer, "metric_calls": metric_calls, "seed": seed},
            "metric": dict(metric.weights),
            "tasks": {"train": train, "validation": validation, "test": test},
            "scores": {"before": compiled.before.score, "after": compiled.after.score},
            "program": loop.model_dump(mode="json"),
            "models": models.public(),
            "tools": {"source": chosen.public, "digest": chosen.library.digest},
            "parent": None if program is None else str(program),
            "version": __version__,
        },
    )
    if json:
        say_json({"program": str(path), **summary(compiled)})
        return
    for line in lines(compiled):
        say(line)
    say(f"saved: {path}")
    say(f"next: python -m toolgrad_dspy.generate -n 20 --program {path}{f' --tools {tools}' if tools else ''}")


def _output(output: Path | None, optimizer: str, force: bool) -> Path:
    """Where the program goes. Raises UsageError for a file that is there, unless ``force``."""
    if output is not None:
        if output.exists() and not force:
            raise UsageError(f"{output} exists; choose another file with -o, or overwrite it with --force")
        return output
    folder = Path("programs")
    return next(path for i in itertools.count() if not (path := folder / f"{optimizer}-{i}.json").exists())
