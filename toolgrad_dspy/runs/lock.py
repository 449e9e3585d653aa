"""One writer per run folder, and per program."""

import sqlite3
from pathlib import Path

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import store_errors


class WriterLock:
    """An exclusive lock on the file ``path``, for the one writer of ``subject``, held from construction until
    :meth:`release` or the end of the process.

    It is SQLite's own lock on an empty file of ours: it works wherever a database does, and the operating
    system releases it when the process dies, even by kill -9. Raises UsageError (``run_in_use``).
    """

    def __init__(self, path: Path, subject: Path) -> None:
        self._path = path
        with store_errors(subject, "lock it"):
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
            try:
                self._connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                self._connection.close()
                if "locked" not in str(error):  # "unable to open database file", "disk I/O error"
                    raise
                raise UsageError(
                    f"{subject} is in use by another process; wait for it to end or choose another place with -o",
                    code="run_in_use",
                ) from error

    def release(self) -> None:
        """Release the lock. Safe to call twice."""
        self._connection.close()

    def remove(self) -> None:
        """Release the lock and delete its file, which then has to be of no further use."""
        self._path.unlink(missing_ok=True)  # first: afterwards it may be another's
        self.release()
