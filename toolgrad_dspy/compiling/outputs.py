"""Where a compiled program is written, and the journal that stands beside it while it is tuned."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.files import check_writable, is_there, store_errors
from toolgrad_dspy.runs.lock import WriterLock

# The folder of the programs whose place nobody named.
FOLDER = Path("programs")


def journal_of(path: Path) -> Path:
    """Where the journal of the program ``path`` stands while it is tuned.

    >>> journal_of(Path("programs/gepa-0.json")).name, journal_of(Path("programs/gepa.v2")).name
    ('gepa-0.journal', 'gepa.v2.journal')
    """
    if path.suffix == ".json":
        return path.with_suffix(".journal")
    return path.with_name(f"{path.name}.journal")  # run.v1 and run.v2 are two programs


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Inside, no other process writes the program ``path``. Raises UsageError (``run_in_use``)."""
    with store_errors(path, "write it"):
        path.parent.mkdir(parents=True, exist_ok=True)
    lock = WriterLock(path.with_name(f".{path.name}.lock"), path)
    try:
        yield
    finally:
        lock.remove()


def next_output(optimizer: str, *, resume: bool = False) -> Path:
    """The next free ``programs/OPTIMIZER-N.json``; to resume, the last one whose tuning was interrupted."""
    numbered = (FOLDER / f"{optimizer}-{number}.json" for number in itertools.count())
    free = next(path for path in numbered if not path.exists() and not journal_of(path).exists())
    if not resume:
        return free
    stems = (path.stem.removeprefix(f"{optimizer}-") for path in FOLDER.glob(f"{optimizer}-*.journal"))
    numbers = [int(stem) for stem in stems if stem.isdecimal()]
    return FOLDER / f"{optimizer}-{max(numbers)}.json" if numbers else free


def check_output(path: Path, *, resume: bool = False, force: bool = False) -> None:
    """Check that a compile may write ``path``, before anything is spent on it. Its folder is made.

    Raises UsageError (``reserved_name``, ``nothing_to_resume``, ``program_exists``, ``interrupted_tuning``), and
    StoreError for a place that cannot be written.
    """
    journal = journal_of(path)
    if path.suffix == journal.suffix:
        # It could be the journal of another program, which is removed at its end.
        raise UsageError(f"{path}: names ending in .journal are for journals; choose another", code="reserved_name")
    if resume and not is_there(journal):
        raise UsageError(f"there is nothing to resume: {journal} does not exist", code="nothing_to_resume")
    if is_there(path) and not (force or resume):
        raise UsageError(
            f"{path} exists; choose another file with -o, or overwrite it with --force", code="program_exists"
        )
    if is_there(journal) and not (force or resume):
        raise UsageError(
            f"the tuning of {path} was interrupted; resume it with --resume, or start again with --force",
            code="interrupted_tuning",
        )
    check_writable(path)
