"""The journal of a tuning: what was played and answered, so that a tuning that was stopped goes on where it was.

Of DSPy's optimizers only GEPA can resume. But each is deterministic in what it asks: begun again, it asks for the
same sessions and the same instructions, and gets those that were paid for from here.
"""

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import JsonValue, ValidationError

from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.files import store_errors, written_ahead
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning.evaluator import TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation

# "TGJ1" in ASCII: SQLite's own place for telling a file's kind.
APPLICATION = 0x54474A31
_TABLES = f"""
PRAGMA application_id = {APPLICATION};
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE played (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Used:
    """What earlier starts used: LM calls, US dollars, seconds."""

    lm_calls: int = 0
    usd: float = 0.0
    seconds: float = 0.0


class Journal:
    """An SQLite file; one process writes it, from any of its threads. Context manager."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()
        self._done = False

    @classmethod
    def begin(cls, path: Path, header: Mapping[str, JsonValue]) -> Self:
        """A new journal for the tuning that ``header`` describes, in place of any old one. Raises StoreError."""
        with store_errors(path, "keep the tuning's journal there"):
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove(path)
            journal = cls(path, _connect(path))
            try:
                journal._connection.executescript(_TABLES)
                journal._write("meta", "header", json.dumps(header))
            except BaseException:  # whatever ended it: nothing stays open, and it goes on
                journal._connection.close()
                raise
        return journal

    @classmethod
    def resume(cls, path: Path, header: Mapping[str, JsonValue]) -> Self:
        """The journal in ``path``, if it is of the tuning that ``header`` describes. Raises UsageError."""
        if not path.is_file():
            raise UsageError(f"there is nothing to resume: {path} does not exist")
        if not _is_journal(path):  # before SQLite opens it, which writes to an empty file
            raise UsageError(f"{path} is not the journal of a tuning")
        try:
            journal = cls(path, _connect(path))
        except sqlite3.DatabaseError as error:
            raise UsageError(f"{path} is not the journal of a tuning: {one_line(error, 120)}") from None
        try:
            journal._check(header)
        except BaseException:  # whatever ended it: nothing stays open, and it goes on
            journal._connection.close()
            raise
        return journal

    def _check(self, header: Mapping[str, JsonValue]) -> None:
        """Raise UsageError unless this is the journal of the tuning that ``header`` describes."""
        try:
            stored = json.loads(self._read("meta", "header") or "{}")
        except (sqlite3.DatabaseError, ValueError) as error:
            raise UsageError(f"{self.path} is not the journal of a tuning: {one_line(error, 120)}") from None
        wanted = json.loads(json.dumps(header))
        different = sorted(name for name in wanted.keys() | stored.keys() if wanted.get(name) != stored.get(name))
        if different:
            raise UsageError(
                f"{self.path} is of another tuning, which differs in {', '.join(different)}; repeat the command as "
                "it was, or start anew without --resume, with --force"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, and remove it if it was :meth:`done` with."""
        self._connection.close()
        if self._done and error is None:
            _remove(self.path)

    def done(self) -> None:
        """The tuning came to its end: there is nothing to go on with."""
        self._done = True

    def played(self, key: str) -> TaskEvaluation | None:
        """The session that was played under ``key``."""
        found = self._read("played", key)
        return None if found is None else _restored(found)

    def keep_played(self, key: str, played: TaskEvaluation, used: Used) -> None:
        """Keep a session, and what all starts together have used by then."""
        with store_errors(self.path, "keep the tuning's journal there"):
            self._write("played", key, _stored(played))
            self._write("meta", "used", json.dumps([used.lm_calls, used.usd, used.seconds]))

    def used(self) -> Used:
        """What earlier starts used."""
        found = self._read("meta", "used")
        return Used(*json.loads(found)) if found else Used()

    def answer(self, key: str) -> str | None:
        """The text that the reflection model answered under ``key``."""
        return self._read("answers", key)

    def keep_answer(self, key: str, text: str) -> None:
        """Keep an answer of the reflection model."""
        with store_errors(self.path, "keep the tuning's journal there"):
            self._write("answers", key, text)

    def _read(self, table: str, key: str) -> str | None:
        with self._lock:
            row = self._connection.execute(f"SELECT value FROM {table} WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _write(self, table: str, key: str, value: str) -> None:
        with self._lock:
            self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, value))


def _remove(path: Path) -> None:
    """Remove the file and SQLite's own beside it."""
    for file in (path, *(path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))):
        file.unlink(missing_ok=True)


def _is_journal(path: Path) -> bool:
    """By the application id in the header (sqlite.org/fileformat.html, section 1.3)."""
    with path.open("rb") as file:
        header = file.read(72)
    return header[68:] == APPLICATION.to_bytes(4, "big")


def _connect(path: Path) -> sqlite3.Connection:
    return written_ahead(sqlite3.connect(path, isolation_level=None, check_same_thread=False))


def _stored(played: TaskEvaluation) -> str:
    sessions: list[Session] = []
    for session in played.sessions.values():
        if not any(session is one for one in sessions):
            sessions.append(session)
    places = {role: next(n for n, one in enumerate(sessions) if one is s) for role, s in played.sessions.items()}
    value: dict[str, Any] = {
        "score": played.score,
        "sessions": [session.model_dump(mode="json") for session in sessions],
        "roles": places,
        "steps": [[step.predictor, dict(step.inputs), dict(step.outputs)] for step in played.steps],
        "tool_calls": played.tool_calls,
        "failure": played.failure,
    }
    return json.dumps(value)


def _restored(text: str) -> TaskEvaluation:
    try:
        value = json.loads(text)
        sessions = [Session.model_validate(one) for one in value["sessions"]]
        return TaskEvaluation(
            score=value["score"],
            sessions={role: sessions[place] for role, place in value["roles"].items()},
            steps=tuple(Invocation(*step) for step in value["steps"]),
            tool_calls=value["tool_calls"],
            failure=value["failure"],
        )
    except (ValueError, KeyError, TypeError, IndexError, ValidationError) as error:
        raise UsageError(f"the tuning's journal is damaged: {one_line(error, 120)}") from None
