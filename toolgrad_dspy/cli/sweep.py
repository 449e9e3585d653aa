"""``toolgrad-dspy sweep``: search for settings, quality up and cost down."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolgrad_dspy.cli.log_options import log_target, with_log
from toolgrad_dspy.cli.options import (
    Json,
    LogFile,
    LogLevelOption,
    MaxFailures,
    MaxServers,
    ModelOption,
    Quiet,
    Seed,
    ToolsFiles,
    Wait,
)
from toolgrad_dspy.cli.output import note, say, say_json, table
from toolgrad_dspy.errors import RunError
from toolgrad_dspy.interrupts import STOPPED, Stopped

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from toolgrad_dspy.sweeps import SweepOutcome, SweepResult

SpaceFile = Annotated[
    Path | None,
    typer.Option(
        "--space",
        help="The search space (YAML). Default: the settings of the loop, the adapter, the temperature, GEPA or no "
        "optimizer.",
        metavar="FILE",
        show_default=False,
    ),
]
Trials = Annotated[
    int, typer.Option("--trials", help="Trials in all, over all workers and starts.", min=1, max=100_000)
]
Workers = Annotated[int, typer.Option("--workers", help="Processes that run trials.", min=1, max=256)]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        help="A journal file, or the URL of a database; ${VARIABLE} keeps a password out of it. Default: journal.log "
        "in the output folder.",
        metavar="FILE|URL",
        show_default=False,
    ),
]
StudyName = Annotated[str, typer.Option("--study", help="The name of the study.", metavar="NAME")]
Single = Annotated[
    bool, typer.Option("--single", help="Search for quality alone, and end trials early that fall behind.")
]
TestSessions = Annotated[int, typer.Option("--sessions", help="Sessions that score a trial.", min=1, max=100_000)]
MetricCalls = Annotated[
    int, typer.Option("--metric-calls", help="Sessions that an optimizer may score in a trial.", min=1, max=1_000_000)
]
Train = Annotated[int, typer.Option("--train", help="Training tasks of an optimizer.", min=1, max=100_000)]
Validation = Annotated[
    int, typer.Option("--validation", help="Validation tasks of an optimizer.", min=1, max=100_000)
]
Threads = Annotated[int, typer.Option("--threads", help="Sessions that an optimizer runs at once.", min=1, max=1_000)]
SweepOutput = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="The folder of the results; the same one resumes. Default: sweeps/NAME.",
        metavar="FOLDER",
        show_default=False,
    ),
]
TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Run the trials again that other machines have left running.")
]


@with_log
def sweep(
    space: SpaceFile = None,
    trials: Trials = 30,
    workers: Workers = 1,
    storage: Storage = None,
    study: StudyName = "sweep",
    single: Single = False,
    sessions: TestSessions = 16,
    metric_calls: MetricCalls = 32,
    train: Train = 6,
    validation: Validation = 6,
    threads: Threads = 8,
    tools: ToolsFiles = None,
    model: ModelOption = None,
    max_servers: MaxServers = None,
    seed: Seed = 0,
    output: SweepOutput = None,
    take_over: TakeOver = False,
    max_failures: MaxFailures = 20,
    wait: Wait = None,
    quiet: Quiet = False,
    log_level: LogLevelOption = None,
    log_file: LogFile = None,
    json: Json = False,
) -> None:
    """Search for settings with Optuna, quality up and cost down. The same command resumes a sweep.

    A trial is the program with settings drawn from the space, tuned if they name an optimizer, on the same sessions
    as every other trial. The best settings go to best.yaml, for --config of the other commands.
    """
    from toolgrad_dspy.runs import REHEARSAL_NOTE
    from toolgrad_dspy.sweeps import Sweep, SweepSpec

    spec = SweepSpec(
        output=output,
        study=study,
        space=space,
        trials=trials,
        workers=workers,
        storage=storage,
        single=single,
        sessions=sessions,
        metric_calls=metric_calls,
        train=train,
        validation=validation,
        threads=threads,
        tools=tools,
        model=model,
        max_servers=max_servers,
        seed=seed,
        take_over=take_over,
        wait=wait,
        max_failures=max_failures,
        log=log_target(log_level, log_file),
    )
    try:
        opened = Sweep.open(spec)
        if opened.is_rehearsal and not quiet:
            note(REHEARSAL_NOTE)
        result = opened.run(_say_nothing if quiet else note)
    except KeyboardInterrupt:
        raise Stopped(f"{STOPPED}; the same command resumes") from None
    _report(result, json)


def _say_nothing(line: str) -> None:
    """Progress, if quiet."""


def _report(result: "SweepResult", json: bool) -> None:
    outcome = result.outcome
    if json:
        say_json(result.data())
    else:
        for line in _lines(outcome):
            say(line)
        for path in result.files:
            say(f"written: {path}")
    if outcome.best is None:
        reason = outcome.first_failure or "no trial had an accepted sample"
        raise RunError(f"there is no best trial: {reason}", code="no_best_trial")


def _lines(outcome: "SweepOutcome") -> list[str]:
    """The Pareto set, or the best trials, as a table."""
    from optuna.trial import TrialState

    searched, unit = outcome.space.searched, outcome.plan.unit
    complete, pruned, failed = (
        outcome.count(state) for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    )
    return [
        f"{'best trials' if outcome.plan.single else 'Pareto set'}: {len(outcome.front)} of {complete} complete "
        f"trials, {pruned} ended early, {failed} failed",
        table(
            ("trial", "quality", f"{unit}/sample", "accepted", *searched),
            [_row(trial, searched, unit) for trial in outcome.front],
        ),
    ]


def _row(trial: "FrozenTrial", searched: Sequence[str], unit: str) -> list[object]:
    from toolgrad_dspy.sweeps.report import accepted, cost, quality

    # Shorter than what a table does with a float: many settings stand in a row.
    settings = [trial.params.get(name) for name in searched]
    shown = [f"{value:g}" if isinstance(value, float) else value for value in settings]
    return [trial.number, quality(trial), f"{cost(trial):.{6 if unit == 'usd' else 0}f}", accepted(trial), *shown]
