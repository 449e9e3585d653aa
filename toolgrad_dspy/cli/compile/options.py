"""The options of ``toolgrad-dspy compile`` that no other command has."""

from pathlib import Path
from typing import Annotated

import typer

OptimizerName = Annotated[
    str,
    typer.Option(
        "--optimizer",
        help="The optimizer: gepa, mipro, copro, simba, bootstrap, bootstrap-random, bootstrap-optuna, "
        "infer-rules or better-together.",
        metavar="NAME",
    ),
]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        help='The optimizers that better-together runs in a row, such as "mipro -> bootstrap".',
        metavar="NAMES",
        show_default=False,
    ),
]
Parent = Annotated[
    Path | None,
    typer.Option("--program", help="A compiled program to start from.", metavar="FILE", show_default=False),
]
ProgramOutput = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="The program file to write. Default: the next free programs/OPTIMIZER-N.json.",
        metavar="FILE",
        show_default=False,
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite the program file, and discard an interrupted tuning.")
]
RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--record",
        help="Tune on steps recorded in this file, without calling tools. Recorded first if it does not exist.",
        metavar="FILE",
        show_default=False,
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Resume an interrupted tuning.")]

Train = Annotated[int, typer.Option("--train", help="Number of training tasks.", min=4)]
Validation = Annotated[int, typer.Option("--validation", help="Number of validation tasks.", min=4)]
Test = Annotated[int, typer.Option("--test", help="Number of test tasks. Tuning never sees them.", min=4)]

MetricCalls = Annotated[int, typer.Option("--metric-calls", help="The most sessions that tuning may score.", min=1)]
LmCalls = Annotated[
    int | None, typer.Option("--lm-calls", help="The most LM calls that tuning may make, all roles together.", min=1)
]
BudgetUsd = Annotated[
    float | None,
    typer.Option("--budget-usd", help="The most US dollars that tuning may cost, where prices are known.", min=1e-6),
]
Minutes = Annotated[float | None, typer.Option("--minutes", help="The most minutes that tuning may take.", min=0.01)]
Threads = Annotated[int, typer.Option("--threads", help="Number of sessions that tuning runs at once.", min=1)]
