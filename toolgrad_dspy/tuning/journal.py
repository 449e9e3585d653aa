"""The journal of a tuning: what was recorded, evaluated and answered, so that it resumes where it was interrupted.

Of DSPy's optimizers only GEPA can resume. But each is deterministic in what it asks: begun again, it asks for the
same sessions and the same instructions, and gets those already paid for from here.

The names in the file (table ``played``; keys ``steps``, ``roles``) are those of its first version: old journals
stay readable.
"""

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import JsonValue, ValidationError

from toolgrad_dspy.errors import StoreError, UsageError, one_line
from toolgrad_dspy.files import store_errors, written_ahead
from toolgrad_dspy.records import Session
from toolgrad_dspy.tuning.evaluator import TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation, told_iteration
from toolgrad_dspy.tuning.use import Use

# "TGJ1" in ASCII, where SQLite has a place for the kind of file.
APPLICATION = 0x54474A31
# What is kept for another start; "meta" says for which one.
_KEPT = ("recorded", "played", "answers")
_TABLES = f"PRAGMA application_id = {APPLICATION};" + "".join(
    f"CREATE TABLE {table} (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;" for table in ("meta", *_KEPT)
)

# What an error of the operating system kept from happening.
_KEEP, _READ = "keep the tuning's journal there", "read the tuning's journal"


class Journal:
    """An SQLite file; one process writes it, from any of its threads. Context manager.

    The header says which tuning the journal belongs to; to resume, it has to be the same::

        with Journal.begin(Path("program.journal"), {"optimizer": "gepa", "seed": 0}) as journal:
            result = optimizer("gepa").tune(..., journal=journal)
            journal.done()
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()
        self._keeping = threading.Lock()
        self._done = False

    @classmethod
    def begin(cls, path: Path, header: Mapping[str, JsonValue]) -> Self:
        """A new journal for the tuning that ``header`` describes; an old one is replaced. Raises StoreError."""
        with store_errors(path, _KEEP):
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove(path)
            journal = cls(path, _connect(path))
            with ExitStack() as opened:
                opened.callback(journal._connection.close)
                journal._connection.executescript(_TABLES)
                journal._write(("meta", "header", json.dumps(header)))
                # Not earlier: a kill would leave the kind of file in the log alone, where nobody looks for it.
                written_ahead(journal._connection)
                opened.pop_all()
        return journal

    @classmethod
    def resume(cls, path: Path, header: Mapping[str, JsonValue]) -> Self:
        """The journal in ``path``, if it belongs to the tuning that ``header`` describes. Raises UsageError."""
        if not path.is_file():
            raise UsageError(f"nothing to resume: {path} does not exist", code="nothing_to_resume")
        if not _is_journal(path):  # before SQLite opens it: SQLite writes to an empty file
            raise _not_a_journal(path)
        try:
            journal = cls(path, written_ahead(_connect(path)))
        except sqlite3.DatabaseError as error:
            raise _not_a_journal(path, error) from None
        with ExitStack() as opened:
            opened.callback(journal._connection.close)
            journal._check(header)
            opened.pop_all()
        return journal

    def _check(self, header: Mapping[str, JsonValue]) -> None:
        """Raise UsageError unless this is the journal of the tuning that ``header`` describes."""
        try:
            stored = json.loads(self._read("meta", "header") or "{}")
        except (StoreError, ValueError) as error:
            raise _not_a_journal(self.path, error) from None
        wanted = json.loads(json.dumps(header))  # as it would be stored: a tuple has become a list
        different = sorted(name for name in wanted.keys() | stored.keys() if wanted.get(name) != stored.get(name))
        if different:
            raise self._other_settings(different)

    def _other_settings(self, different: list[str]) -> UsageError:
        return UsageError(
            f"{self.path} belongs to a tuning with other settings ({', '.join(different)}); repeat the command "
            "exactly, or discard the journal: --force without --resume",
            code="other_configuration",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; remove it if the tuning is :meth:`done`, or broke before anything was kept."""
        with self._lock:  # SQLite crashes the process when a thread that was left behind is reading meanwhile
            empty = self._empty()
            self._connection.close()
        if empty if error else self._done:
            _remove(self.path)

    def _empty(self) -> bool:
        """Whether there is nothing to resume. A file that can no longer be read is kept, to be looked at."""
        with suppress(sqlite3.Error):
            tables = " UNION ALL ".join(f"SELECT 1 FROM {table}" for table in _KEPT)
            return self._connection.execute(f"{tables} LIMIT 1").fetchone() is None
        return False

    def done(self) -> None:
        """The tuning has ended: there is nothing left to resume."""
        self._done = True

    def evaluation(self, key: str) -> TaskEvaluation | None:
        """The evaluation kept under ``key``. Raises UsageError if it cannot be read."""
        text = self._read("played", key)
        return None if text is None else _restored(text, self.path)

    def keep_evaluation(self, key: str, evaluation: TaskEvaluation, use: Use) -> None:
        """Keep an evaluation, and what all starts together have used by then. Raises StoreError."""
        self._keep([("played", key, _stored(evaluation))], use)

    def sessions(self) -> list[Session]:
        """The recorded sessions that are kept. Raises UsageError if one cannot be read."""
        with self._lock, store_errors(self.path, _READ):
            rows = self._connection.execute("SELECT value FROM recorded").fetchall()
        try:
            return [Session.model_validate_json(text) for (text,) in rows]
        except ValidationError as error:
            raise _damaged(self.path, error) from None

    def keep_session(self, session: Session, use: Use) -> None:
        """Keep a recorded session, and what all starts together have used by then. Raises StoreError."""
        self._keep([("recorded", f"{session.seed} {session.index}", session.model_dump_json())], use)

    def pin(self, name: str, value: str) -> None:
        """Make ``name`` a part of the header that is known only now. Raises UsageError if it was another value."""
        there = self._read("meta", f"pinned {name}")
        if there is None:
            self._write(("meta", f"pinned {name}", value))
        elif there != value:
            raise self._other_settings([name])

    def use(self) -> Use:
        """What all starts so far used. Raises UsageError (``damaged_journal``)."""
        text = self._read("meta", "used")
        try:
            return Use(*json.loads(text)) if text else Use()
        except (ValueError, TypeError) as error:
            raise _damaged(self.path, error) from None

    def answer(self, key: str) -> str | None:
        """The reflection model's answer kept under ``key``."""
        return self._read("answers", key)

    def keep_answer(self, key: str, text: str) -> None:
        """Keep an answer of the reflection model. Raises StoreError."""
        self._write(("answers", key, text))

    def keep_use(self, use: Use) -> None:
        """Keep what all starts together have used by now. Raises StoreError."""
        self._keep([], use)

    def _keep(self, entries: Sequence[tuple[str, str, str]], use: Use) -> None:
        # Threads come here in any order, so the largest use counts.
        with self._keeping:
            used = json.dumps(astuple(self.use().or_more(use)))
            self._write(*entries, ("meta", "used", used))

    def _read(self, table: str, key: str) -> str | None:
        with self._lock, store_errors(self.path, _READ):
            row = self._connection.execute(f"SELECT value FROM {table} WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _write(self, *entries: tuple[str, str, str]) -> None:
        """All ``entries``, each a table, a key and a value, or none of them."""
        with self._lock, store_errors(self.path, _KEEP):
            self._connection.execute("BEGIN")
            with self._connection:  # commits, or rolls back
                for table, key, value in entries:
                    self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, value))


def _remove(path: Path) -> None:
    """Remove the file, and the two that SQLite keeps beside it."""
    for file in (path, *(path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))):
        file.unlink(missing_ok=True)


def _is_journal(path: Path) -> bool:
    """By the application id in the header (sqlite.org/fileformat.html, section 1.3)."""
    with path.open("rb") as file:
        header = file.read(72)
    return header[68:] == APPLICATION.to_bytes(4, "big")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _not_a_journal(path: Path, error: Exception | None = None) -> UsageError:
    reason = f": {one_line(error, 120)}" if error else ""
    return UsageError(
        f"{path} is not the journal of a tuning{reason}; --force without --resume replaces it", code="not_a_journal"
    )


def _stored(evaluation: TaskEvaluation) -> str:
    # The roles of a live evaluation share one session, the largest part of what is stored: it is written once.
    sessions: dict[int, Session] = {id(session): session for session in evaluation.sessions.values()}
    places = {identity: place for place, identity in enumerate(sessions)}
    value: dict[str, Any] = {
        "score": evaluation.score,
        "sessions": [session.model_dump(mode="json") for session in sessions.values()],
        "roles": {role: places[id(session)] for role, session in evaluation.sessions.items()},
        "steps": [[i.predictor, dict(i.inputs), dict(i.outputs), i.iteration] for i in evaluation.invocations],
        "tool_calls": evaluation.tool_calls,
        "failure": evaluation.failure,
        "use": astuple(evaluation.use),
    }
    return json.dumps(value)


def _restored(text: str, path: Path) -> TaskEvaluation:
    try:
        value = json.loads(text)
        sessions = [Session.model_validate(session) for session in value["sessions"]]
        return TaskEvaluation(
            score=value["score"],
            sessions={role: sessions[place] for role, place in value["roles"].items()},
            invocations=tuple(_invocation(*stored) for stored in value["steps"]),
            tool_calls=value["tool_calls"],
            failure=value["failure"],
            use=Use(*value.get("use", ())),
        )
    except (ValueError, KeyError, TypeError, IndexError, ValidationError) as error:
        raise _damaged(path, error) from None


def _invocation(
    predictor: str, inputs: dict[str, str], outputs: dict[str, JsonValue], iteration: int | None = None
) -> Invocation:
    # The first version kept no iteration: all that it tuned were told theirs.
    return Invocation(predictor, inputs, outputs, told_iteration(inputs) if iteration is None else iteration)


def _damaged(path: Path, error: Exception) -> UsageError:
    return UsageError(
        f"the journal {path} is damaged: {one_line(error, 120)}; start again with --force", code="damaged_journal"
    )
