"""The command line's entry point: registers the commands and turns errors into one line."""

import os
import sys
from typing import NoReturn

import typer

from toolgrad_dspy import __version__
from toolgrad_dspy.cli import completion as completion_command
from toolgrad_dspy.cli import config as config_command
from toolgrad_dspy.cli import export as export_command
from toolgrad_dspy.cli import generate as generate_command
from toolgrad_dspy.cli import show as show_command
from toolgrad_dspy.cli import stats as stats_command
from toolgrad_dspy.cli import sweep as sweep_command
from toolgrad_dspy.cli import tools as tools_command
from toolgrad_dspy.cli import verify as verify_command
from toolgrad_dspy.cli.compile import compile_
from toolgrad_dspy.cli.doctor import command as doctor_command
from toolgrad_dspy.cli.optional_value import optional_values
from toolgrad_dspy.cli.options import JUDGE_BY
from toolgrad_dspy.cli.output import note
from toolgrad_dspy.cli.programs import app as programs_app
from toolgrad_dspy.errors import ToolGradError, shortened
from toolgrad_dspy.interrupts import STOPPED, raise_interrupt
from toolgrad_dspy.streams import forgiving

# Characters of an error that are shown. The name of a file may be as long as a user likes.
LONGEST_LINE = 4000

app = typer.Typer(
    name="toolgrad-dspy",
    help="Answer-first generation of tool-use training data, as a DSPy program that compiles itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("compile")(compile_)
app.command("completion")(completion_command.completion)
app.command("doctor")(doctor_command.doctor)
app.command("export")(export_command.export)
app.command("generate", cls=optional_values({"--judge": JUDGE_BY}))(generate_command.generate)
app.command("show")(show_command.show)
app.command("stats")(stats_command.stats)
app.command("sweep")(sweep_command.sweep)
app.command("verify")(verify_command.verify)
app.add_typer(tools_command.app, name="tools")
app.add_typer(programs_app, name="programs")
app.add_typer(config_command.app, name="config")


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        sys.stdout.write(f"toolgrad-dspy {__version__}\n")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line on ``arguments`` (default: the process's own) and exit.

    Exit codes: 0 done; 1 the run broke; 2 the command, the environment or a file is wrong; 130 interrupted. (Typer
    ends the process for output that nobody reads, as with ``| head``.)
    """
    raise_interrupt()
    forgiving()
    if completion_command.VARIABLE in os.environ:
        completion_command.prepare()
    try:
        app(arguments, prog_name="toolgrad-dspy")
    except ToolGradError as error:
        note(f"toolgrad-dspy: {shortened(error.line, LONGEST_LINE)}")
        sys.exit(error.exit_code)
    except SystemExit as ended:  # Typer has caught the interruption
        interruption = _interruption(ended)
        if interruption is not None:
            note(str(interruption) or STOPPED)
        raise
    sys.exit(0)


def _interruption(ended: BaseException) -> KeyboardInterrupt | None:
    """The interruption that has led to ``ended``, if one has."""
    cause = ended.__cause__ or ended.__context__
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return cause
