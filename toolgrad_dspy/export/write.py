"""Runs as files that trainers load, with a manifest that says what is in them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from toolgrad_dspy import __version__
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.export.base import Exporter
from toolgrad_dspy.export.conversation import Conversation, conversation
from toolgrad_dspy.files import atomic_writer, store_errors
from toolgrad_dspy.records import Record
from toolgrad_dspy.runs import RunStore

MANIFEST = "manifest.json"


class ExportedFile(Record):
    """A file of rows: its name in the folder, how many there are, and the SHA-256 of its bytes."""

    name: str
    rows: int
    sha256: str


class Manifest(Record):
    """What a folder of exported samples holds.

    ``left_out`` counts the runs' sessions that were not accepted; ``damaged`` names those, by run, that are not as
    they were stored: their samples are missing.
    """

    version: str
    runs: tuple[str, ...]
    samples: int
    left_out: int
    damaged: dict[str, tuple[int, ...]] = {}
    files: tuple[ExportedFile, ...]


def export(runs: Sequence[Path], folder: Path, exporters: Sequence[Exporter]) -> Manifest:
    """Write the accepted samples of ``runs`` to ``folder``, as ``NAME.jsonl`` for each exporter, and a manifest.

    Rows are in the order of the runs and of their sessions. A file appears when it is complete, the manifest last.
    Raises UsageError when ``folder`` is not empty (``folder_not_empty``), when two runs have a sample of one id
    (``duplicate_sample``) or none has a sample (``nothing_to_export``), and StoreError when the disk fails.
    """
    with store_errors(folder, "write to it"):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; choose another folder with -o", code="folder_not_empty")
    counted = _Counted()
    with ExitStack() as stack:
        files = [_Rows(exporter, folder, stack) for exporter in exporters]
        for run in runs:
            for sample in _conversations(run, counted):
                for file in files:
                    file.write(sample)
        if not counted.ids:
            raise UsageError(
                f"no accepted sample in {', '.join(map(str, runs))}: nothing to export", code="nothing_to_export"
            )
    manifest = Manifest(
        version=__version__,
        runs=tuple(map(str, runs)),
        samples=len(counted.ids),
        left_out=counted.left_out,
        damaged=counted.damaged,
        files=tuple(file.described() for file in files),
    )
    with atomic_writer(folder / MANIFEST) as written:
        written.write(manifest.model_dump_json(indent=2) + "\n")
    return manifest


class _Counted:
    """What was read: the run of each sample, and how many sessions have none that was accepted."""

    def __init__(self) -> None:
        self.ids: dict[str, Path] = {}
        self.left_out = 0
        self.damaged: dict[str, tuple[int, ...]] = {}


def _conversations(run: Path, counted: _Counted) -> Iterator[Conversation]:
    """The accepted samples of one run."""
    with RunStore.open(run) as store:
        tools = {tool.name: tool for tool in store.tools()}
        damaged: set[int] = set()
        for session in store.sessions(traces=False, damaged=damaged):
            if session.status != "accepted" or session.sample is None:
                counted.left_out += 1
                continue
            sample = session.sample
            if sample.id in counted.ids:
                raise UsageError(
                    f"{counted.ids[sample.id]} and {run} both have a sample {sample.id}: runs of one seed cannot be "
                    "exported together",
                    code="duplicate_sample",
                )
            counted.ids[sample.id] = run
            yield conversation(sample, tools)
        if damaged:
            counted.damaged[str(run)] = tuple(sorted(damaged))


class _Rows:
    """One file of rows, being written."""

    def __init__(self, exporter: Exporter, folder: Path, stack: ExitStack) -> None:
        self._exporter = exporter
        self._name = f"{exporter.name}.jsonl"
        self._file = stack.enter_context(atomic_writer(folder / self._name))
        self._digest = sha256()
        self._rows = 0

    def write(self, sample: Conversation) -> None:
        line = json.dumps(self._exporter.row(sample), ensure_ascii=False, allow_nan=False) + "\n"
        self._digest.update(line.encode())
        self._file.write(line)
        self._rows += 1

    def described(self) -> ExportedFile:
        return ExportedFile(name=self._name, rows=self._rows, sha256=self._digest.hexdigest())
