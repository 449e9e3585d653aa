#!/usr/bin/env python3
"""What hostile tools come to: schemas and results made to hang or to crash their reader, all the way through a run.

    python benchmarks/hostile.py [schemas | results] [NAME ...]

Each is a tool of a real MCP server, beside one that is in order. The library is opened on it, the tools are shown,
called with hostile arguments and with good ones, the results judged, shown and stored, and a session is played by
the rehearsal model and read back. A case fails by a traceback, by a crash, and by :data:`LIMIT` seconds without an
end: it is played in a child process, which is killed then.
"""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.hostile import RESULTS, SCHEMAS  # noqa: E402

LIMIT = 60.0
"""Seconds for one case; a start and a call may take ten of them each."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended: ``fault`` is empty where nothing was wrong with us, and ``told`` is what a user is told."""

    name: str
    told: str
    seconds: float
    fault: str = ""


def hostile_schemas(names: Sequence[str] = ()) -> list[Outcome]:
    """The outcome of each hostile schema, or of those named."""
    return list(_played("schema", names))


def hostile_results(names: Sequence[str] = ()) -> list[Outcome]:
    """The outcome of each hostile result, or of those named."""
    return list(_played("result", names))


def _played(kind: str, names: Sequence[str]) -> Iterator[Outcome]:
    """Play the cases in one child process, and in a new one after each that it did not survive."""
    names = names or list({"schema": SCHEMAS, "result": RESULTS}[kind])
    player: _Player | None = None
    try:
        for name in names:
            player = player or _Player(kind)
            started = time.monotonic()
            told, fault = player.play(name)
            yield Outcome(name, told, time.monotonic() - started, fault)
            if player.ended:
                player.close()
                player = None
    finally:
        if player is not None:
            player.close()


class _Player:
    """A child process that plays cases, one after the other."""

    def __init__(self, kind: str) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._read = 0
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--play", kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,  # so that its servers can be killed with it
        )
        self.ended = False

    def play(self, name: str) -> tuple[str, str]:
        """What a user is told, and what went wrong."""
        into, out = self._pipes()
        into.write(json.dumps(name).encode() + b"\n")
        into.flush()
        if not select.select([out], [], [], LIMIT)[0]:
            self.ended = True
            return "", f"no end within {LIMIT:g} s"
        line = out.readline()
        said = self._said()
        if not line:
            self.ended = True
            return "", f"the process ended with {self._process.wait()}: {said[-300:]}"
        told, fault = json.loads(line)
        if "Traceback" in said:
            fault = fault or f"a traceback on standard error: {said.strip().splitlines()[-1][:200]}"
        return told, fault

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (*self._pipes(), self._errors):
            pipe.close()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _said(self) -> str:
        self._errors.seek(self._read)
        said = self._errors.read()
        self._read += len(said)
        return said.decode(errors="replace")


def _play(kind: str) -> None:
    """In the child: a name on each line of standard input, an outcome on each of standard output."""
    from benchmarks.hostile_play import play
    from toolgrad_dspy.errors import ToolGradError

    for line in sys.stdin:
        fault = ""
        try:
            with tempfile.TemporaryDirectory() as folder:
                told = asyncio.run(play(kind, json.loads(line), Path(folder)))
        except ToolGradError as error:
            told = f"refused: {error.line}"
        except BaseException as error:  # noqa: BLE001 - boundary: whatever it is, it is what is measured
            told, fault = "", f"{type(error).__name__}: {error}"[:300]
        sys.stdout.write(json.dumps([told, fault]) + "\n")
        sys.stdout.flush()


def main() -> None:
    if sys.argv[1:2] == ["--play"]:
        _play(sys.argv[2])
        return
    for kind in [sys.argv[1].removesuffix("s")] if len(sys.argv) > 1 else ["schema", "result"]:
        outcomes = []
        for one in _played(kind, sys.argv[2:]):
            outcomes.append(one)
            told = f"FAULT {one.fault}" if one.fault else one.told[:150]
            print(f"{one.seconds:6.2f} s  {one.name:45} {told}", flush=True)
        slowest = max(one.seconds for one in outcomes)
        faults = sum(bool(one.fault) for one in outcomes)
        print(f"{len(outcomes)} {kind}s: {faults} faults, the slowest {slowest:.1f} s of {LIMIT:g} s\n", flush=True)


if __name__ == "__main__":
    main()
