"""The run store: a folder that holds one run, safe to kill and to resume.

- ``config.yaml``: the resolved configuration, for people to read; :func:`generate` does not read it.
- ``run.db``: SQLite in WAL mode. Its schema number is in ``user_version``. One row per session in ``sessions``,
  the tools of the run in ``tools``, the configuration that resume is checked against in ``meta``.
- ``run.lock``: held by the one process that writes; see :class:`WriterLock`.

A session is written whole, in one transaction, when it ends: a kill at any moment loses the sessions in flight
and nothing else. Samples are stored as canonical JSON (sorted keys, no white space), so two runs of one seed
have equal bytes in that column, in whatever order their sessions ended.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar, get_args

from pydantic import JsonValue, ValidationError

from toolgrad_dspy.errors import StoreError, UsageError, one_line
from toolgrad_dspy.files import atomic_writer, store_errors, written_ahead
from toolgrad_dspy.records import (
    CheckedBy,
    CheckSubject,
    Record,
    RoleUsage,
    Sample,
    Session,
    SessionStatus,
    Tool,
    Trace,
    Usage,
)
from toolgrad_dspy.runs.lock import WriterLock
from toolgrad_dspy.runs.spending import Spending
from toolgrad_dspy.runs.stored_configuration import StoredConfiguration, differences, write_configuration

SCHEMA = 3

R = TypeVar("R", bound=Record)
Row: TypeAlias = tuple[Any, ...]  # typed by the query

_OURS = ("config.yaml", "run.lock", "run.db")

_TABLES = f"""
BEGIN;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tools (position INTEGER PRIMARY KEY, tool TEXT NOT NULL);
CREATE TABLE sessions (
    "index" INTEGER PRIMARY KEY,
    seed TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN {get_args(SessionStatus)}),
    reason TEXT NOT NULL,
    sample TEXT,
    trace TEXT NOT NULL,
    usage TEXT NOT NULL,
    seconds REAL NOT NULL
);
CREATE TABLE spent (
    stage TEXT NOT NULL,
    role TEXT NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    usd REAL NOT NULL,
    unpriced INTEGER NOT NULL,
    PRIMARY KEY (stage, role, model)
) WITHOUT ROWID;
CREATE INDEX sessions_by_status ON sessions (status, "index");
PRAGMA user_version = {SCHEMA};
COMMIT;
"""


_SPENT = ("stage", "role", "model", *RoleUsage.model_fields)
_SPEND = f"""
INSERT INTO spent ({", ".join(_SPENT)}) VALUES ({", ".join("?" * len(_SPENT))})
ON CONFLICT (stage, role, model) DO UPDATE SET
    {", ".join(f"{name} = {name} + excluded.{name}" for name in RoleUsage.model_fields)}
"""


class RunStore:
    """One run on disk. Made by :meth:`create_or_resume` to write, by :meth:`open` to read; close it after use.

    >>> with RunStore.open(Path("runs/three")) as store:
    ...     samples = [session.sample for session in store.sessions("accepted", traces=False)]
    >>> [sample.id for sample in samples]
    ['0-000000', '0-000001', '0-000002']

    Use it from one thread at a time. Every method raises StoreError when the disk or the database fails.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriterLock | None) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock

    @classmethod
    def create_or_resume(cls, path: Path, config: StoredConfiguration, tools: Sequence[Tool]) -> Self:
        """A store to write to: a new one, or the one in the folder if it holds the same run.

        Raises UsageError when the folder holds a run with another configuration or other tools
        (``other_configuration``, with the fields that differ), other files (``foreign_folder``) or a run of another
        version (``other_version``), or when another process writes to it (``run_in_use``).
        """
        database = path / "run.db"
        with store_errors(path, "use it as a run folder"):
            path.mkdir(parents=True, exist_ok=True)
            foreign = sorted(entry.name for entry in path.iterdir() if not _is_ours(entry.name))
        if foreign and not database.exists():
            raise UsageError(
                f"{path} holds other files ({', '.join(foreign[:3])}); choose another folder with -o",
                code="foreign_folder",
            )
        lock = WriterLock(path / "run.lock", path)
        with ExitStack() as opened:
            opened.callback(lock.release)
            connection = _connect(database)
            opened.callback(connection.close)
            store = cls(path, connection, lock)
            store._begin(json.loads(json.dumps(dict(config))), tools)
            opened.pop_all()  # the store closes both
        return store

    @classmethod
    def open(cls, path: Path) -> Self:
        """A store to read from, also during the run. Raises UsageError (``not_a_run``, ``other_version``)."""
        database = path / "run.db"
        if not database.is_file():
            raise UsageError(f"{path} is not a run folder: it has no run.db", code="not_a_run")
        connection = _connect(database, read_only=True)
        store = cls(path, connection, None)
        with ExitStack() as opened:
            opened.callback(connection.close)
            store._check_schema()
            opened.pop_all()
        return store

    def close(self) -> None:
        """Close the database and release the folder. Safe to call twice."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def config(self) -> StoredConfiguration:
        """The configuration the run was started with."""
        (row,) = self._rows("SELECT value FROM meta WHERE key = 'config'")
        loaded: StoredConfiguration = json.loads(row[0])
        return loaded

    def tools(self) -> list[Tool]:
        """The tools of the run, in the order they were given."""
        return [self._parsed(Tool, row[0]) for row in self._rows("SELECT tool FROM tools ORDER BY position")]

    def done(self) -> frozenset[int]:
        """Indices of the sessions that are stored, whatever their status."""
        return frozenset(row[0] for row in self._rows('SELECT "index" FROM sessions'))

    def save(self, session: Session) -> None:
        """Store a session that ended. Raises StoreError (``stored_already``) for an index that is stored."""
        row = (
            session.index,
            str(session.seed),  # 64 bits without a sign do not fit SQLite's integers
            session.status,
            session.reason,
            None if session.sample is None else canonical(session.sample),
            session.trace.model_dump_json(),
            canonical(session.usage),
            session.seconds,
        )
        with store_errors(self.path, f"store session {session.index}"):
            try:
                self._connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise StoreError(
                    f"{self.path}: session {session.index} is already stored", code="stored_already"
                ) from error

    def forget(self, statuses: Sequence[SessionStatus]) -> int:
        """Take out the sessions with one of ``statuses``, so that they are played again; how many there were.

        What they have used stays counted.
        """
        marks = ", ".join("?" * len(statuses))
        with store_errors(self.path, "take sessions out of it"):
            return self._connection.execute(
                f"DELETE FROM sessions WHERE status IN ({marks})", tuple(statuses)
            ).rowcount

    def decide(self, decisions: Mapping[int, tuple[SessionStatus, str]]) -> None:
        """Give stored sessions, by their index, another status and reason. One transaction."""
        rows = [(status, reason, index) for index, (status, reason) in decisions.items()]
        with store_errors(self.path, "store which sessions are accepted"), self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany('UPDATE sessions SET status = ?, reason = ? WHERE "index" = ?', rows)

    def spend(self, entries: Sequence[Spending]) -> None:
        """Add to what the run has used so far, also for sessions that were cancelled. One transaction."""
        rows = [tuple(getattr(entry, name) for name in _SPENT) for entry in entries]
        with store_errors(self.path, "store what was used"), self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany(_SPEND, rows)

    def spent(self) -> list[Spending]:
        """What the run has used, over all its starts, by stage, role and model."""
        query = f"SELECT {', '.join(_SPENT)} FROM spent ORDER BY stage, role, model"
        return [Spending(**dict(zip(_SPENT, row, strict=True))) for row in self._rows(query)]

    def session(self, index: int) -> Session:
        """The stored session of that index. Raises UsageError (``no_such_session``)."""
        for row in self._rows(f'{_select("trace")} WHERE "index" = ?', (index,)):
            return self._session(row)
        raise UsageError(f"{self.path} has no session {index}", code="no_such_session")

    def sessions(self, status: SessionStatus | None = None, traces: bool = True) -> Iterator[Session]:
        """The stored sessions in the order of their index, one at a time.

        ``traces=False`` leaves the traces out (empty): they are most of the bytes.
        """
        condition, values = ("WHERE status = ?", (status,)) if status else ("", ())
        query = f'{_select("trace" if traces else "NULL")} {condition} ORDER BY "index"'
        return map(self._session, self._rows(query, values))

    def checks(self) -> list[tuple[CheckSubject, CheckedBy, int]]:
        """How many decisions about texts there are over all sessions, by what they are about and who made them.

        Counted by the database, five hundred times as fast as the traces can be read.
        """
        query = (
            "SELECT json_extract(value, '$.about'), json_extract(value, '$.by'), count(*) "
            "FROM sessions, json_each(trace, '$.checks') GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [(about, by, count) for about, by, count in self._rows(query)]

    def samples_jsonl(self, path: Path) -> int:
        """Write the accepted samples to ``path``, one line of canonical JSON each, in order; return how many."""
        written = 0
        query = "SELECT sample FROM sessions WHERE status = 'accepted' AND sample IS NOT NULL ORDER BY \"index\""
        with atomic_writer(path) as file:
            for (sample,) in self._rows(query):
                file.write(sample + "\n")
                written += 1
        return written

    def _begin(self, config: StoredConfiguration, tools: Sequence[Tool]) -> None:
        with store_errors(self.path, "open the run in it"):
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version == 0:  # new, one whose first start was killed, or one of another program
                if self._connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                    raise UsageError(
                        f"the run.db in {self.path} is of another program; choose another folder with -o",
                        code="foreign_folder",
                    )
                self._connection.executescript(_TABLES)
        self._check_schema()
        if not any(True for _ in self._rows("SELECT 1 FROM meta WHERE key = 'config'")):
            self._describe(config, tools)
        self._check_same(config, tools)
        if not (self.path / "config.yaml").exists():
            write_configuration(self.path / "config.yaml", config)

    def _describe(self, config: StoredConfiguration, tools: Sequence[Tool]) -> None:
        write_configuration(self.path / "config.yaml", config)
        with store_errors(self.path, "begin a run in it"), self._connection:
            self._connection.execute("BEGIN")
            rows = [(position, canonical(tool)) for position, tool in enumerate(tools)]
            self._connection.executemany("INSERT INTO tools VALUES (?, ?)", rows)
            self._connection.execute("INSERT INTO meta VALUES ('config', ?)", (json.dumps(dict(config)),))

    def _check_same(self, config: StoredConfiguration, tools: Sequence[Tool]) -> None:
        if _prompts(self.config()) != _prompts(config):
            raise UsageError(
                f"{self.path} holds a run with the prompts of another version: it can be read, and not resumed; "
                "choose another folder with -o",
                code="other_version",
            )
        differing = differences(self.config(), config)
        there, now = {tool.name: tool for tool in self.tools()}, {tool.name: tool for tool in tools}
        if there != now:
            names = sorted(name for name in there.keys() | now.keys() if there.get(name) != now.get(name))
            differing.append(f"tools: {len(there)} there, {len(now)} now; they differ in {', '.join(names[:5])}")
        if differing:
            raise UsageError(
                f"{self.path} holds a run with another configuration ({'; '.join(differing)}); "
                "choose another folder with -o, or run it with the same settings",
                code="other_configuration",
            )

    def _check_schema(self) -> None:
        for (version,) in self._rows("PRAGMA user_version"):
            if version != SCHEMA:
                raise UsageError(
                    f"{self.path} was written by another version (schema {version}; this one reads schema {SCHEMA}); "
                    "read it with the version that wrote it, or generate it again with the same seed",
                    code="other_version",
                )

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        with store_errors(self.path, "read it"), closing(self._connection.execute(query, values)) as cursor:
            yield from cursor

    def _session(self, row: Row) -> Session:
        index, seed, status, reason, sample, trace, usage, seconds = row
        return Session(
            index=index,
            seed=int(seed),
            status=status,
            reason=reason,
            sample=None if sample is None else self._parsed(Sample, sample),
            trace=Trace() if trace is None else self._parsed(Trace, trace),
            usage=self._parsed(Usage, usage),
            seconds=seconds,
        )

    def _parsed(self, kind: type[R], text: str) -> R:
        try:
            return kind.model_validate_json(text)
        except ValidationError as error:
            raise StoreError(
                f"{self.path}: damaged, a {kind.__name__.lower()} in it: {one_line(error)}", code="damaged"
            ) from error


def canonical(record: Record) -> str:
    """A record as JSON in one form only: sorted keys, no white space, null for what is not a number."""
    return json.dumps(json.loads(record.model_dump_json()), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _connect(database: Path, read_only: bool = False) -> sqlite3.Connection:
    with store_errors(database, "open it"):
        # To read a WAL database SQLite makes files beside it, unless it is told that nobody writes. In a folder that
        # we may not write to, and where no writer has left its log, nobody does.
        alone = not os.access(database.parent, os.W_OK) and not database.with_name("run.db-wal").exists()
        mode = ("?immutable=1" if alone else "?mode=ro") if read_only else ""
        uri = database.absolute().as_uri() + mode
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10, check_same_thread=False)
        return connection if read_only else written_ahead(connection)


def _select(trace: str) -> str:
    return f'SELECT "index", seed, status, reason, sample, {trace}, usage, seconds FROM sessions'


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(("run.db-", "run.lock-", ".config.yaml."))


def _prompts(config: StoredConfiguration) -> JsonValue:
    """The digest of the prompts that a run was begun with, None for one of version 0.1.0."""
    program = config.get("program")
    return program.get("prompts") if isinstance(program, dict) else None
