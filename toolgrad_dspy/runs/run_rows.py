"""Reading the rows of a run's database, each held against its checksum."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from toolgrad_dspy.errors import StoreError
from toolgrad_dspy.files import store_errors
from toolgrad_dspy.runs.checksums import checksum
from toolgrad_dspy.runs.run_database import SESSION, SPENT, layout_of

# So many sessions are named in a message.
SHOWN = 5

Row: TypeAlias = tuple[Any, ...]  # typed by the query


class RunRows:
    """The rows of the run in ``folder``. Every method raises StoreError, for a row that is damaged too."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self._folder = folder
        self._connection = connection
        self.layout = layout_of(connection, folder)

    def of(self, query: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        """The rows that ``query`` gives, unchecked."""
        with store_errors(self._folder, "read it"), closing(self._connection.execute(query, values)) as cursor:
            yield from cursor

    def meta(self, key: str) -> str:
        """What is kept under ``key``."""
        for value, stored in self.of(f"SELECT value, {self.layout.checksum} FROM meta WHERE key = ?", (key,)):
            if not self.layout.is_checked or checksum(key, value) == stored:
                text: str = value
                return text
        raise self.damaged(f"its {key} cannot be read")

    def tools(self) -> list[str]:
        """The tools of the run, in their order, as they are stored."""
        tools = [tool for (tool,) in self.of("SELECT tool FROM tools ORDER BY position")]
        self._check("tools", checksum(*tools))
        return tools

    def spent(self) -> list[Row]:
        """What :data:`SPENT` names, in the order of stage, role and model."""
        rows = list(self.of(f"SELECT {', '.join(SPENT)} FROM spent ORDER BY stage, role, model"))
        self._check("spent", checksum(*chain.from_iterable(rows)))
        return rows

    def _check(self, key: str, found: int) -> None:
        if self.layout.is_checked and self.meta(key) != str(found):
            raise self.damaged(f"the table {key} is not as it was stored")

    def sessions(self, traces: bool, damaged: set[int] | None = None) -> Iterator[Row]:
        """What :data:`SESSION` names of all sessions, in the order of their index, and the trace, or None after it.

        Damaged ones raise StoreError, or are put to ``damaged``. Raises StoreError, too, when sessions are missing:
        what is wrong may be a page between the rows.
        """
        least, found, last = self.number(), 0, -1
        for index, row in self._sessions(traces):
            found += 1
            if index <= last:
                raise self.damaged(f"session {index} stands in it twice, or out of its order")
            last = index
            if row is not None:
                yield row
            elif damaged is None:
                raise self._damaged_session(index)
            else:
                damaged.add(index)
        # Another process may have stored more meanwhile.
        if not least <= found <= self.number():
            raise self.damaged(f"{found} sessions can be found in it, and {least} were stored")

    def session(self, index: int, traces: bool) -> Row | None:
        """One of :meth:`sessions`, None if there is none of that index."""
        for _, row in self._sessions(traces, 'WHERE "index" = ?', (index,)):
            if row is None:
                raise self._damaged_session(index)
            return row
        return None

    def number(self) -> int:
        """How many sessions were stored."""
        if self.layout.is_checked:
            return int(self.meta("sessions"))
        ((number,),) = self.of("SELECT count(*) FROM sessions")
        return int(number)

    def damaged(self, what: str) -> StoreError:
        """The error for something that is not as it was stored."""
        return StoreError(f"{self._folder}: damaged: {what}", code="damaged")

    def _sessions(
        self, traces: bool, condition: str = "", values: tuple[object, ...] = ()
    ) -> Iterator[tuple[int, Row | None]]:
        """Sessions by their index; None for one that is damaged."""
        layout = self.layout
        trace = f"trace, {layout.trace_checksum}" if traces else "NULL, 0"
        query = f'SELECT {SESSION}, {layout.checksum}, {trace} FROM sessions {condition} ORDER BY "index"'
        for *row, stored, text, stored_of_text in self.of(query, values):
            if not isinstance(row[0], int):  # the table has another column by that name now
                raise self.damaged("the sessions have no index")
            fits = checksum(*row) == stored and (text is None or checksum(row[0], text) == stored_of_text)
            yield row[0], (*row, text) if fits or not layout.is_checked else None

    def _damaged_session(self, index: int) -> StoreError:
        return sessions_damaged(self._folder, [index])


def sessions_damaged(folder: Path, indices: Collection[int]) -> StoreError:
    """The error for sessions of the run in ``folder`` that are not as they were stored, by their index."""
    some = ", ".join(map(str, sorted(indices)[:SHOWN]))
    which = f"session {some}" if len(indices) == 1 else f"{len(indices)} sessions ({some})"
    return StoreError(
        f"{folder}: damaged: {which}: a sample, trace, status or usage is not as it was stored; the command that "
        "made the run plays what is damaged anew",
        code="damaged",
    )
