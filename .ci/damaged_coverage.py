"""Deletes those of the given coverage files that SQLite finds damaged, and says how many."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def is_damaged(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]
    except sqlite3.DatabaseError:
        return True


paths = [Path(argument) for argument in sys.argv[1:]]
damaged = [path for path in paths if is_damaged(path)]
for path in damaged:
    path.unlink()
print(f"{len(paths)} coverage files, {len(damaged)} of them damaged and left out")
