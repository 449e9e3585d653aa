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

from toolgrad_dspy.errors import StoreError, UsageError, one_line, os_reason
from toolgrad_dspy.lm.settings import environment
from toolgrad_dspy.secrets import Hidden, expand, masked_url
from toolgrad_dspy.sweeps.lifecycle import retry

# Seconds between a worker's signs of life in a database, and after which a silent worker's trial is lost.
HEARTBEAT, GRACE = 15, 90
# Seconds that a writer waits for others on SQLite.
PATIENCE = 60
# The URL of a PostgreSQL database, for messages.
EXAMPLE_URL = "postgresql+psycopg://HOST/NAME"

# Optuna's own tables that every one of its databases has.
_TABLES = frozenset({"studies", "trials", "version_info"})


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """A journal's path or a database's URL. ``text`` may hold a password, so ``name`` is what is shown."""

    text: str

    def __repr__(self) -> str:
        return self.name

    @property
    def url(self) -> URL | None:
        """The URL; None for a journal."""
        return make_url(self.text) if "://" in self.text else None

    @property
    def name(self) -> str:
        """The path; of a URL the driver, the host and the database, without the user and without secrets."""
        url = self.url
        if url is None:
            return self.text
        port = f":{url.port}" if url.port else ""
        return f"{url.drivername}://{url.host or ''}{port}/{url.database or ''}"


def storage_address(text: str) -> StorageAddress:
    """The address in ``text``, with ``${VARIABLE}`` replaced by the variable's value. Raises UsageError."""
    address = StorageAddress(expand(text, environment(), "--storage"))
    try:
        _ = address.name
    except (ArgumentError, ValueError):
        # Without the address in the message: it may hold a password.
        raise UsageError(
            f"--storage: not a valid URL of a database; write {EXAMPLE_URL}", code="malformed_url"
        ) from None
    return address


@contextmanager
def storage_errors(address: StorageAddress) -> Iterator[None]:
    """Turn what the disk, the database or Optuna's reading of it raises into a StoreError without secrets."""
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, json.JSONDecodeError) as error:
        # Optuna's own error is a paragraph of advice, and SQLAlchemy's adds the statement: the driver's is one line.
        cause = error.__cause__ if isinstance(error, optuna.exceptions.StorageInternalError) else error
        reason = getattr(cause, "orig", None) or cause or error
        raise StoreError(
            f"the study in {address.name}: {one_line(_masked(str(reason), address), 200)}", code="storage_failed"
        ) from None
    except OSError as error:
        raise StoreError(f"the study in {address.name}: {os_reason(error)}", code="storage_failed") from None


def open_storage(address: StorageAddress) -> BaseStorage:
    """The storage at ``address``. A file or database that holds something else is not changed.

    Raises UsageError for what is not a storage, StoreError for one that cannot be reached.
    """
    # Optuna calls its heartbeat experimental.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    url = address.url
    with storage_errors(address):
        return _journal(Path(address.text)) if url is None else _database(address, url)


def _journal(path: Path) -> BaseStorage:
    if path.exists() and not is_journal(path):
        raise UsageError(
            f"{path} exists and is not an Optuna journal; choose another file with --storage", code="not_a_journal"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(path), _Lock(str(path))))


def is_journal(path: Path) -> bool:
    """Whether ``path`` is a file that begins like an Optuna journal, or empty: a journal that was just made."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(1_000_000)
    if not first:
        return True
    try:
        entry = json.loads(first)
    except ValueError:
        return False
    return isinstance(entry, dict) and {"op_code", "worker_id"} <= entry.keys()


class _Lock(JournalFileOpenLock):
    """The operating system's lock on a file beside the journal, which also repairs what a killed writer left.

    Optuna's own locks are files: after a kill they remain, and block the others for half a minute. Half a line at the
    end of the journal would be joined with the next writer's line, and the journal could not be read any more.
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
        # Rare, so the whole file may be read.
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def _database(address: StorageAddress, url: URL) -> BaseStorage:
    options = (
        {"connect_args": {"timeout": PATIENCE}} if url.get_backend_name() == "sqlite" else {"pool_pre_ping": True}
    )
    try:
        # To look at an SQLite file that is not there would make it.
        if url.get_backend_name() != "sqlite" or Path(url.database or "").exists():
            _refuse_foreign(create_engine(url, **options), address)
        return RDBStorage(
            address.text,
            engine_kwargs=options,
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=retry,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise _missing_driver(url, error) from None


def _missing_driver(url: URL, error: ImportError | NoSuchModuleError) -> UsageError:
    missing = getattr(error.__cause__ or error, "name", None) or url.drivername
    # The second where psycopg is installed without the library that it wraps.
    if missing in ("psycopg", "postgresql+psycopg"):
        install = "python -m pip install 'toolgrad-dspy[sweep]'"
    else:
        install = f"install it, or use PostgreSQL: python -m pip install 'toolgrad-dspy[sweep]' and {EXAMPLE_URL}"
    return UsageError(
        f"--storage: the driver for {url.drivername} is not installed ({missing}); {install}",
        code="driver_not_installed",
    )


def _refuse_foreign(engine: Engine, address: StorageAddress) -> None:
    """Raise UsageError for a database with tables that are not Optuna's: it would put its own among them."""
    try:
        tables = set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if tables and not tables >= _TABLES:
        raise UsageError(
            f"{address.name} is a database of something else; choose another with --storage", code="foreign_database"
        )


def _masked(message: str, address: StorageAddress) -> str:
    """``message`` without what is secret in the URL, should a driver have quoted it."""
    return Hidden(masked_url(address.text).secrets if address.url else ()).errors.text(message)
