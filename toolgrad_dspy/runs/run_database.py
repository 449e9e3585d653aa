"""The database of a run: its tables, made whole, and opened as what it is.

There are checksums over all of it (``checksums.py``): of each session, with one of its own for the trace, which is
most of the bytes and often not read; of the tools and of what was used as wholes, in ``meta``, where the number of
sessions is kept, too; and of each row of ``meta``. Runs of version 0.1.0 (schema 3) have none: they are read as they
are.
"""

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.files import store_errors, written_ahead
from toolgrad_dspy.records import RoleUsage, SessionStatus
from toolgrad_dspy.runs.checksums import checksum
from toolgrad_dspy.runs.stored_configuration import StoredConfiguration

SCHEMA = 4
"""The number of the schema that is written, in ``user_version``."""

RUN_DB = "run.db"
# What stands in the row of a session under its checksum, in this order; and in a row of what was spent.
SESSION = '"index", seed, status, reason, sample, usage, seconds'
SPENT = ("stage", "role", "model", *RoleUsage.model_fields)

_SPENT_TYPES = {"usd": "REAL"}

_TABLES = f"""
BEGIN;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tools (position INTEGER PRIMARY KEY, tool TEXT NOT NULL);
CREATE TABLE sessions (
    "index" INTEGER PRIMARY KEY,
    seed TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN {get_args(SessionStatus)}),
    reason TEXT NOT NULL,
    sample TEXT,
    usage TEXT NOT NULL,
    seconds REAL NOT NULL,
    checksum INTEGER NOT NULL,
    trace TEXT NOT NULL,
    trace_checksum INTEGER NOT NULL
);
CREATE TABLE spent (
    stage TEXT NOT NULL,
    role TEXT NOT NULL,
    model TEXT NOT NULL,
    {" ".join(f"{name} {_SPENT_TYPES.get(name, 'INTEGER')} NOT NULL," for name in RoleUsage.model_fields)}
    PRIMARY KEY (stage, role, model)
) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA};
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the tables of a schema are read.

    ``checksum`` and ``trace_checksum`` are columns, as SQL; ``is_checked`` says that there are checksums at all.
    """

    checksum: str
    trace_checksum: str
    is_checked: bool


LAYOUTS = {3: Layout("0", "0", is_checked=False), SCHEMA: Layout("checksum", "trace_checksum", is_checked=True)}
"""The schemas that are read, by number."""


def make_database(path: Path, config: StoredConfiguration, tools: Sequence[str]) -> None:
    """Make the database ``path`` of a new run, which has its name when it is whole. Raises StoreError."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.new")
    with store_errors(path.parent, "begin a run in it"):
        try:
            with closing(sqlite3.connect(beside, isolation_level=None)) as connection:
                written_ahead(connection)
                connection.executescript(_TABLES)
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO tools VALUES (?, ?)", enumerate(tools))
                put_meta(connection, "config", json.dumps(dict(config)))
                put_meta(connection, "tools", str(checksum(*tools)))
                put_meta(connection, "spent", str(checksum()))
                put_meta(connection, "sessions", "0")
                connection.execute("COMMIT")
            _on_disk(beside)
            beside.replace(path)
        finally:
            # Those of earlier starts, too, that were killed: whoever makes a run has its lock.
            for left in path.parent.glob(f".{path.name}.*"):
                left.unlink(missing_ok=True)


def put_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep ``value`` under ``key`` in the table ``meta``. In a transaction of the caller's."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", (key, value, checksum(key, value)))


def open_database(path: Path) -> sqlite3.Connection:
    """The database of a run, to read and write. Raises StoreError."""
    with store_errors(path, "open it"):
        return written_ahead(_connect(path, "?mode=rw"))


def open_to_read(path: Path) -> sqlite3.Connection:
    """The database of a run, also during the run. Raises StoreError."""
    # To read a WAL database SQLite makes files beside it, unless it is told that nobody writes. In a folder that we
    # may not write to, and where no writer has left its log, nobody does.
    alone = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    with store_errors(path, "open it"):
        return _connect(path, "?immutable=1" if alone else "?mode=ro")


def layout_of(connection: sqlite3.Connection, folder: Path) -> Layout:
    """The layout of the run in ``folder``. Raises UsageError (``other_version``, ``foreign_folder``), StoreError."""
    with store_errors(folder, "read it"):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if version == 0 and "sessions" not in tables:
        raise UsageError(
            f"the run.db in {folder} is of another program; choose another folder with -o", code="foreign_folder"
        )
    if version not in LAYOUTS:
        known = " and ".join(map(str, LAYOUTS))
        raise UsageError(
            f"{folder} was written by another version (schema {version}; this one reads schemas {known}); read it "
            "with the version that wrote it, or generate it again with the same seed",
            code="other_version",
        )
    return LAYOUTS[version]


def refuse_damaged(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise StoreError (``damaged``) if the pages of a database do not fit together: it is not written to then."""
    with store_errors(folder, "read it"):
        (first,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if first != "ok":
        found = " ".join(str(first).split())
        raise StoreError(f"{folder}: damaged: {found}; choose another folder with -o", code="damaged")


def refuse_empty(folder: Path, there: Iterable[str]) -> None:
    """Raise StoreError (``damaged``) for an empty ``run.db`` among what is ``there``, if a run was begun there.

    A database is never empty: it has its name when it is whole.
    """
    database = folder / RUN_DB
    with store_errors(folder, "read it"):
        is_empty = database.is_file() and database.stat().st_size == 0
    if is_empty and {"run.lock", "samples.jsonl"} & set(there):
        raise StoreError(
            f"{folder}: damaged: run.db is empty, and the run that it held is lost; choose another folder with -o",
            code="damaged",
        )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = path.absolute().as_uri() + mode
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10, check_same_thread=False)
    # A damaged text is read as it is, so that its checksum tells.
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


def _on_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
