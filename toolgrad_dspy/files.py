"""Writing files so that a reader never sees half of one, and errors of the disk in one line."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from toolgrad_dspy.errors import StoreError, one_line, os_reason


@contextmanager
def store_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn errors of the disk and of SQLite inside the block into a StoreError about ``path``.

    ``doing`` completes "cannot ...". Codes: ``damaged``, ``database``, ``file_system``.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a bug of ours: a store that is used after it was closed
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
    """A text file (UTF-8) that replaces ``path`` when the block succeeds, and is removed when it raises.

    The content is on the disk before the file gets its name. Raises StoreError.
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
            if temporary.parent.is_dir():  # without the folder this would raise another error over the first
                temporary.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise StoreError if ``path`` could not be written; its folder is created if it is missing."""
    with store_errors(path, "write it"):
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = path.with_name(f".{path.name}.{os.getpid()}.trial")
        trial.touch()
        trial.unlink()


def written_ahead(connection: sqlite3.Connection) -> sqlite3.Connection:
    """``connection`` in write-ahead mode: a kill loses no finished transaction and leaves no half of one.

    The connection is closed if that fails.
    """
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:  # interrupts too: the connection is closed before they are passed on
        connection.close()
        raise
    return connection
