"""Long, paid runs on a model that misbehaves, that are killed, and that run out of money: nothing lost or doubled.

    python benchmarks/faults.py [--seconds 90] [--sessions 60] [--only outages kills signals caps]

The real command runs against a model server on this machine that plays rehearsal, so that the samples of a disturbed
run can be compared with those of an undisturbed one, to the byte. What it shows is about the machinery, not about a
language model.
"""

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.checks import Checks  # noqa: E402
from tests.support.model_servers import ModelServer  # noqa: E402
from tests.support.outages import KINDS, Outage, out  # noqa: E402

ITERATIONS = "3"
# Of the server's answers, so that a run lasts long enough to be disturbed.
LATENCY = 0.1
KILLS = 20
# Seconds after the start of the process, from its imports to the middle of the run.
MOMENTS = [0.3, 0.5, 0.7, 0.9, 1.2, 1.5, 1.8, 2.1, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9, 10]
CAP = 300_000


class Run:
    """The real command in a folder of its own, on the model at ``server``."""

    def __init__(self, folder: Path, server: ModelServer, sessions: int, *options: str) -> None:
        self.folder = folder
        self.command = [sys.executable, "-m", "toolgrad_dspy.generate", "-n", str(sessions), "-o", str(folder)]
        self.command += ["--iterations", ITERATIONS, "--mini-batch", "12", *options]
        keep = {name: value for name, value in os.environ.items() if not name.startswith("TOOLGRAD_")}
        self.environ: Mapping[str, str] = keep | {
            "TOOLGRAD_MODEL": server.model,
            "TOOLGRAD_API_BASE": server.url,
            "TOOLGRAD_API_KEY": "none",
            "TOOLGRAD_TIMEOUT": "5",
            "PYTHONPATH": str(ROOT),
        }

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
            preexec_fn=_default_signals,
        )

    def finish(self) -> tuple[int, str]:
        """The exit code and the last line of messages."""
        process = self.start()
        _, said = process.communicate()
        return process.returncode, (said.strip().splitlines() or [""])[-1]

    @property
    def samples(self) -> bytes:
        path = self.folder / "samples.jsonl"
        return path.read_bytes() if path.exists() else b""

    def figures(self) -> tuple[int, int, int]:
        """Sessions that are stored, those that are not accepted, and the tokens of the account."""
        with sqlite3.connect(self.folder / "run.db") as database:
            count, other = database.execute(
                "SELECT count(*), coalesce(sum(status <> 'accepted'), 0) FROM sessions"
            ).fetchone()
            (tokens,) = database.execute(
                "SELECT coalesce(sum(input_tokens + output_tokens), 0) FROM spent"
            ).fetchone()
        return count, other, tokens


def _default_signals() -> None:
    # What runs in the background ignores SIGINT, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def undisturbed(home: Path, sessions: int) -> bytes:
    with ModelServer("openai", latency=LATENCY) as server:
        run = Run(home / "undisturbed", server, sessions)
        code, said = run.finish()
    assert code == 0, said
    return run.samples


def outages(check: Checks, home: Path, sessions: int, seconds: float, whole: bytes) -> None:
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


def kills(check: Checks, home: Path, sessions: int, whole: bytes) -> None:
    rng, whole_again, left = random.Random(0), 0, 0
    with ModelServer("openai", latency=LATENCY) as server:
        for number in range(KILLS):
            run = Run(home / f"kill-{number}", server, sessions)
            process = run.start()
            time.sleep(rng.uniform(0.5, 12))
            process.kill()
            process.wait()
            left += _children_of(process.pid)
            code, _ = run.finish()
            whole_again += code == 0 and run.samples == whole
    check(
        f"runs that are killed and resumed to the samples of the undisturbed one, of {KILLS}",
        whole_again,
        "==",
        KILLS,
    )
    check("processes left by them", left, "==", 0)


def signals(check: Checks, home: Path, sessions: int, whole: bytes) -> None:
    ended, one_line, whole_again = 0, 0, 0
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with ModelServer("openai", latency=LATENCY) as server:
        for place, moment in enumerate(MOMENTS):
            run = Run(home / f"signal-{place}", server, sessions, "--grace", "2", "--quiet")
            process = run.start()
            time.sleep(moment)
            process.send_signal(numbers[place % 3])
            _, said = process.communicate()
            # Python itself ends with SIGINT where one interrupted text that it was executing; a shell says 130, too.
            ended += process.returncode in (0, 130, -signal.SIGINT)
            one_line += (
                "Traceback" not in said and len([line for line in said.splitlines() if "stopped" in line]) <= 1
            )
            code, _ = run.finish()
            whole_again += code == 0 and run.samples == whole
    check(f"signals at {len(MOMENTS)} moments that end the run with 130", ended, "==", len(MOMENTS))
    check("... with one line that says so", one_line, "==", len(MOMENTS))
    check("... after which it resumes to the same samples", whole_again, "==", len(MOMENTS))


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


def _children_of(pid: int) -> int:
    """Processes whose parent was ``pid``, or that carry it in their environment."""
    found = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            found += int(entry.read_text().rpartition(")")[2].split()[1]) == pid
        except (OSError, ValueError, IndexError):
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=90, help="of an outage that passes")
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--only", nargs="+", default=["outages", "kills", "signals", "caps"])
    given = parser.parse_args()
    check = Checks()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        whole = undisturbed(home, given.sessions) if set(given.only) - {"caps"} else b""
        parts: Mapping[str, Callable[[], None]] = {
            "outages": lambda: outages(check, home, given.sessions, given.seconds, whole),
            "kills": lambda: kills(check, home, given.sessions, whole),
            "signals": lambda: signals(check, home, given.sessions, whole),
            "caps": lambda: caps(check, home),
        }
        for name in given.only:
            print(f"\n{name}")
            parts[name]()
    check.end()


if __name__ == "__main__":
    main()
