"""Writing files so that a reader never sees half of one, and what goes wrong with them in one line."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from toolgrad_dspy.errors import StoreError, one_line, os_reason


@contextmanager
def store_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn what the disk or SQLite refuses inside the block into a StoreError about ``path``."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # ours: a store used after it was closed
    except sqlite3.DatabaseError as error:
        damaged = type(error) is sqlite3.DatabaseError  # "file is not a database", "... is malformed"
        raise StoreError(
            f"{path}: {'damaged, ' if damaged else ''}cannot {doing}: {one_line(error)}",
            code="damaged" if damaged else "database",
        ) from error
    except OSError as error:
        raise StoreError(f"{path}: cannot {doing}: {os_reason(error)}", code="file_system") from error


@contextmanager
def atomic_writer(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8) that takes the place of ``path`` when the block ends well, and is removed when not.

    The new content is on the disk before it gets the name. Raises StoreError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with store_errors(path, "write it"):
        try:
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            if temporary.parent.is_dir():
                temporary.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise StoreError if ``path`` could not be written; its folder is made on the way."""
    with store_errors(path, "write it"):
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = path.with_name(f".{path.name}.{os.getpid()}.trial")
        trial.touch()
        trial.unlink()


def written_ahead(connection: sqlite3.Connection) -> sqlite3.Connection:
    """``connection``, set to log ahead of writing: a kill loses no transaction that has ended, and keeps no half one.

    Where that fails it is closed.
    """
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:  # whatever ended it: nothing stays open, and it goes on
        connection.close()
        raise
    return connection
