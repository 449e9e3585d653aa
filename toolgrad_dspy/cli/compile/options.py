"""The options of ``toolgrad-dspy compile`` that no other command has."""

from pathlib import Path
from typing import Annotated

import typer

OptimizerName = Annotated[
    str,
    typer.Option(
        "--optimizer",
        help="Which optimizer tunes: gepa, mipro, copro, simba, bootstrap, bootstrap-random, bootstrap-optuna, "
        "infer-rules or better-together.",
        metavar="NAME",
    ),
]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        help='What better-together runs, such as "mipro -> bootstrap".',
        metavar="NAMES",
        show_default=False,
    ),
]
Parent = Annotated[
    Path | None, typer.Option("--program", help="A program to start from.", metavar="FILE", show_default=False)
]
ProgramOutput = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="The program file. Default: the next free programs/gepa-N.json.",
        metavar="FILE",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the program file.")]
Record = Annotated[
    Path | None,
    typer.Option(
        "--record",
        help="Tune on step states recorded in this file, without tools; recorded first if it is not there.",
        metavar="FILE",
        show_default=False,
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with a tuning that was broken off; the rest as it was.")
]

Train = Annotated[int, typer.Option("--train", help="Training tasks.", min=4)]
Validation = Annotated[int, typer.Option("--validation", help="Validation tasks.", min=4)]
Test = Annotated[int, typer.Option("--test", help="Test tasks, not used for tuning.", min=4)]

MetricCalls = Annotated[int, typer.Option("--metric-calls", help="Sessions that tuning may score.", min=1)]
LmCalls = Annotated[
    int | None, typer.Option("--lm-calls", help="LM calls that tuning may make, of all roles.", min=1)
]
BudgetUsd = Annotated[
    float | None,
    typer.Option("--budget-usd", help="US dollars that tuning may cost, where prices are known.", min=1e-6),
]
Minutes = Annotated[float | None, typer.Option("--minutes", help="Minutes that tuning may take.", min=0.01)]
Threads = Annotated[int, typer.Option("--threads", help="Sessions that tuning runs at once.", min=1)]
