"""A folder for what servers need while they run, and the end of what a killed process has left.

All scratch folders lie in one place, ``<temporary directory>/toolgrad-<user>/<process>-<random>``. Whoever makes one
holds a lock on it (``flock``, which ends with the process, also by kill -9), and sweeps first: a folder whose lock is
free belongs to nobody any more, and goes. Servers carry a mark in their environment that is made of the folder's name
(:data:`OWNER`), and so do the processes that they start: those of a folder that is swept are ended with it. Where
there is no ``flock`` (Windows) nothing is swept, and where there is no ``/proc`` (macOS) no process is.
"""

import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from toolgrad_dspy.tools.mcp.processes import end_marked

OWNER = "TOOLGRAD_OWNER"
"""The variable that says to which scratch folder a server belongs."""


class Scratch:
    """A folder of its own, mode 0700, from construction until :meth:`remove`; at ``path``. Raises OSError."""

    def __init__(self) -> None:
        base = _base()
        sweep(base)
        self.path, lock = _new_folder(base)
        self._lock: int | None = lock

    @property
    def owner(self) -> str:
        """The value of :data:`OWNER` in the environment of all that belongs to it; nothing else has it."""
        return _owner(self.path)

    def remove(self) -> None:
        """End what still carries the mark of the folder, and delete it. Safe to call twice."""
        lock, self._lock = self._lock, None
        if lock is not None:
            end_marked([_mark(self.path)])
            _delete(self.path, lock)
            with suppress(OSError):  # others are in it
                self.path.parent.rmdir()


def sweep(base: Path) -> None:
    """Delete the scratch folders in ``base`` whose owners are gone, and end their processes."""
    orphans = list(_orphans(base))
    if orphans:
        end_marked([_mark(folder) for folder, _ in orphans])
    for folder, lock in orphans:
        _delete(folder, lock)


def _owner(folder: Path) -> str:
    # Not the name itself: it is taken out of all that a server says, where paths have to stay as they are.
    return hashlib.sha256(folder.name.encode()).hexdigest()[:24]


def _mark(folder: Path) -> str:
    return f"{OWNER}={_owner(folder)}"


def _orphans(base: Path) -> Iterator[tuple[Path, int]]:
    """The folders that nobody has locked, each with the lock on it, which is ours now."""
    if os.name != "posix":  # there are no such locks
        return
    with suppress(FileNotFoundError):  # whoever was in the base last has just removed it
        for folder in base.iterdir():
            lock = _locked(folder)
            if lock is not None:
                yield folder, lock


def _new_folder(base: Path) -> tuple[Path, int]:
    """A new folder and the lock on it."""
    while True:
        folder = base / f"{os.getpid()}-{secrets.token_hex(8)}"
        # Whoever was in the base last may just have removed it, and whoever sweeps may take what is not locked yet.
        base.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            folder.mkdir(mode=0o700)
            lock = _locked(folder)
            if lock is not None:
                return folder, lock


def _locked(folder: Path) -> int | None:
    """A lock on ``folder`` as a file descriptor; None if another has it, or the folder is gone."""
    try:
        import fcntl
    except ImportError:  # Windows
        return os.open(os.devnull, os.O_RDONLY)
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), folder.lstat()):
            return lock
    except OSError:
        pass
    os.close(lock)
    return None


def _delete(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)  # last: until then nobody else takes care of it


def _base() -> Path:
    """Where all scratch folders lie: only what is this user's alone, else a place of its own."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    base = Path(tempfile.gettempdir(), f"toolgrad-{user}")
    with suppress(FileExistsError):
        base.mkdir(mode=0o700)
    try:
        found = base.lstat()
    except FileNotFoundError:  # whoever was in it last has just removed it
        return _base()
    private = (
        stat.S_ISDIR(found.st_mode) and found.st_uid == user and not (os.name == "posix" and found.st_mode & 0o077)
    )
    return base if private else Path(tempfile.mkdtemp(prefix=f"toolgrad-{user}-"))
