"""Writing files so that a reader never sees half of one, and errors of the disk in one line."""

import errno
import io
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from toolgrad_dspy.errors import StoreError, one_line, os_reason

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LARGEST = 256 * 2**20
"""Bytes of a file that a user names."""

_WRITE = "write it"
_ALTERED = ("no such table", "no such column", "unsupported file format")


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
        # "file is not a database", "... is malformed"; or a table of ours by another name
        damaged = type(error) is sqlite3.DatabaseError or str(error).startswith(_ALTERED)
        raise StoreError(
            f"{path}: {'damaged, ' if damaged else ''}cannot {doing}: {one_line(error)}",
            code="damaged" if damaged else "database",
        ) from error
    except UnicodeDecodeError as error:  # of SQLite's own message, which quotes what it cannot make sense of
        raise StoreError(f"{path}: damaged, cannot {doing}: it is not text in UTF-8", code="damaged") from error
    except OSError as error:
        raise StoreError(f"{path}: cannot {doing}: {os_reason(error)}", code="file_system") from error


@contextmanager
def atomic_writer(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8) that replaces ``path`` when the block succeeds, and is removed when it raises.

    The content is on the disk before the file gets its name. Raises StoreError where it cannot be written; what the
    block itself raises is passed on.
    """
    temporary = _beside(path, "tmp")
    with store_errors(path, _WRITE):
        raw = _Replacement(temporary, path)
    try:
        with io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            with store_errors(path, _WRITE):
                os.fsync(raw.fileno())
        with store_errors(path, _WRITE):
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class _Replacement(io.FileIO):
    """A new file that is to replace ``path``: when the disk is full, that is an error about ``path``."""

    def __init__(self, name: Path, path: Path) -> None:
        super().__init__(name, "x")
        self._path = path

    def write(self, data: "ReadableBuffer", /) -> int:
        with store_errors(self._path, _WRITE):
            return super().write(data)


def read_input(path: Path, encoding: str = "utf-8-sig", most: int = LARGEST) -> str:
    """The text of a file that a user names. A FIFO that nobody writes to is empty, and not waited for.

    Raises OSError, also (EFBIG) for one of more than ``most`` bytes, such as a device without an end; and
    UnicodeDecodeError.
    """
    # Without it the system waits for somebody who opens the other end of a FIFO.
    flag = getattr(os, "O_NONBLOCK", 0)
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | flag)) as file:
        if flag:
            os.set_blocking(file.fileno(), True)
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most // 2**20} MB")
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding).read()


def _beside(path: Path, ending: str) -> Path:
    """A hidden name in the folder of ``path`` that no other thread or process uses."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.{ending}")


def is_there(path: Path) -> bool:
    """Whether there is anything at ``path``. Raises StoreError where the system does not say: for too long a name."""
    with store_errors(path, "look for it"):
        return path.exists()


def check_writable(path: Path) -> None:
    """Raise StoreError if ``path`` could not be written; its folder is created if it is missing."""
    with store_errors(path, _WRITE):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = _beside(path, "trial")
        trial.touch()
        trial.unlink()


def written_ahead(connection: sqlite3.Connection) -> sqlite3.Connection:
    """``connection`` in write-ahead mode: a kill loses no finished transaction and leaves no half of one.

    The connection is closed if that fails.
    """
    with ExitStack() as opened:
        opened.callback(connection.close)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        opened.pop_all()
    return connection
