#!/usr/bin/env python3
"""What crashes of a tool server cost: sessions on one that dies in a share of its calls, beside those on one that
does not.

    python benchmarks/crashes.py [--sessions 100] [--rate 0.05] [--isolation session shared]

The server is a real process with its state in memory, and the model rehearsal, so that the samples of both runs can
be compared, to the byte. A session is lost by a crash if it ends in another way than without.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.checks import Checks  # noqa: E402
from tests.support.mcp_helpers import script  # noqa: E402
from toolgrad_dspy.program import ProgramConfig  # noqa: E402
from toolgrad_dspy.records import Session, ToolUsage  # noqa: E402
from toolgrad_dspy.runs import LocalEngine, RunSpec, RunStore, SourceTools, generate_run  # noqa: E402
from toolgrad_dspy.tools import Isolation, ToolSource  # noqa: E402
from toolgrad_dspy.tools.mcp import McpSource  # noqa: E402


async def played(folder: Path, isolation: Isolation, rate: float, sessions: int) -> list[Session]:
    """The sessions of a run on a server that crashes in that share of its calls."""

    def sources() -> list[ToolSource]:
        target = script("rooms", "--rate", str(rate))
        # Of a shared server only what reads can be repeated.
        return [McpSource("rooms", target, isolation=isolation, allow_writes=isolation == "session")]

    spec = RunSpec(n=sessions, tools=SourceTools("rooms", sources), program=ProgramConfig(iterations=4))
    await generate_run(spec, folder, engine=LocalEngine(8), say=lambda line: print(f"    {line}"))
    with RunStore.open(folder) as store:
        return list(store.sessions(traces=False))


def compared(check: Checks, isolation: Isolation, rate: float, sessions: int) -> None:
    with TemporaryDirectory() as folder:
        whole = asyncio.run(played(Path(folder, "whole"), isolation, 0.0, sessions))
        hit = asyncio.run(played(Path(folder, "hit"), isolation, rate, sessions))
    same_end = sum(one.status == other.status for one, other in zip(whole, hit, strict=True))
    same = sum(one.sample == other.sample for one, other in zip(whole, hit, strict=True))
    used = ToolUsage()
    for session in hit:
        for usage in session.usage.tools.values():
            used = used.plus(usage)
    print(f"  without crashes: {sum(one.status == 'accepted' for one in whole)} of {sessions} accepted")
    print(f"  {used.failures.get('connection', 0)} crashes in {used.calls} calls")
    check(f"{isolation}: sessions that end as without crashes, of {sessions}", same_end, ">=", 0.97 * sessions)
    # A call that crashes its server twice is given up, as one that may be the reason.
    check(f"{isolation}: with the same sample", same, ">=", 0.95 * sessions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--isolation", nargs="+", default=["session", "shared"], choices=["session", "shared"])
    given = parser.parse_args()
    check = Checks()
    for isolation in given.isolation:
        print(f"\n{isolation}")
        compared(check, isolation, given.rate, given.sessions)
    check.end()


if __name__ == "__main__":
    main()
