"""The log of prompts of a run: what was sent and answered in each LM call, in ``prompts.db`` beside ``run.db``.

It is kept where a user asks for it. Each call is a row of its own, compressed, written when it has ended: a kill
loses the calls under way and nothing else. A session that is played again, in this start or a later one, replaces
what it said before. Nothing that a run computes depends on it, and one that cannot be written any more ends no run.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import JsonValue

from toolgrad_dspy.errors import StoreError, UsageError
from toolgrad_dspy.files import store_errors, written_ahead
from toolgrad_dspy.lm.calls.exchanges import Exchange
from toolgrad_dspy.logs import masked, session_play
from toolgrad_dspy.runs.run_database import open_to_read
from toolgrad_dspy.runs.run_rows import Row

PROMPTS_DB = "prompts.db"
SCHEMA = 1
LONGEST = 100_000
"""Characters of a message or an answer that are kept; the text says how many were left out."""

_TABLES = f"""
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    role TEXT NOT NULL,
    model TEXT NOT NULL,
    read INTEGER NOT NULL,
    wrote INTEGER NOT NULL,
    seconds REAL NOT NULL,
    said BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_session ON calls (session);
PRAGMA user_version = {SCHEMA};
"""


@dataclass(frozen=True, slots=True)
class LoggedSession:
    """What is logged of a session: its calls, failed attempts too, their tokens and seconds."""

    session: int
    calls: int
    read: int
    wrote: int
    seconds: float


class PromptLog:
    """Writes the log of the run in ``folder``. ``say`` gets a line when it cannot be written any more."""

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda line: None) -> None:
        self._path = folder / PROMPTS_DB
        self._say = say
        self._plays: dict[int, int] = {}
        with store_errors(self._path, "keep the prompts"):
            self._connection: sqlite3.Connection | None = written_ahead(
                sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            )
            self._connection.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def hear(self, exchange: Exchange) -> None:
        """Keep a call; one that is not of a session is not kept."""
        play = session_play()
        if play is None or self._connection is None:
            return
        try:
            with store_errors(self._path, "keep the prompts"):
                self._keep(self._connection, exchange, *play)
        except StoreError as error:
            self._close()
            self._say(f"{error}; the prompts are not logged any more")

    def _keep(self, connection: sqlite3.Connection, exchange: Exchange, session: int, play: int) -> None:
        texts = [{"role": role, "text": shortened(text)} for role, text in exchange.messages]
        answer = None if exchange.answer is None else shortened(exchange.answer)
        said = {"messages": texts, "answer": answer, "error": shortened(exchange.error)}
        row = (session, exchange.role, exchange.model, exchange.read, exchange.wrote, exchange.seconds)
        packed = zlib.compress(json.dumps(said).encode("ascii"))
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if self._plays.get(session) != play:
                self._plays[session] = play
                connection.execute("DELETE FROM calls WHERE session = ?", (session,))
            connection.execute(
                "INSERT INTO calls (session, role, model, read, wrote, seconds, said) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*row, packed),
            )

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def shortened(text: str) -> str:
    """``text`` without secrets, and without its middle where it is too long."""
    shown = masked(text)
    if len(shown) <= LONGEST:
        return shown
    half = LONGEST // 2
    return f"{shown[:half]}\n[... {len(shown) - 2 * half} characters left out ...]\n{shown[-half:]}"


def logged_sessions(folder: Path) -> list[LoggedSession]:
    """The sessions of which calls are logged. Raises UsageError (``no_prompt_log``), StoreError."""
    query = "SELECT session, count(*), sum(read), sum(wrote), sum(seconds) FROM calls GROUP BY session"
    return [LoggedSession(*row) for row in _rows(folder, query, ())]


def logged_calls(folder: Path, session: int) -> Iterator[dict[str, JsonValue]]:
    """The calls of ``session`` in the order they ended: role, model, read and written tokens, seconds, messages,
    answer and error.

    Raises UsageError (``no_prompt_log``, ``no_such_session``), StoreError.
    """
    query = "SELECT role, model, read, wrote, seconds, said FROM calls WHERE session = ? ORDER BY number"
    found = False
    for *figures, packed in _rows(folder, query, (session,)):
        found = True
        try:
            said = json.loads(zlib.decompress(packed))
        except (zlib.error, ValueError, TypeError) as error:
            raise StoreError(
                f"{folder / PROMPTS_DB}: damaged: a call of session {session}", code="damaged"
            ) from error
        yield {**dict(zip(("role", "model", "read", "wrote", "seconds"), figures, strict=True)), **said}
    if not found:
        raise UsageError(f"no LM call of session {session} is logged in {folder}", code="no_such_session")


def _rows(folder: Path, query: str, values: tuple[object, ...]) -> Iterator[Row]:
    path = folder / PROMPTS_DB
    with store_errors(path, "read it"):
        if not path.is_file():
            raise UsageError(
                f"{folder} has no log of prompts; generate --log-prompts keeps one, also of a run that goes on",
                code="no_prompt_log",
            )
        with closing(open_to_read(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA:
                raise UsageError(f"{path} was written by another version (schema {version})", code="other_version")
            yield from connection.execute(query, values)
