"""One copy of the world: its database, and the few ways in which tools use it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel

from toolgrad_dspy.world.errors import NotFound

ModelT = TypeVar("ModelT", bound=BaseModel)
Value = str | int | float | None

PREFIXES = {
    "alert": "alr",
    "book": "bok",
    "booking": "bk",
    "contact": "con",
    "copy": "cpy",
    "disruption": "dis",
    "dining_table": "tbl",
    "entry": "cal",
    "event": "ev",
    "loan": "ln",
    "message": "msg",
    "parcel": "pcl",
    "place": "plc",
    "reservation": "rsv",
    "restaurant": "rst",
    "route": "rte",
    "stop": "stp",
    "ticket": "tkt",
}
"""What an id of each kind starts with, as in ``plc-0417``."""

ME = "me"
"""The contact who uses the tools; no tool ever returns this id."""

ID_NUMBERS = 10_000
"""Ids of one kind before their numbers grow a fifth digit."""

_STRIDE = 7919  # coprime with ID_NUMBERS: the numbers look drawn at random and none comes twice


class World:
    """One copy of the world, as an SQLite database. Not thread-safe; calls take effect in the order they are made."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.row_factory = sqlite3.Row
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    def rows(self, sql: str, *values: Value) -> list[dict[str, Any]]:
        """All rows of a query."""
        return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: Value) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else dict(row)

    def number(self, sql: str, *values: Value) -> int:
        """The first column of the first row: a count or a sum."""
        return int(self._connection.execute(sql, values).fetchone()[0])

    def read(self, model: type[ModelT], sql: str, *values: Value) -> list[ModelT]:
        """All rows of a query, each as ``model``."""
        return [model.model_validate(dict(row)) for row in self._connection.execute(sql, values)]

    def get(self, table: str, key: str) -> dict[str, Any]:
        """The row of ``table``, a key of :data:`PREFIXES`, with the id ``key``; raises NotFound."""
        column = f"{_noun(table)}_id"
        row = self.row(f'SELECT * FROM "{table}" WHERE "{column}" = ?', key)
        if row is None:
            raise NotFound(f"no {_noun(table)} has the id {key!r}.")
        return row

    def run(self, sql: str, *values: Value) -> None:
        """Execute a statement that changes something."""
        self._connection.execute(sql, values)

    def add(self, table: str, **values: Value) -> None:
        """Insert one row."""
        columns = ", ".join(f'"{name}"' for name in values)
        self._connection.execute(
            f'INSERT INTO "{table}" ({columns}) VALUES ({marks(list(values))})', tuple(values.values())
        )

    def new_id(self, kind: str) -> str:
        """The next id of ``kind``, a key of :data:`PREFIXES`. Ids depend on the seed and the order of calls only."""
        # The counter is part of the transaction: a refused write uses up no id, so that a replay gets the same ids.
        start, used = self._connection.execute(
            "UPDATE counter SET used = used + 1 WHERE kind = ? RETURNING start, used", (kind,)
        ).fetchone()
        number = (start + used * _STRIDE) % ID_NUMBERS if used <= ID_NUMBERS else used
        return f"{PREFIXES[kind]}-{number:04d}"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or, when it raises, nothing does."""
        self._connection.execute("BEGIN")
        end = "ROLLBACK"
        try:
            yield
            end = "COMMIT"
        finally:
            self._connection.execute(end)

    def serialize(self) -> bytes:
        """The whole database as bytes: equal bytes mean equal worlds."""
        return self._connection.serialize()

    def close(self) -> None:
        self._connection.close()


def _noun(table: str) -> str:
    """What the rows of ``table`` are called. The name goes into a statement, so it has to be one of ours."""
    if table not in PREFIXES:
        raise KeyError(table)
    return table.removeprefix("dining_")


def words(text: str | None, *columns: str) -> tuple[str, list[str]]:
    """A condition that every word of ``text`` occurs in one of ``columns`` (names of ours), and its values.

    Case does not matter, and no character is a wildcard. Without a text everything matches.
    """
    needles = (text or "").lower().split()
    where = f"instr(lower({' || char(10) || '.join(columns)}), ?)"
    return " AND ".join([where] * len(needles)) or "true", needles


def marks(values: Sequence[object]) -> str:
    """Placeholders for ``values`` in an ``IN (...)`` list."""
    return ", ".join("?" * len(values))
