"""``toolgrad-dspy programs``: the compiled programs, how they came about, and what they change."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from toolgrad_dspy.cli.options import Json
from toolgrad_dspy.cli.output import note, say, say_json, table
from toolgrad_dspy.errors import UsageError, os_reason
from toolgrad_dspy.files import is_there

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
    folder: Annotated[Path, typer.Argument(help="The folder they are in.", metavar="FOLDER")] = Path("programs"),
    json: Json = False,
) -> None:
    """List the programs of a folder with their scores on the test tasks, in the order they were written."""
    from toolgrad_dspy.cli.programs.text import HEADER, row, unusable
    from toolgrad_dspy.compiling.programs import Reader

    files = _files(folder)
    reader = Reader() if files else None
    entries = [(path, time, _opened(reader, path)) for time, path in files if reader]
    if json:
        say_json([_entry(path, time, opened) for path, time, opened in entries])
        return
    if not entries:
        say(f"there is no program in {folder}; {MAKE_ONE}")
        return
    rows = [
        unusable(path, time, opened) if isinstance(opened, UsageError) else row(path, opened)
        for path, time, opened in entries
    ]
    say(table(HEADER, rows))
    others = sum(isinstance(opened, UsageError) for _, _, opened in entries)
    note(f"{len(entries) - others} programs" + (f", {others} other or damaged files" if others else ""))


@app.command("show")
def show(file: Annotated[str, _program("FILE")], json: Json = False) -> None:
    """Show how a program came about, its instructions, and its demonstrations in short; --json has them in full.

    Of a demonstration's fields, > marks what the model was given and < what it answered.
    """
    from toolgrad_dspy.cli.programs.text import lines
    from toolgrad_dspy.compiling.programs import Reader

    reader = Reader()
    opened = reader.find(file)
    if json:
        say_json(_data(opened, reader))
    else:
        for line in lines(opened, reader):
            say(line)
    if opened.problem:
        raise opened.problem


@app.command("diff")
def diff(a: Annotated[str, _program("A")], b: Annotated[str, _program("B")], json: Json = False) -> None:
    """Compare two programs: their instructions, their demonstrations, and how they were compiled.

    Instructions stand in two columns on a terminal of 97 columns or more: | marks a changed line, < one that only A
    has, > one that only B has. Elsewhere they stand one under the other, - for A's lines and + for B's.
    """
    from toolgrad_dspy.cli.programs.diff import Comparison
    from toolgrad_dspy.compiling.programs import Reader

    reader = Reader()
    compared = Comparison(*reader.aligned(reader.find(a), reader.find(b)))
    for opened in (compared.a, compared.b):
        if opened.problem:
            raise opened.problem
    if json:
        say_json(compared.data())
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in compared.lines(reader, width):
        say(line)


def _files(folder: Path) -> list[tuple[float, Path]]:
    """The files of ``folder`` with the time they were written, in that order. Raises UsageError.

    Hidden files, such as those that are just being written, what SQLite keeps beside a journal, and folders are left
    out.
    """
    if not is_there(folder):
        raise UsageError(f"there is no folder {folder}; {MAKE_ONE}, in programs", code="no_folder")
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is a file, not a folder; toolgrad-dspy programs show {folder} shows it", code="not_a_folder"
        )

    def dated() -> Iterator[tuple[float, Path]]:
        for path in folder.iterdir():
            beside_a_journal = path.name.endswith((".journal-wal", ".journal-shm"))
            if not path.name.startswith(".") and not beside_a_journal and not path.is_dir():
                # Of the link itself: what it points to may be gone.
                yield path.lstat().st_mtime, path

    try:
        return sorted(dated())
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {os_reason(error)}", code="unreadable_folder") from None


def _opened(reader: "Reader", path: Path) -> "Opened | UsageError":
    """The program in ``path``, or why there is none."""
    from toolgrad_dspy.compiling import journal_of

    if path.suffix == journal_of(path).suffix:
        program = path.with_suffix(".json")
        return UsageError(
            f"{path} is the journal of an unfinished tuning; compile --resume -o {program} resumes it",
            code="unfinished_tuning",
        )
    if not path.is_file():  # reading a pipe would wait for a writer
        return UsageError(f"{path} is not a file that can be read", code="unreadable_program")
    try:
        return reader.open(path)
    except UsageError as error:
        return error


def _entry(path: Path, time: float, opened: "Opened | UsageError") -> dict[str, JsonValue]:
    """A file in the list, as data. ``problem`` and its ``code`` say what is wrong with it, if anything is.

    ``before``, ``after``, ``difference`` and ``gain`` are on the test tasks.
    """
    from toolgrad_dspy.cli.programs.text import parent_of, reason
    from toolgrad_dspy.compiling.description import ProgramScores, ValidationScores

    place: dict[str, JsonValue] = {"program": str(path), "written": _utc(time)}
    problem = opened if isinstance(opened, UsageError) else opened.problem
    state: dict[str, JsonValue] = {
        "problem": reason(problem, path) if problem else None,
        "code": problem.code if problem else None,
    }
    if isinstance(opened, UsageError):
        return {**place, **state}
    description = opened.description
    scores = description.scores if description else ProgramScores(validation=ValidationScores())
    return {
        **place,
        "optimizer": description.optimizer.name if description else None,
        "before": scores.before,
        "after": scores.after,
        "difference": asdict(scores.difference) if scores.difference else None,
        "gain": scores.gain,
        "validation": scores.validation.model_dump(),
        "sessions": description.optimizer.sessions if description else None,
        "parent": parent_of(description) if description else None,
        **state,
    }


def _data(opened: "Opened", reader: "Reader") -> dict[str, JsonValue]:
    """A program as data, its texts in full. ``compiled`` is empty where it is not known how it came about."""
    from toolgrad_dspy.cli.programs.diff import stored

    return {
        "program": opened.name,
        "written": None if opened.written is None else _utc(opened.written),
        "signatures": {
            "file": opened.signatures,
            "this_version": opened.expected,
            "fit": opened.signatures == opened.expected,
        },
        "compiled": stored(opened),
        "predictors": {
            name: {"instructions": text, "demonstrations": [dict(demo) for demo in opened.prompts.demos[name]]}
            for name, text in opened.prompts.instructions.items()
        },
    }


def _utc(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
