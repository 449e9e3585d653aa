"""The options of ``toolgrad-dspy compile`` that no other command has."""

from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolgrad_dspy.cli.options import finite
from toolgrad_dspy.errors import UsageError, one_line

if TYPE_CHECKING:
    from toolgrad_dspy.lm import Role

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
Tune = Annotated[
    str,
    typer.Option(
        "--tune",
        help="The roles whose prompts are tuned, separated by commas: proposer, selector, updater, executor.",
        metavar="ROLES",
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

Train = Annotated[int, typer.Option("--train", help="Number of training tasks.", min=4, max=100_000)]
Validation = Annotated[int, typer.Option("--validation", help="Number of validation tasks.", min=4, max=100_000)]
Test = Annotated[
    int, typer.Option("--test", help="Number of test tasks. Tuning never sees them.", min=4, max=100_000)
]

# A tuning runs many sessions, so they are shorter than those of a run (compiling.ITERATIONS).
Iterations = Annotated[
    int | None, typer.Option("--iterations", help="Passes of the loop per session (5).", min=1, max=100)
]

MetricCalls = Annotated[
    int, typer.Option("--metric-calls", help="The most sessions that tuning may score.", min=1, max=1_000_000)
]
LmCalls = Annotated[
    int | None,
    typer.Option("--lm-calls", help="The most LM calls of all stages and roles together.", min=1),
]
BudgetUsd = Annotated[
    str,
    typer.Option(
        "--budget-usd",
        help='The most US dollars that all stages may cost, where prices are known; "none" for no limit.',
        metavar="USD",
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option("--minutes", help="The most minutes of all stages.", min=0.01, max=525_600, callback=finite),
]
Threads = Annotated[int, typer.Option("--threads", help="Number of sessions that run at once.", min=1, max=1_000)]


def dollars(text: str) -> float | None:
    """What ``--budget-usd`` allows, None for no limit. Raises UsageError (``invalid_value``)."""
    if text.strip().lower() == "none":
        return None
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not 0 < value < inf:
        raise UsageError(
            f'--budget-usd has to be a number of US dollars above 0, or "none", not {one_line(text, 40)!r}',
            code="invalid_value",
        )
    return value


def roles(text: str) -> "tuple[Role, ...]":
    """The roles that ``--tune`` names. Raises UsageError (``unknown_role``)."""
    from toolgrad_dspy.compiling import check_roles
    from toolgrad_dspy.lm import LOOP_ROLES

    names = [name.strip() for name in text.split(",")]
    check_roles(names)
    return tuple(role for role in LOOP_ROLES if role in names)
