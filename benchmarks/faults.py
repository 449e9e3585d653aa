"""Long, paid runs on models and tools that misbehave, that are killed, and that run out of money or room.

    python benchmarks/faults.py [--seconds 90] [--sessions 60] [--only PART ...]

PART is one of outages, kills, kills-servers, signals, signals-servers, disks (as root), caps, crashes, servers,
hostile and canaries; without it all are tried, in an hour.

The real command runs against a model server on this machine that plays rehearsal, so that the samples of a disturbed
run can be compared with those of an undisturbed one, to the byte. What it shows is about the machinery, not about a
language model.
"""

import argparse
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.canaries import canaries  # noqa: E402
from benchmarks.checks import Checks  # noqa: E402
from benchmarks.crashes import compared  # noqa: E402
from benchmarks.fault_runs import ITERATIONS, LATENCY, Run, undisturbed  # noqa: E402
from benchmarks.hostile import hostile_results, hostile_schemas  # noqa: E402
from benchmarks.servers import Product  # noqa: E402
from tests.support.model_servers import ModelServer  # noqa: E402
from tests.support.outages import KINDS, Outage, out  # noqa: E402

KILLS = 20
SERVED = 12  # sessions of a run with tool servers: each has several to itself
# Seconds after the start of the process, from its imports to the middle of the run.
MOMENTS = [0.3, 0.5, 0.7, 0.9, 1.2, 1.5, 1.8, 2.1, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9, 10]
CAP = 300_000
MOST_SERVERS = 24


def outages(check: Checks, home: Path, sessions: int, seconds: float) -> None:
    whole = undisturbed(home, sessions)
    for kind in KINDS:
        outage = Outage(kind, after=150, seconds=seconds)
        with out(outage, LATENCY) as server:
            run = Run(home / f"{kind}-passes", server, sessions)
            code, said = run.finish()
        same = code == 0 and run.samples == whole
        told = f"{run.figures()[0]} of {sessions} sessions, {outage.spoiled} requests spoiled, exit code {code}"
        check.told(
            f"{kind} for {seconds:g} s: samples of the undisturbed run",
            told if code == 0 else f"{told}: {said}",
            same,
            "same bytes",
        )
        outage = Outage(kind, after=150)
        with out(outage, LATENCY) as server:
            run = Run(home / f"{kind}-stays", server, sessions, "--wait", "0.1")
            code, said = run.finish()
            before, other, _ = run.figures()
            outage.end()
            again, _ = run.finish()
        same = code == 1 and not other and again == 0 and run.samples == whole
        check.told(
            f"{kind} from request 150 on, then resumed",
            f"{before} sessions, then {run.figures()[0]}",
            same,
            "same bytes",
        )


def kills(check: Checks, home: Path, sessions: int, *, tools: bool) -> None:
    whole, rng, same, left = undisturbed(home, sessions, tools=tools), random.Random(0), 0, (0, 0)
    with ModelServer("openai", latency=LATENCY) as server:
        for number in range(KILLS):
            run = Run(home / f"kill-{tools}-{number}", server, sessions, tools=tools)
            process = run.start()
            time.sleep(rng.uniform(0.5, 12))
            process.kill()
            process.communicate()
            code, _ = run.finish()
            same += code == 0 and run.samples == whole
            left = _sum(left, run.left())
    what = "with servers, " if tools else ""
    check(f"{what}kills after which a run resumes to the samples of the undisturbed one", same, "==", KILLS)
    check("... processes of tool servers left, and files of scratch", sum(left), "==", 0)


def signals(check: Checks, home: Path, sessions: int, *, tools: bool) -> None:
    whole = undisturbed(home, sessions, tools=tools)
    ended, one_line, same, left = 0, 0, 0, (0, 0)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with ModelServer("openai", latency=LATENCY) as server:
        for place, moment in enumerate(MOMENTS):
            options = ("--grace", "2", "--quiet")
            run = Run(home / f"signal-{tools}-{place}", server, sessions, *options, tools=tools)
            process = run.start()
            time.sleep(moment)
            process.send_signal(numbers[place % 3])
            _, said = process.communicate()
            # Python itself ends with SIGINT where one interrupted text that it was executing; a shell says 130, too.
            ended += process.returncode in (0, 130, -signal.SIGINT)
            if process.returncode not in (0, 130):
                print(f"    {numbers[place % 3].name} after {moment} s: {process.returncode}, {said.strip()!r}")
            lines = [line for line in said.splitlines() if "stopped" in line]
            one_line += "Traceback" not in said and len(lines) <= 1
            left = _sum(left, run.left())
            code, _ = run.finish()
            same += code == 0 and run.samples == whole
    what = f"{'with servers, ' if tools else ''}signals at {len(MOMENTS)} moments"
    check(f"{what} that end the run with 130", ended, "==", len(MOMENTS))
    check("... with one line that says so", one_line, "==", len(MOMENTS))
    check("... processes of tool servers left, and files of scratch", sum(left), "==", 0)
    check("... after which it resumes to the same samples", same, "==", len(MOMENTS))


def _sum(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def disks(check: Checks, home: Path, sessions: int) -> None:
    """A disk that is full in the middle of a run, and has room again when it is resumed."""
    whole, same, told = undisturbed(home, sessions), 0, 0
    disk = home / "disk"
    disk.mkdir()
    sizes = ("300k", "500k", "800k", "1200k")
    with ModelServer("openai", latency=LATENCY) as server:
        for size in sizes:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=True)
            try:
                run = Run(disk / "run", server, sessions)
                process = run.start()
                _, said = process.communicate()
                told += process.returncode == 1 and "Traceback" not in said and "full" in said.splitlines()[-1]
                subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
                code, _ = run.finish()
                same += code == 0 and run.samples == whole
            finally:
                subprocess.run(["umount", str(disk)], check=True)
    check("full disks that end a run with one line", told, "==", len(sizes))
    check("... after which it resumes to the same samples", same, "==", len(sizes))


def caps(check: Checks, home: Path) -> None:
    for counting in (True, False):
        for at_once in (1, 64):
            with ModelServer("openai", latency=LATENCY, counting=counting) as server:
                run = Run(
                    home / f"cap-{counting}-{at_once}",
                    server,
                    400,
                    "--max-tokens",
                    str(CAP),
                    "--max-concurrency",
                    str(at_once),
                )
                code, _ = run.finish()
                served = server.stats.input_tokens + server.stats.output_tokens
            count, _, entered = run.figures()
            what = f"cap of {CAP:,} tokens, {at_once} at once, {'with' if counting else 'without'} counts"
            told = f"{served:,} served, {entered:,} entered, {count} sessions kept, exit code {code}"
            calls = at_once * 3_000  # what the largest calls under way may use
            check.told(
                what, told, code == 1 and served <= CAP + (0 if counting else calls) and count > 0, "not exceeded"
            )


def crashes(check: Checks) -> None:
    compared(check, "session", 0.05, 100)


def servers(check: Checks, home: Path) -> None:
    """64 sessions at once, each with servers of its own."""
    (home / "servers").mkdir()
    product = Product(home / "servers")
    tools = ("--tools", str(product.tools), "--max-servers", str(MOST_SERVERS))
    run = ("-n", "64", "--max-concurrency", "64", "--iterations", ITERATIONS, "-o", str(product.folder / "run"))
    seen = product.watched("generate", *run, *tools)
    check("64 isolated sessions: server processes at once", seen.processes, "<=", MOST_SERVERS)
    check("... GB of memory with the product", seen.memory / 1e9, "<=", 1.5)
    check.told("... left", product.left(), product.left().startswith("0 processes, 0"), "nothing")


def hostile(check: Checks) -> None:
    for what, outcomes in (("schemas", hostile_schemas()), ("results", hostile_results())):
        faults = [f"{outcome.name}: {outcome.fault}" for outcome in outcomes if outcome.fault]
        told = "; ".join(faults) or f"none of {len(outcomes)}"
        check.told(f"hostile {what} with a traceback, a crash or a wait", told, not faults, "none of 40")


def planted(check: Checks, home: Path) -> None:
    found = canaries(home / "canaries")
    told = f"{sum(bool(canary.found) for canary in found)} of {len(found)}"
    check.told("planted secrets that are found", told, not any(canary.found for canary in found), "none")


def main() -> None:
    with TemporaryDirectory() as folder:
        home, check = Path(folder), Checks()
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--seconds", type=float, default=90, help="of an outage that passes")
        parser.add_argument("--sessions", type=int, default=60)
        parts: dict[str, Callable[[int, float], None]] = {
            "outages": lambda sessions, seconds: outages(check, home, sessions, seconds),
            "kills": lambda sessions, _: kills(check, home, sessions, tools=False),
            "kills-servers": lambda sessions, _: kills(check, home, min(sessions, SERVED), tools=True),
            "signals": lambda sessions, _: signals(check, home, sessions, tools=False),
            "signals-servers": lambda sessions, _: signals(check, home, min(sessions, SERVED), tools=True),
            "disks": lambda sessions, _: disks(check, home, sessions),
            "caps": lambda *_: caps(check, home),
            "crashes": lambda *_: crashes(check),
            "servers": lambda *_: servers(check, home),
            "hostile": lambda *_: hostile(check),
            "canaries": lambda *_: planted(check, home),
        }
        parser.add_argument("--only", nargs="+", choices=list(parts), default=list(parts), metavar="PART")
        given = parser.parse_args()
        for name in given.only:
            print(f"\n{name}")
            parts[name](given.sessions, given.seconds)
        check.end()


if __name__ == "__main__":
    main()
