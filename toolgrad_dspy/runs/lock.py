"""One writer per run folder."""

import sqlite3
from pathlib import Path

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import store_errors


class FolderLock:
    """An exclusive lock on a folder, held from construction until :meth:`release` or the end of the process.

    It is SQLite's own lock on an empty file of ours: it works wherever the database does, and the operating
    system takes it back when the process dies, however it dies. Raises UsageError when somebody has it.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "run.lock"
        with store_errors(folder, "lock it"):
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
            try:
                self._connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                self._connection.close()
                if "locked" not in str(error):
                    raise
                raise UsageError(
                    f"{folder} is in use by another process; wait for it to end or choose another folder with -o",
                    code="run_in_use",
                ) from error

    def release(self) -> None:
        """Give the folder free. Safe to call twice."""
        self._connection.close()
