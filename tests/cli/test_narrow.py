"""In a narrow terminal, or in none, nothing that commands show is lost."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from toolgrad_dspy.cli.app import app

COMMANDS = (
    ["--help"],
    ["generate", "--help"],
    ["compile", "--help"],
    ["sweep", "--help"],
    ["tools", "list"],
    ["doctor"],
    ["config", "show"],
    ["programs", "show", "base"],
)


def words(command: list[str]) -> list[str]:
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.exception
    return re.findall(r"[\w-]+", done.stdout)


@pytest.mark.parametrize("columns", ["20", "40", "0", "wide"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_word_is_there_whatever_the_width(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    wide = words(command)
    monkeypatch.setenv("COLUMNS", columns)
    assert words(command) == wide
