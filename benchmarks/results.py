#!/usr/bin/env python3
"""What large results cost: how long they block the event loop, and how much memory they take.

    python benchmarks/results.py [--megabytes 50 0.9] [--no-limit]

Each is the result of a tool of a real MCP server: a text, a list of numbers, or rows. In a process of its own a
session is played on it by the rehearsal model, while a task ticks: the longest gap between two ticks is how long
nothing else could run. With ``--no-limit`` a source takes everything.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.checks import Checks  # noqa: E402

KINDS = ("text", "numbers", "rows")
TICK = 0.01
MOST_STALL, MOST_GROWN = 0.5, 200.0
"""Seconds, and megabytes above what a session takes whose result is small."""


async def played(folder: Path, kind: str, size: int, limit: int | None) -> dict[str, float | str]:
    """Play a session on a server that gives such a result; what it cost, and how the call ended."""
    from tests.support.mcp_helpers import script
    from toolgrad_dspy.program import ProgramConfig
    from toolgrad_dspy.runs import RunSpec, RunStore, SourceTools, generate_run
    from toolgrad_dspy.tools import ToolSource
    from toolgrad_dspy.tools.mcp import McpSource
    from toolgrad_dspy.tools.result_size import RESULT_BYTES

    def small() -> list[ToolSource]:
        return [McpSource("odd", script("odd", "--gives", "rows", "100"))]

    def sources() -> list[ToolSource]:
        target = script("odd", "--gives", kind, str(size))
        return [McpSource("odd", target, max_result_bytes=limit or RESULT_BYTES)]

    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            gaps.append(time.perf_counter() - last - TICK)
            last = time.perf_counter()

    spec = RunSpec(n=1, tools=SourceTools("odd", sources), program=ProgramConfig(iterations=2))
    # The first session pays for imports.
    first = RunSpec(n=1, tools=SourceTools("odd", small), program=ProgramConfig(iterations=2))
    await generate_run(first, folder / "small")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ticking, started = asyncio.create_task(tick()), time.perf_counter()
    await generate_run(spec, folder / "run")
    seconds = time.perf_counter() - started
    ticking.cancel()
    with RunStore.open(folder / "run") as store:
        attempts = [a for s in store.sessions() for i in s.trace.iterations for r in i.reports for a in r.attempts]
    ended = {a.verdict.outcome for a in attempts if a.call.tool == "give"}
    kinds = {a.observation.error.kind for a in attempts if a.observation is not None and a.observation.error}
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
    return {"stall": max(gaps), "seconds": seconds, "grown": grown, "ended": ", ".join(sorted(ended | kinds))}


def in_a_process(kind: str, size: int, limit: int | None) -> dict[str, float | str]:
    command = [sys.executable, __file__, "--play", kind, str(size), "" if limit is None else str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    if sys.argv[1:2] == ["--play"]:
        name, size, most = sys.argv[2:]
        with TemporaryDirectory() as folder:
            found = asyncio.run(played(Path(folder), name, int(size), int(most) if most else None))
        print(json.dumps(found))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, nargs="+", default=[50, 0.9])
    parser.add_argument("--no-limit", action="store_true", help="take everything; nothing is checked then")
    given = parser.parse_args()
    check = Checks()
    for megabytes in given.megabytes:
        for kind in KINDS:
            found = in_a_process(kind, int(megabytes * 1e6), 1_000_000_000 if given.no_limit else None)
            print(f"\n{megabytes:g} MB, {kind}: {found['ended']}, {found['seconds']:.1f} s")
            if given.no_limit:
                print(f"         event loop blocked for {found['stall']:.2f} s, {found['grown']:.0f} MB more")
            else:
                check("event loop blocked for, s", float(found["stall"]), "<=", MOST_STALL)
                check("more memory at most, MB", float(found["grown"]), "<=", MOST_GROWN)
    check.end()


if __name__ == "__main__":
    main()
