"""``completion``: in a real bash, commands, options and their values are completed."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from toolgrad_dspy.cli.app import app

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command by its name, as an installation has it."""
    path = tmp_path_factory.mktemp("bin") / "toolgrad-dspy"
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m toolgrad_dspy "$@"\n')
    path.chmod(0o755)
    return path


def completed(command: Path, *words: str) -> list[str]:
    """What bash offers for the last of ``words``, by the script that the command prints."""
    line = shlex.join(["toolgrad-dspy", *words])
    script = (
        f'PATH={shlex.quote(str(command.parent))}:"$PATH"\n'
        "source <(toolgrad-dspy completion bash)\n"
        f"COMP_WORDS=({line}); COMP_CWORD={len(words)}\n"
        "function=$(complete -p toolgrad-dspy | sed 's/.*-F \\([^ ]*\\) .*/\\1/')\n"
        '"$function" toolgrad-dspy\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(["bash", "--norc", "-eu", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@needs_bash
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["gen"], ["generate"]),
        (["programs", ""], ["list", "show", "diff"]),
        (["generate", "--previ"], ["--preview"]),
        (["compile", "--dry"], ["--dry-run"]),
        (["generate", "--mend", ""], ["needed", "all"]),
        (["sweep", "--log-level", "wa"], ["warning"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["tools", "list", "--tools", ""], []),
    ],
)
def test_bash_completes_commands_options_and_values(command: Path, words: list[str], offered: list[str]) -> None:
    assert completed(command, *words) == offered


@needs_bash
def test_every_command_is_offered(command: Path) -> None:
    names = {info.name for info in app.registered_commands} | {group.name for group in app.registered_groups}
    assert set(completed(command, "")) == names


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed_and_is_right(shell: str) -> None:
    script = CliRunner().invoke(app, ["completion", shell]).stdout
    assert "toolgrad-dspy" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_another_shell_is_one_line_with_those_there_are() -> None:
    done = CliRunner().invoke(app, ["completion", "tcsh"])
    assert done.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr
