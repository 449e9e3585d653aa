"""Where a study is kept: a journal file, or any database that Optuna can use."""

import fcntl
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from toolgrad_dspy.errors import StoreError, UsageError, one_line
from toolgrad_dspy.lm.settings import environment
from toolgrad_dspy.sweeps.lifecycle import retry
from toolgrad_dspy.tools.mcp.secrets import expand

# Seconds: a trial whose worker has not been heard of for the second of them is lost.
HEARTBEAT, GRACE = 15, 90
# Seconds that a writer waits for others on SQLite.
PATIENCE = 60

# Optuna's own tables that every one of its databases has.
_TABLES = frozenset({"studies", "trials", "version_info"})


@dataclass(frozen=True, slots=True)
class Place:
    """A storage by its address, a journal's path or a URL. That may hold a password, so ``name`` is what is shown."""

    address: str

    def __repr__(self) -> str:
        return self.name

    @property
    def url(self) -> URL | None:
        return make_url(self.address) if "://" in self.address else None

    @property
    def name(self) -> str:
        """The path, or of a URL what names no user and no secret."""
        url = self.url
        if url is None:
            return self.address
        port = f":{url.port}" if url.port else ""
        return f"{url.drivername}://{url.host or ''}{port}/{url.database or ''}"


def place(given: str) -> Place:
    """The storage that ``given`` names; ``${VARIABLE}`` in it stands for a variable's value. Raises UsageError."""
    found = Place(expand(given, environment(), "--storage"))
    try:
        _ = found.name
    except (ArgumentError, ValueError):
        raise UsageError(
            "--storage: this is no URL of a database; it looks like postgresql+psycopg://host/name"
        ) from None
    return found


@contextmanager
def storage_errors(where: Place) -> Iterator[None]:
    """Turn what the disk, the database or Optuna's reading of it raises into a StoreError without secrets."""
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, json.JSONDecodeError) as error:
        cause = error.__cause__ if isinstance(error, optuna.exceptions.StorageInternalError) else error
        said = getattr(cause, "orig", None) or cause or error
        raise StoreError(f"the study in {where.name}: {_masked(one_line(said, 200), where)}") from None
    except OSError as error:
        raise StoreError(f"the study in {where.name}: {error.strerror or one_line(error)}") from None


def open_storage(where: Place) -> BaseStorage:
    """The storage at ``where``. A journal or an SQLite file that is something else is left as it is.

    Raises UsageError for what is no storage, StoreError for one that cannot be reached.
    """
    # Optuna calls its heartbeat experimental.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    url = where.url
    with storage_errors(where):
        return _journal(Path(where.address)) if url is None else _database(where, url)


def _journal(path: Path) -> BaseStorage:
    if path.exists() and not is_journal(path):
        raise UsageError(f"{path} is there and no Optuna journal; choose another file with --storage")
    path.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(path), _Lock(str(path))))


def is_journal(path: Path) -> bool:
    """Whether ``path`` is a file that begins as an Optuna journal does, or an empty one, as it is when it is made."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(1_000_000)
    try:
        entry = json.loads(first) if first else {"op_code": 0, "worker_id": ""}
    except ValueError:
        return False
    return isinstance(entry, dict) and {"op_code", "worker_id"} <= entry.keys()


class _Lock(JournalFileOpenLock):
    """The operating system's lock on a file beside the journal, and what a killed writer may leave put right.

    Optuna's own locks are files that outlive a killed process, for half a minute; and half a line that one leaves at
    the end would make the next one's line unreadable, and with it the journal.
    """

    def __init__(self, journal: str) -> None:
        super().__init__(journal)
        self._journal = journal
        self._held: int | None = None

    def acquire(self) -> bool:
        self._held = os.open(f"{self._journal}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        _cut_torn_line(self._journal)
        return True

    def release(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None


def _cut_torn_line(journal: str) -> None:
    with open(journal, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def _database(where: Place, url: URL) -> BaseStorage:
    options = (
        {"connect_args": {"timeout": PATIENCE}} if url.get_backend_name() == "sqlite" else {"pool_pre_ping": True}
    )
    try:
        # Without the file's being made by a look at it.
        if url.get_backend_name() != "sqlite" or Path(url.database or "").exists():
            _refuse_foreign(create_engine(url, **options), where)
        return RDBStorage(
            where.address,
            engine_kwargs=options,
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=retry,
        )
    except (ImportError, NoSuchModuleError) as error:
        missing = getattr(error.__cause__ or error, "name", None) or url.drivername
        raise UsageError(
            f"--storage: the driver for {url.drivername} is not installed ({missing}); PostgreSQL's is psycopg: "
            "python -m pip install 'psycopg[binary]' and postgresql+psycopg://..."
        ) from None


def _refuse_foreign(engine: Engine, where: Place) -> None:
    """Raise UsageError for a database with tables that are not Optuna's: ours would be put among them."""
    try:
        tables = set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if tables and not tables >= _TABLES:
        raise UsageError(f"{where.name} is a database of something else; choose another with --storage")


def _masked(said: str, where: Place) -> str:
    """``said`` without the URL's password, should a driver have quoted it."""
    url = where.url
    for secret in (url.password if url else None, *(url.query.values() if url else ())):
        said = said.replace(str(secret), "***") if secret else said
    return said
