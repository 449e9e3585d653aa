"""Options that several commands share."""

from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import typer

from toolgrad_dspy.logs import LogLevel


def finite(value: float | None) -> float | None:
    """``value``, unless it is infinite or no number, which limits do not tell."""
    if value is not None and not isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number")
    return value


ToolsFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--tools",
        help='An MCP servers file ({"mcpServers": {...}}) or a Python file (tools.py, or tools.py:NAME for one '
        "function, list or source in it); may be given again. Default: the bundled world.",
        metavar="FILE",
        show_default=False,
    ),
]
MaxServers = Annotated[
    int | None,
    typer.Option(
        "--max-servers",
        help="How many processes of MCP servers run at once. Default: what the file of the servers says, or what the "
        "memory and the limits of the system bear.",
        min=1,
        max=10_000,
        show_default=False,
    ),
]
# NumPy, which some optimizers draw with, takes no larger one.
Seed = Annotated[int, typer.Option("--seed", help="The seed of everything random.", min=0, max=2**32 - 1)]
MaxConcurrency = Annotated[
    int, typer.Option("--max-concurrency", help="How many sessions run at once.", min=1, max=10_000)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
RunFolder = Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN", show_default=False)]

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="A configuration file (YAML).", metavar="FILE", show_default=False),
]

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="The model of all roles: litellm's provider/model; goes before the environment and --config.",
        metavar="NAME",
        show_default=False,
    ),
]

LogLevelOption = Annotated[
    LogLevel | None,
    typer.Option(
        "--log-level",
        help="Log what happens: info has sessions, servers, retries and budgets, debug each call too. To standard "
        "error, or --log-file. Default: info with --log-file, else nothing.",
        metavar="LEVEL",
        show_default=False,
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option("--log-file", help="Append the log to this file.", metavar="PATH", show_default=False),
]

# The loop's settings. None means not given: the configuration file or the default decides.
Iterations = Annotated[
    int | None, typer.Option("--iterations", help="Passes of the loop per sample (8).", min=1, max=100)
]
MiniBatch = Annotated[int | None, typer.Option("--mini-batch", help="Tools shown per iteration (24).", min=1)]
Proposals = Annotated[int | None, typer.Option("--proposals", help="Proposals per iteration (3).", min=1, max=16)]
Repairs = Annotated[
    int | None,
    typer.Option(
        "--repairs", help="Turns to mend calls, per iteration, or per proposal with --mend all (2).", min=0, max=10
    ),
]
Mend = Annotated[
    Literal["needed", "all"] | None,
    typer.Option(
        "--mend",
        help="Mend every proposal that failed or came back empty (all), or only when none of the iteration gave a "
        "result (needed). Default: needed.",
    ),
]
Base = Annotated[
    Literal["shipped", "plain"] | None,
    typer.Option(
        "--base",
        help="The instructions to begin with: those that ship, or plain ones without advice, to measure tuning by. "
        "Default: shipped.",
    ),
]
MaxCalls = Annotated[
    int | None,
    typer.Option(
        "--max-calls-per-session",
        help="LM calls that one session may make; it ends with the steps that it has. Default: no limit.",
        min=4,
    ),
]
Chains = Annotated[int | None, typer.Option("--chains", help="Chains a workflow may have (10).", min=1)]

MaxUsd = Annotated[
    float | None,
    typer.Option(
        "--max-usd",
        help="Stop after this many US dollars; counts calls with known prices.",
        min=0.000001,
        callback=finite,
    ),
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", help="Stop after this many tokens.", min=1)]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        help="Minutes to wait for a model that has stopped to answer, before the run ends; 30 if nothing is set.",
        metavar="MINUTES",
        min=0,
        max=100_000,
        show_default=False,
    ),
]
MaxToolCalls = Annotated[int | None, typer.Option("--max-tool-calls", help="Stop after this many tool calls.", min=1)]

# Options of generate alone.
MaxFailures = Annotated[
    int,
    typer.Option(
        "--max-failures",
        help="Stop when this many sessions in a row give no sample for one reason (three times as many once one was "
        "accepted); 0: never.",
        metavar="N",
        min=0,
    ),
]
Grace = Annotated[
    float,
    typer.Option(
        "--grace", help="Seconds that running sessions get to end when the run is stopped.", metavar="SECONDS", min=0
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Play the sessions of an earlier start again that failed.")
]
Sessions = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--sessions",
        help="How many sessions to run, one sample each. Needed, but for --preview (3).",
        min=1,
        max=10**9,
        show_default=False,
    ),
]
ProgramOption = Annotated[
    Path | None, typer.Option("--program", help="A compiled program.", metavar="FILE", show_default=False)
]
RunOutput = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="The run folder; an existing run is resumed. Default: runs/TIME.", show_default=False
    ),
]
Update = Annotated[
    Literal["each", "last"] | None,
    typer.Option("--update", help="Write query and response in each iteration, or once at the end (last)."),
]
# The value of --judge without one: the six criteria.
JUDGE_BY = "all"
JudgeBy = Annotated[
    str | None,
    typer.Option(
        "--judge",
        help="Accept only what judges accept, too: by specificity, alignment, sufficiency, minimality, solvability "
        "and coherence, or by those named, with commas; qor>=80 is a score of the response, 0 to 100.",
        metavar="[CRITERIA]",
        show_default=False,
    ),
]
JudgeVotes = Annotated[
    int | None,
    typer.Option("--judge-votes", help="How often each question is put to the judge, odd (1).", min=1, max=99),
]
Unique = Annotated[
    float | None,
    typer.Option(
        "--unique",
        help="The share of the samples, 0 to 1, that may be like an earlier one, in calls or query; 0: no two alike. "
        "Others are rejected. Default: all may.",
        metavar="SHARE",
        min=0.0,
        max=1.0,
        callback=finite,
        show_default=False,
    ),
]
Preview = Annotated[
    bool, typer.Option("--preview", help="Run three sessions, or -n, and print their samples; nothing is stored.")
]
LogPrompts = Annotated[
    bool | None,
    typer.Option(
        "--log-prompts/--no-log-prompts",
        help="Keep what is sent and answered in each LM call in the run folder, for show RUN --prompts.",
        show_default=False,
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Run a few sessions without storing them, and estimate the whole.")
]
EstimateFrom = Annotated[
    Path | None,
    typer.Option(
        "--from", help="With --dry-run: estimate from the sessions of this run.", metavar="RUN", show_default=False
    ),
]
