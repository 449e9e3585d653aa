"""The run store: a folder that holds one run, safe to kill and to resume.

- ``config.yaml``: the resolved configuration, for people to read; :func:`generate` does not read it.
- ``run.db``: SQLite in WAL mode (``run_database.py``). One row per session in ``sessions``, the tools of the run in
  ``tools``, the configuration that resume is checked against in ``meta``.
- ``run.lock``: held by the one process that writes; see :class:`WriterLock`.

A session is written whole, in one transaction, when it ends: a kill at any moment loses the sessions in flight
and nothing else. Samples are stored as canonical JSON (sorted keys, no white space), so two runs of one seed
have equal bytes in that column, in whatever order their sessions ended.

A row that is not what was written, because a disk or a copy has changed it, is told when it is read (``damaged``),
and so are rows that are missing; a run that is resumed plays such sessions anew.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from pydantic import JsonValue, ValidationError

from toolgrad_dspy.errors import StoreError, UsageError, one_line
from toolgrad_dspy.files import atomic_writer, store_errors
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
from toolgrad_dspy.runs.checksums import checksum
from toolgrad_dspy.runs.lock import WriterLock
from toolgrad_dspy.runs.run_database import (
    RUN_DB,
    SESSION,
    SPENT,
    make_database,
    open_database,
    open_to_read,
    put_meta,
    refuse_damaged,
    refuse_empty,
)
from toolgrad_dspy.runs.run_rows import SHOWN, Row, RunRows
from toolgrad_dspy.runs.spending import Spending
from toolgrad_dspy.runs.stored_configuration import StoredConfiguration, differences, restore_configuration

R = TypeVar("R", bound=Record)


class RunStore:
    """One run on disk. Made by :meth:`create_or_resume` to write, by :meth:`open` to read; close it after use.

    >>> with RunStore.open(Path("runs/three")) as store:
    ...     samples = [session.sample for session in store.sessions("accepted", traces=False)]
    >>> [sample.id for sample in samples]
    ['0-000000', '0-000001', '0-000002']

    Use it from one thread at a time. Every method raises StoreError when the disk or the database fails, or a row
    that it reads is ``damaged``. ``notes`` say what had to be mended when the run was resumed, a line each.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriterLock | None) -> None:
        self.path = path
        self.notes: list[str] = []
        self._connection = connection
        self._lock = lock
        self._rows = RunRows(path, connection)

    @classmethod
    def create_or_resume(cls, path: Path, config: StoredConfiguration, tools: Sequence[Tool]) -> Self:
        """A store to write to: a new one, or the one in the folder if it holds the same run.

        Raises UsageError when the folder holds a run with another configuration or other tools
        (``other_configuration``, with the fields that differ), other files (``foreign_folder``) or a run of another
        version (``other_version``), or when another process writes to it (``run_in_use``); and StoreError
        (``damaged``) for a database whose pages do not fit together. Sessions that are damaged are taken out, to be
        played anew.
        """
        database = path / RUN_DB
        with store_errors(path, "use it as a run folder"):
            path.mkdir(parents=True, exist_ok=True)
            there = [entry.name for entry in path.iterdir()]
        foreign = sorted(name for name in there if not _is_left_of_a_start(name))
        if foreign and not database.exists():
            raise UsageError(
                f"{path} holds other files ({', '.join(foreign[:3])}); choose another folder with -o",
                code="foreign_folder",
            )
        refuse_empty(path, there)
        lock = WriterLock(path / "run.lock", path)
        plain = json.loads(json.dumps(dict(config)))
        with ExitStack() as opened:
            opened.callback(lock.release)
            with store_errors(path, "use it as a run folder"):
                is_new = not database.exists() or (database.is_file() and not database.stat().st_size)
            if is_new:
                make_database(database, plain, [canonical(tool) for tool in tools])
            connection = open_database(database)
            opened.callback(connection.close)
            store = cls(path, connection, lock)
            store._resume(plain, tools, is_new)
            opened.pop_all()  # the store closes both
        return store

    @classmethod
    def open(cls, path: Path) -> Self:
        """A store to read from, also during the run. Raises UsageError (``not_a_run``, ``other_version``)."""
        database = path / RUN_DB
        with store_errors(path, "read it"):
            if not database.is_file():
                raise UsageError(f"{path} is not a run folder: it has no run.db", code="not_a_run")
            if not database.stat().st_size:
                raise StoreError(f"{path}: damaged: run.db is empty", code="damaged")
        with ExitStack() as opened:
            connection = open_to_read(database)
            opened.callback(connection.close)
            store = cls(path, connection, None)
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
        loaded: StoredConfiguration = json.loads(self._rows.meta("config"))
        return loaded

    def tools(self) -> list[Tool]:
        """The tools of the run, in the order they were given."""
        return [self._parsed(Tool, tool) for tool in self._rows.tools()]

    def done(self) -> frozenset[int]:
        """Indices of the sessions that are stored, whatever their status."""
        return frozenset(row[0] for row in self._rows.of('SELECT "index" FROM sessions'))

    def save(self, session: Session) -> None:
        """Store a session that ended. Raises StoreError (``stored_already``) for an index that is stored."""
        row = (
            session.index,
            str(session.seed),  # 64 bits without a sign do not fit SQLite's integers
            session.status,
            session.reason,
            None if session.sample is None else canonical(session.sample),
            canonical(session.usage),
            session.seconds,
        )
        trace = session.trace.model_dump_json()
        with self._transaction(f"store session {session.index}"):
            try:
                self._connection.execute(
                    f"INSERT INTO sessions ({SESSION}, checksum, trace, trace_checksum) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, checksum(*row), trace, checksum(session.index, trace)),
                )
            except sqlite3.IntegrityError as error:
                raise StoreError(
                    f"{self.path}: session {session.index} is already stored", code="stored_already"
                ) from error
            self._count(1)

    def forget(self, statuses: Sequence[SessionStatus]) -> int:
        """Take out the sessions with one of ``statuses``, so that they are played again; how many there were.

        What they have used stays counted.
        """
        marks = ", ".join("?" * len(statuses))
        with self._transaction("take sessions out of it"):
            query = f"DELETE FROM sessions WHERE status IN ({marks})"
            count = self._connection.execute(query, tuple(statuses)).rowcount
            self._count(-count)
        return count

    def decide(self, decisions: Mapping[int, tuple[SessionStatus, str]]) -> None:
        """Give stored sessions, by their index, another status and reason. One transaction."""
        with self._transaction("store which sessions are accepted"):
            for index, (status, reason) in decisions.items():
                row = self._rows.session(index, traces=False)
                if row is None:
                    continue
                now = (*row[:2], status, reason, *row[4:-1])
                self._connection.execute(
                    'UPDATE sessions SET status = ?, reason = ?, checksum = ? WHERE "index" = ?',
                    (status, reason, checksum(*now), index),
                )

    def spend(self, entries: Sequence[Spending]) -> None:
        """Add to what the run has used so far, also for sessions that were cancelled. One transaction."""
        with self._transaction("store what was used"):
            used: dict[tuple[str, str, str], RoleUsage] = {entry.key: entry for entry in self.spent()}
            for entry in entries:
                used[entry.key] = used.get(entry.key, RoleUsage()).plus(entry)
            rows = [(*key, *(getattr(used[key], name) for name in RoleUsage.model_fields)) for key in sorted(used)]
            self._connection.executemany(f"INSERT OR REPLACE INTO spent VALUES ({', '.join('?' * len(SPENT))})", rows)
            put_meta(self._connection, "spent", str(checksum(*chain.from_iterable(rows))))

    def spent(self) -> list[Spending]:
        """What the run has used, over all its starts, by stage, role and model."""
        return [Spending(**dict(zip(SPENT, row, strict=True))) for row in self._rows.spent()]

    def session(self, index: int, traces: bool = True) -> Session:
        """The stored session of that index. Raises UsageError (``no_such_session``)."""
        row = self._rows.session(index, traces)
        if row is None:
            raise UsageError(f"{self.path} has no session {index}", code="no_such_session")
        return self._session(row)

    def sessions(
        self, status: SessionStatus | None = None, traces: bool = True, damaged: set[int] | None = None
    ) -> Iterator[Session]:
        """The stored sessions in the order of their index, one at a time.

        ``traces=False`` leaves the traces out (empty): they are most of the bytes. A damaged session ends the reading
        with StoreError; with ``damaged`` its index is put there instead. Its status is not known: it may be any.
        """
        for row in self._rows.sessions(traces, damaged):
            if status is None or row[2] == status:
                yield self._session(row)

    def checks(self, damaged: set[int] | None = None) -> list[tuple[CheckSubject, CheckedBy, int]]:
        """How many decisions about texts there are over all sessions, by what they are about and who made them.

        Counted by the database, ten times as fast as the traces can be read. ``damaged`` as in :meth:`sessions`.
        """
        for _ in self._rows.sessions(traces=True, damaged=damaged):
            pass
        query = (
            "SELECT json_extract(value, '$.about'), json_extract(value, '$.by'), count(*) "
            "FROM sessions, json_each(trace, '$.checks') "
            'WHERE "index" NOT IN (SELECT value FROM json_each(?)) GROUP BY 1, 2 ORDER BY 1, 2'
        )
        return [(about, by, count) for about, by, count in self._rows.of(query, (json.dumps(sorted(damaged or ())),))]

    def samples_jsonl(self, path: Path) -> int:
        """Write the accepted samples to ``path``, one line of canonical JSON each, in order; return how many."""
        written = 0
        with atomic_writer(path) as file:
            for _, _, status, _, sample, *_ in self._rows.sessions(traces=False):
                if status == "accepted" and sample is not None:
                    file.write(sample + "\n")
                    written += 1
        return written

    def _resume(self, config: StoredConfiguration, tools: Sequence[Tool], is_new: bool) -> None:
        """Check that the run is the one that is asked for, and mend what was damaged."""
        if not self._rows.layout.is_checked or _prompts(self.config()) != _prompts(config):
            raise UsageError(
                f"{self.path} holds a run with the prompts of another version: it can be read, and not resumed; "
                "choose another folder with -o",
                code="other_version",
            )
        refuse_damaged(self._connection, self.path)
        self._check_same(config, tools)
        if restore_configuration(self.path / "config.yaml", self.config()) and not is_new:
            self.notes.append(f"{self.path / 'config.yaml'} was not what run.db holds; it is written anew")
        damaged: set[int] = set()
        for _ in self._rows.sessions(traces=True, damaged=damaged):
            pass
        if damaged:
            self._take_out(sorted(damaged))

    def _take_out(self, damaged: list[int]) -> None:
        with self._transaction("take damaged sessions out"):
            for index in damaged:
                taken = self._connection.execute('DELETE FROM sessions WHERE "index" = ?', (index,))
                self._count(-taken.rowcount)
        some = ", ".join(map(str, damaged[:SHOWN])) + (" and others" if len(damaged) > SHOWN else "")
        self.notes.append(f"{self.path}: damaged sessions are taken out, to be played anew: {len(damaged)} ({some})")

    def _check_same(self, config: StoredConfiguration, tools: Sequence[Tool]) -> None:
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

    def _count(self, more: int) -> None:
        """Write down that there are ``more`` sessions. In a transaction."""
        put_meta(self._connection, "sessions", str(self._rows.number() + more))

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[None]:
        with store_errors(self.path, doing), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _session(self, row: Row) -> Session:
        index, seed, status, reason, sample, usage, seconds, trace = row
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
            raise self._rows.damaged(f"a {kind.__name__.lower()} in it: {one_line(error)}") from error


def canonical(record: Record) -> str:
    """A record as JSON in one form only: sorted keys, no white space, null for what is not a number."""
    return json.dumps(json.loads(record.model_dump_json()), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _is_left_of_a_start(name: str) -> bool:
    """Whether a file without a run.db beside it is what a start leaves that was killed."""
    # A log of the command may be in the folder, which it begins before the run.
    return (
        name == "run.lock" or name.endswith(".log") or name.startswith(("run.lock-", f".{RUN_DB}.", ".config.yaml."))
    )


def _prompts(config: StoredConfiguration) -> JsonValue:
    """The digest of the prompts that a run was begun with, None for one of version 0.1.0."""
    program = config.get("program")
    return program.get("prompts") if isinstance(program, dict) else None
