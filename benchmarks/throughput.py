"""What the model layer costs: CPU per call, memory, throughput, and what faults do to a run.

    python benchmarks/throughput.py [--calls 4000] [--sessions 200]

Loopback servers speak OpenAI's wire format from a process of their own. The raw limit is aiohttp posting the same
requests in the same run. The model behind the fault test is `rehearsal`, which is scripted.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.checks import Checks  # noqa: E402

NAMES = tuple(f"service_{number}" for number in range(20))
TOOLS = "\n".join(
    f'{name}(city: "Lima"|"Quito"|"Tokyo", days: integer, units? = "metric", at?: e.g. "2026-05-13") -> '
    "{city, days: [{date, high_c, low_c}]} # Tell what it is like in a city for some days"
    for name in NAMES
)
ANSWER = (
    '[[ ## reason ## ]]\nIt helps.\n\n[[ ## proposals ## ]]\n[{"instruction": "Do it.", "calls": '
    '[{"tool": "service_3", "arguments": {"city": "Lima", "days": 3}}]}]\n\n[[ ## completed ## ]]'
)


async def drive(call: Callable[[int], Awaitable[object]], calls: int, workers: int) -> dict[str, float]:
    """Make ``calls`` calls from ``workers`` tasks, each one after the other: CPU ms per call, calls/s, MB grown."""
    await call(-1)
    gc.collect()
    left, before = iter(range(calls)), _resident()

    async def worker() -> None:
        for number in left:
            await call(number)

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(workers)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    gc.collect()
    return {"cpu_ms": cpu / calls * 1000, "per_second": calls / wall, "grown_mb": _resident() - before}


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def raw(url: str, calls: int, workers: int) -> dict[str, float]:
    """The limit: aiohttp posting the same messages and decoding the answers."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=workers)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def call(number: int) -> object:
            messages = [
                {"role": "system", "content": "Propose. " * 100},
                {"role": "user", "content": f"{TOOLS}{number}"},
            ]
            async with session.post(f"{url}/chat/completions", json={"model": "m", "messages": messages}) as answer:
                return await answer.json()

        return await drive(call, calls, workers)


async def predict(calls: int, workers: int) -> dict[str, float]:
    """A DSPy ``Predict`` of the proposer's signature through the whole layer: adapter, gate, engine, meter."""
    import dspy

    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.lm.adapter import lean
    from toolgrad_dspy.signatures import Propose

    models = Models.from_environment()
    module, lm = dspy.Predict(Propose), models.lm("proposer")

    async def call(number: int) -> object:
        answer = await module.acall(
            lm=lm,
            tools=TOOLS,
            workflow="(no steps yet)",
            failed="(none)",
            lacking="everything",
            progress=f"iteration {number} of 8",
        )
        assert answer.proposals[0].calls[0].tool == "service_3"
        return answer

    try:
        with lean():
            return await drive(call, calls, workers)
    finally:
        await models.aclose()


async def waiting_sessions(calls: int, workers: int) -> dict[str, float]:
    """``workers`` sessions at once, run by the engine, each making its share of ``calls`` one after the other."""
    import dspy

    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.lm.adapter import lean
    from toolgrad_dspy.records import Session
    from toolgrad_dspy.runs.engines import SessionPool
    from toolgrad_dspy.signatures import Propose

    models = Models.from_environment()
    module, lm = dspy.Predict(Propose), models.lm("proposer")

    async def session(index: int) -> Session:
        with lean():
            for number in range(calls // workers):
                progress = f"{index} {number}"
                await module.acall(lm=lm, tools=TOOLS, workflow="", failed="", lacking="all", progress=progress)
        return Session(index=index, seed=0, status="failed")

    cpu, wall = time.process_time(), time.perf_counter()
    await SessionPool(workers).run(session, range(workers), lambda ended: None)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    await models.aclose()
    return {"cpu_ms": cpu / calls * 1000, "per_second": calls / wall}


async def sessions(count: int) -> dict[str, Any]:
    """``count`` sessions of the loop on the bundled world; what became of them, and what the meter counted."""
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.program import ToolGrad, draw, run_sessions
    from toolgrad_dspy.tools import Library
    from toolgrad_dspy.world import WorldSource

    models = Models.from_environment()
    async with Library([WorldSource()]) as library:
        try:
            ended = await run_sessions(ToolGrad(library, models), draw(0, count, 0, 0).train, 64)
        finally:
            await models.aclose()
    statuses = [session.status for session in ended]
    # A rejected session keeps its sample apart: only an accepted one's is a sample of the run.
    ids = [session.sample.id for session in ended if session.status == "accepted" and session.sample]
    return {
        "ended": len(ended),
        "accepted": statuses.count("accepted"),
        "samples": len(ids),
        "different": len(set(ids)),
        "calls": models.meter.calls,
        "tokens": models.meter.tokens,
    }


Case = Literal["raw", "predict", "waiting", "sessions"]


def measure(case: Case, url: str, calls: int, workers: int, **settings: str) -> dict[str, Any]:
    """Run a case in a process of its own, with only the environment changed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOOLGRAD_")}
    environment |= {"TOOLGRAD_MODEL": "openai/measured", "TOOLGRAD_API_BASE": url, "TOOLGRAD_API_KEY": "k"}
    environment |= {f"TOOLGRAD_{name}": value for name, value in settings.items()}
    command = [
        sys.executable,
        __file__,
        "--case",
        case,
        "--url",
        url,
        "--calls",
        str(calls),
        "--workers",
        str(workers),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run_case(case: Case, url: str, calls: int, workers: int) -> None:
    from toolgrad_dspy.runs import execute

    work: dict[Case, Callable[[], Coroutine[Any, Any, dict[str, Any]]]] = {
        "raw": lambda: raw(url, calls, workers),
        "predict": lambda: predict(calls, workers),
        "waiting": lambda: waiting_sessions(calls, workers),
        "sessions": lambda: sessions(calls),
    }
    result = execute(work[case]())
    print(json.dumps({**result, "litellm": "litellm" in sys.modules}))


check = Checks()


def report(calls: int, count: int) -> None:
    from tests.support.model_servers import ServerProcess

    with ServerProcess("--format", "openai", "--canned", ANSWER) as server:
        limit = measure("raw", server.url, calls, 64)
        native = measure("predict", server.url, calls, 64, ENGINE="native")
        slow = measure("predict", server.url, calls // 4, 64, ENGINE="litellm")
        long = measure("predict", server.url, 10_000, 64, ENGINE="native")
    print("cost of a call, 64 at once (CPU ms of the client)")
    for name, found in (("raw aiohttp", limit), ("native", native), ("litellm", slow)):
        print(f"  {name:12} {found['cpu_ms']:.3f} ms, {found['per_second']:.0f} calls/s")
    check("CPU ms per Predict call, native", native["cpu_ms"], "<=", 1.0)
    check("CPU ms per Predict call, litellm", slow["cpu_ms"], "<=", 6.0)
    check("litellm imported on the native path", native["litellm"], "==", 0)
    check("MB grown over 10,000 calls", long["grown_mb"], "<=", 10)
    with ServerProcess("--format", "openai", "--canned", ANSWER, "--latency", "0.2") as server:
        waiting = measure("waiting", server.url, 256 * 40, 256, ENGINE="native")
    # By the CPU cost of a call where nothing waits: the stricter of the two that this script measures.
    by_latency, by_cpu = 256 / 0.2, 1000 / native["cpu_ms"]
    ideal = min(by_latency, by_cpu)
    print(f"256 sessions against 0.2 s latency: {waiting['per_second']:.0f} calls/s, {waiting['cpu_ms']:.3f} CPU ms")
    print(f"  ideal by latency {by_latency:.0f} calls/s, by CPU {by_cpu:.0f}")
    check("share of the ideal", waiting["per_second"] / ideal, ">=", 0.85)
    with ServerProcess("--format", "openai", "--faulty", "0.3", "--retry-after", "0.2") as server:
        faulty = measure("sessions", server.url, count, 64, TIMEOUT="2", RETRIES="10")
        served = server.stats()
    print(f"{count} sessions with 30 % of all calls faulty: {faulty['accepted']} accepted")
    check("sessions that ended", faulty["ended"], "==", count)
    check("accepted sessions without a sample", faulty["accepted"] - faulty["samples"], "==", 0)
    check("samples that stand twice", faulty["samples"] - faulty["different"], "==", 0)
    check("calls by the meter less calls by the server", faulty["calls"] - served["answered"], "==", 0)
    tokens = served["input_tokens"] + served["output_tokens"]
    check("tokens by the meter less tokens by the server", faulty["tokens"] - tokens, "==", 0)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "toolgrad_dspy", "--help"], check=True, capture_output=True)
    check("seconds for --help", time.perf_counter() - started, "<=", 0.7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--case", choices=("raw", "predict", "waiting", "sessions"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        run_case(options.case, options.url, options.calls, options.workers)
        return
    report(options.calls, options.sessions)
    check.end()


if __name__ == "__main__":
    main()
