"""``toolgrad-dspy programs``: the programs that were compiled, how they came about, and what they change."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from toolgrad_dspy.cli.options import Json
from toolgrad_dspy.cli.output import note, say, say_json, table
from toolgrad_dspy.errors import UsageError, os_reason

if TYPE_CHECKING:
    from toolgrad_dspy.compiling.programs import Opened, Reader

app = typer.Typer(help="The compiled programs.", no_args_is_help=True)

MAKE_ONE = "toolgrad-dspy compile makes one"


def _program(metavar: str) -> typer.models.ArgumentInfo:
    shown: typer.models.ArgumentInfo = typer.Argument(
        help='A program file, or "base" for the untuned program of this version.', metavar=metavar, show_default=False
    )
    return shown


@app.command("list")
def list_(
    folder: Annotated[Path, typer.Argument(help="The folder they are in.", metavar="[FOLDER]")] = Path("programs"),
    json: Json = False,
) -> None:
    """List the programs of a folder with their scores on the test tasks, in the order they were written."""
    from toolgrad_dspy.cli.programs.text import HEADER, row, unusable
    from toolgrad_dspy.compiling.programs import Reader

    files = _files(folder)
    reader = Reader() if files else None
    entries = [(path, time, _opened(reader, path)) for time, path in files if reader]
    if json:
        say_json([_entry(path, time, found) for path, time, found in entries])
        return
    if not entries:
        say(f"there is no program in {folder}; {MAKE_ONE}")
        return
    rows = [
        unusable(path.name, time, found) if isinstance(found, str) else row(path.name, found)
        for path, time, found in entries
    ]
    say(table(HEADER, rows))
    others = sum(isinstance(found, str) for _, _, found in entries)
    note(f"{len(entries) - others} programs" + (f", {others} other or damaged files" if others else ""))


@app.command("show")
def show(file: Annotated[str, _program("FILE")], json: Json = False) -> None:
    """Show how a program came about, its instructions, and its demonstrations in short; --json has them in full.

    Of a demonstration's fields, > marks what the model was given and < what it answered.
    """
    from toolgrad_dspy.cli.programs.text import lines
    from toolgrad_dspy.compiling.programs import Reader

    reader = Reader()
    found = reader.find(file)
    if json:
        say_json(_data(found, reader))
    else:
        for line in lines(found, reader):
            say(line)
    if found.problem:
        raise UsageError(found.problem)


@app.command("diff")
def diff(a: Annotated[str, _program("A")], b: Annotated[str, _program("B")], json: Json = False) -> None:
    """Compare two programs: their instructions, their demonstrations, and how they were compiled.

    Instructions stand in two columns on a terminal of 97 columns or more: | marks a changed line, < one that only A
    has, > one that only B has. Elsewhere they stand one under the other, - for A's lines and + for B's.
    """
    from toolgrad_dspy.cli.programs.diff import Comparison
    from toolgrad_dspy.compiling.programs import Reader

    reader = Reader()
    compared = Comparison(reader.find(a), reader.find(b))
    for one in (compared.a, compared.b):
        if one.problem:
            raise UsageError(one.problem)
    if json:
        say_json(compared.data())
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in compared.lines(reader, width):
        say(line)


def _files(folder: Path) -> list[tuple[float, Path]]:
    """The files of ``folder`` with the time they were written, in that order. Raises UsageError.

    Hidden files, such as those that are just being written, and folders are left out.
    """
    if not folder.exists():
        raise UsageError(f"there is no folder {folder}; {MAKE_ONE}, in programs")
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file and no folder; toolgrad-dspy programs show {folder} shows it")

    def found() -> Iterator[tuple[float, Path]]:
        for path in folder.iterdir():
            if not path.name.startswith(".") and not path.is_dir():
                yield path.lstat().st_mtime, path

    try:
        return sorted(found())
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {os_reason(error)}") from None


def _opened(reader: "Reader", path: Path) -> "Opened | str":
    """The program in ``path``, or why there is none."""
    from toolgrad_dspy.cli.compile.job import journal_of

    if path == journal_of(path):
        return "the journal of a tuning that has not come to its end; compile --resume goes on with it"
    if not path.is_file():  # a pipe would be waited for
        return "no file that can be read"
    try:
        return reader.open(path)
    except UsageError as error:
        return str(error).removeprefix(f"{path} ")


def _entry(path: Path, time: float, found: "Opened | str") -> dict[str, JsonValue]:
    """A file in the list, as data. ``problem`` says why it cannot be used, if it cannot."""
    from toolgrad_dspy.cli.programs.text import parent_of
    from toolgrad_dspy.compiling.programs import at, number

    place: dict[str, JsonValue] = {"program": str(path), "written": _utc(time)}
    if isinstance(found, str):
        return {**place, "problem": found}
    optimizer, scores = (at(found.compiled, key) for key in ("optimizer", "scores"))
    return {
        **place,
        "optimizer": at(optimizer, "name"),
        "before": number(at(scores, "before")),
        "after": number(at(scores, "after")),
        "difference": at(scores, "difference"),
        "gain": at(scores, "gain"),
        "sessions": at(optimizer, "sessions"),
        "parent": parent_of(found.compiled),
        "problem": found.problem or None,
    }


def _data(found: "Opened", reader: "Reader") -> dict[str, JsonValue]:
    """A program as data, its texts in full."""
    return {
        "program": found.name,
        "written": None if found.written is None else _utc(found.written),
        "signatures": {
            "file": found.signatures,
            "this_version": reader.base.signatures,
            "fit": not found.problem,
        },
        "compiled": dict(found.compiled),
        "predictors": {
            name: {"instructions": text, "demonstrations": [dict(demo) for demo in found.prompts.demos[name]]}
            for name, text in found.prompts.instructions.items()
        },
    }


def _utc(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
