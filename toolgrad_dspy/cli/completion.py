"""``toolgrad-dspy completion``: the script with which a shell completes commands and options."""

from typing import Annotated, Literal

import typer

from toolgrad_dspy.cli.output import say

# The variable by which the script asks the command line for what could come next.
VARIABLE = "_TOOLGRAD_DSPY_COMPLETE"

Shell = Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="bash, zsh or fish.", metavar="SHELL")]


def prepare() -> None:
    """Have the command line answer what the script asks: Typer does not, unless it also installs scripts."""
    from typer.completion import completion_init  # type: ignore[attr-defined]  # it is in no __all__

    completion_init()


def completion(shell: Shell) -> None:
    """Print a script that completes commands, options and their values: source <(toolgrad-dspy completion bash)."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # it is in no __all__

    say(get_completion_script(prog_name="toolgrad-dspy", complete_var=VARIABLE, shell=shell))
