"""What server processes cost: how many run at once, their memory and time, and what is left of them.

    python benchmarks/servers.py [--sessions 64] [--concurrency 64] [--max-servers N] [--compile]

Sessions are generated with the rehearsal model on ``@modelcontextprotocol/server-filesystem`` (npm), each with
servers and a folder of its own, or on the notes server of the tests where there is no ``npx``. Printed are

- the most server processes at once, counted among the processes of the system, and the most memory of the product and
  all of them together (proportional set size: what they share counts once);
- the wall time per session, beside that of the bundled town; with ``--compile`` that of compiles, too;
- the processes and folders that are left afterwards, and after a kill -9 in the middle and the next start.

It needs /proc (Linux).
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
FILES = {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "${WORKSPACE}"]}
NOTES = {"command": sys.executable, "args": [str(ROOT / "tests/support/servers/notes.py"), "${WORKSPACE}"]}


@dataclass
class Watched:
    """What was seen of a command: the most processes and bytes at once, and its seconds."""

    seconds: float = 0.0
    processes: int = 0
    memory: int = 0


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def servers(temporary: Path) -> list[int]:
    """The server processes of the product whose temporary folder it is, by the marks in their environments."""
    known = f"BENCHMARK={temporary}".encode()
    return [pid for pid in pids() if b"TOOLGRAD_OWNER=" in (found := environment(pid)) and known in found]


def memory(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


class Product:
    """Commands of the product in a folder of their own, with a temporary folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        (folder / "files").mkdir()
        (folder / "files/a.txt").write_text("one\n")
        (folder / "files/b.md").write_text("two\n")
        own = {"workspace": str(folder / "files"), "env": {"BENCHMARK": str(self.temporary)}}
        server = {**(FILES if shutil.which("npx") else NOTES), **own}
        self.tools = folder / "servers.json"
        self.tools.write_text(json.dumps({"mcpServers": {"files": server}}))

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        env = {name: value for name, value in os.environ.items() if not name.startswith("TOOLGRAD_")}
        env |= {"TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "toolgrad_dspy", *arguments, "--json"]
        return subprocess.Popen(
            command, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def watched(self, *arguments: str) -> Watched:
        """Run a command to its end."""
        seen, began = Watched(), time.perf_counter()
        process = self.start(*arguments)
        while process.poll() is None:
            running = servers(self.temporary)
            seen.processes = max(seen.processes, len(running))
            seen.memory = max(seen.memory, sum(map(memory, (*running, process.pid))))
            time.sleep(0.2)
        seen.seconds = time.perf_counter() - began
        if process.returncode:
            raise SystemExit(f"toolgrad-dspy {' '.join(arguments)} ended with {process.returncode}")
        return seen

    def left(self) -> str:
        folders = list(self.temporary.glob("toolgrad-*/*"))
        return f"{len(servers(self.temporary))} processes, {len(folders)} folders"

    def killed(self, *arguments: str) -> str:
        """Kill a command when servers run: what is left at once, and after the next start."""
        with self.start(*arguments) as process:
            while len(servers(self.temporary)) < 2 and process.poll() is None:
                time.sleep(0.05)
            time.sleep(1)
            process.send_signal(signal.SIGKILL)
        at_once = self.left()
        self.watched("tools", "list", "--tools", str(self.tools))
        return f"{at_once}; after the next start {self.left()}"


def per_session(product: Product, count: int, concurrency: int, *tools: str) -> float:
    """Seconds per session: without what a run of one session takes to start."""
    times = []
    for name, sessions in (("one", 1), ("many", 1 + count)):
        output = product.folder / f"time-{name}-{concurrency}-{len(tools)}"
        options = ("-n", str(sessions), "--max-concurrency", str(concurrency), "-o", str(output))
        times.append(product.watched("generate", *options, *tools).seconds)
    return (times[1] - times[0]) / count


def compiled(product: Product, *tools: str) -> float:
    """Seconds of a small compile."""
    output = product.folder / f"program-{len(tools)}.json"
    sizes = ("--train", "4", "--validation", "4", "--test", "4", "--metric-calls", "16", "--threads", "8")
    return product.watched("compile", "-o", str(output), *sizes, *tools).seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--max-servers", type=int, default=None)
    parser.add_argument("--compile", action="store_true", help="time compiles, too")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        product = Product(Path(folder))
        limit = () if given.max_servers is None else ("--max-servers", str(given.max_servers))
        tools = ("--tools", str(product.tools), *limit)
        run = ("-n", str(given.sessions), "--max-concurrency", str(given.concurrency))
        seen = product.watched("generate", *run, "-o", str(product.folder / "run"), *tools)
        print(f"{given.sessions} sessions, {given.concurrency} at once: {seen.seconds:.0f} s", flush=True)
        print(f"  at most {seen.processes} server processes, {seen.memory / 1e9:.2f} GB with the product")
        print(f"  left: {product.left()}")
        print(f"  left by kill -9: {product.killed('generate', *run, '-o', str(product.folder / 'killed'), *tools)}")
        for at_once in (1, 8):
            town, files = per_session(product, 8, at_once), per_session(product, 8, at_once, *tools)
            print(f"  {at_once} at once: {files:.2f} s per session, {files / town:.1f} times the town's {town:.2f} s")
        if given.compile:
            town, files = compiled(product), compiled(product, *tools)
            print(f"  a small compile: {files:.0f} s, {files / town:.1f} times the town's {town:.0f} s")


if __name__ == "__main__":
    main()
