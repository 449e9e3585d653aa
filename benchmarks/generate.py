"""The main job in numbers: compile for several seeds, generate, replay, compare.

    python benchmarks/generate.py [--sessions 500] [--seeds 0 1 2]

Everything runs on the embedded defaults. The model is `rehearsal`, which is scripted: these figures are those of the
machinery (yield, replay, determinism, cost per session), not of a language model.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import RunStore
from toolgrad_dspy.tools import Library
from toolgrad_dspy.world import WorldSource


@dataclass(frozen=True)
class Process:
    """A finished command: its result, wall and CPU seconds, peak resident memory in MB."""

    result: dict[str, Any]
    wall: float
    cpu: float
    peak: float


def run(*arguments: str) -> Process:
    """Run ``python -m toolgrad_dspy.<command> --json`` and measure the process."""
    started = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOOLGRAD_")}
    process = subprocess.Popen(
        [sys.executable, "-m", f"toolgrad_dspy.{arguments[0]}", *arguments[1:], "--json", "--quiet"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with status {status}")
    wall = time.perf_counter() - started
    return Process(json.loads(output), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


async def replay(sessions: list[Session]) -> tuple[int, int]:
    """Replay every accepted sample on a fresh tool session: how many gave the same results, and how many did not."""
    same = different = 0
    async with Library([WorldSource()]) as library:
        for session in sessions:
            assert session.sample is not None
            async with library.session(0) as fresh:
                equal = True
                for step in session.sample.workflow.steps:
                    again = await fresh.call(step.call)
                    equal &= again.error is None and again.value == step.observation.value
            same, different = same + equal, different + (not equal)
    return same, different


def unknown_origins(sessions: list[Session]) -> int:
    """Argument leaves of accepted samples whose origin is unknown."""
    samples = [session.sample for session in sessions if session.sample is not None]
    return sum(o.kind == "unknown" for sample in samples for step in sample.workflow.steps for o in step.origins)


def compile_table(folder: Path, seeds: list[int]) -> None:
    print("compile, score on test tasks that tuning never saw (rehearsal, scripted)")
    print(f"{'seed':>4}  {'before':>7}  {'after':>7}  {'LM calls':>8}  {'tool calls':>10}  {'wall s':>7}")
    for seed in seeds:
        done = run("compile", "--seed", str(seed), "-o", str(folder / f"program-{seed}.json"))
        scores, costs = done.result["scores"], done.result["costs"].values()
        lm, tools = sum(cost["lm_calls"] for cost in costs), sum(cost["tool_calls"] for cost in costs)
        before, after = scores["before"]["score"], scores["after"]["score"]
        print(f"{seed:>4}  {before:>7.3f}  {after:>7.3f}  {lm:>8}  {tools:>10}  {done.wall:>7.1f}")
        check(f"seed {seed}: score after above before", after - before, ">", 0)
        check(f"seed {seed}: wall seconds of compile", done.wall, "<=", 90)


def check(name: str, value: float, relation: str, limit: float) -> None:
    met = {"<=": value <= limit, ">=": value >= limit, ">": value > limit, "==": value == limit}[relation]
    RESULTS.append(met)
    print(f"  {'met   ' if met else 'MISSED'} {name}: {value:.4g} ({relation} {limit:g})")


RESULTS: list[bool] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    n = options.sessions
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compile_table(folder, options.seeds)
        program = str(folder / f"program-{options.seeds[0]}.json")
        parallel = run("generate", "-n", str(n), "--program", program, "-o", str(folder / "parallel"))
        serial = run(
            "generate", "-n", str(n), "--program", program, "-o", str(folder / "serial"), "--max-concurrency", "1"
        )
        base = run("generate", "-n", str(n), "-o", str(folder / "base"))
        with RunStore.open(folder / "parallel") as store:
            accepted = list(store.sessions("accepted"))
        print(f"\ngenerate, {n} sessions, tuned program of seed {options.seeds[0]} (rehearsal, scripted)")
        report(parallel, serial, accepted, folder, n)
        print(f"\nfor comparison, the base program, {base.wall:.1f} s wall:")
        for figure in ("pass_rate", "steps_per_sample", "dependent_steps_per_sample", "lm_calls_per_step"):
            print(f"  {figure.replace('_', ' ')} {base.result[figure]:.3f}")
    print(f"\n{sum(RESULTS)} of {len(RESULTS)} numbers met; peak of this script {_own_peak():.0f} MB")
    sys.exit(0 if all(RESULTS) else 1)


def report(parallel: Process, serial: Process, accepted: list[Session], folder: Path, n: int) -> None:
    figures = parallel.result
    same, different = asyncio.run(replay(accepted))
    check("accepted samples that replay to the same results, share", same / (same + different), "==", 1)
    check("unknown origins in accepted samples", unknown_origins(accepted), "==", 0)
    check("accepted sessions, share", figures["pass_rate"], ">=", 0.98)
    check("steps per sample", figures["steps_per_sample"], ">=", 4)
    check("dependent steps per sample", figures["dependent_steps_per_sample"], ">=", 1)
    check("LM calls per accepted step", figures["lm_calls_per_step"], "<=", 4)
    check("CPU seconds per sample", parallel.cpu / n, "<=", 0.25)
    check("wall seconds", parallel.wall, "<=", 60)
    check("peak memory, MB", parallel.peak, "<=", 250)
    equal = (folder / "parallel/samples.jsonl").read_bytes() == (folder / "serial/samples.jsonl").read_bytes()
    check("samples byte-identical at concurrency 1 and 64", equal, "==", 1)
    print(f"  concurrency 1: {serial.wall:.1f} s wall, {serial.cpu / n:.3f} CPU s per sample, {serial.peak:.0f} MB")
    for figure in ("lm_calls_per_sample", "tool_calls_per_sample", "replayed_calls_per_sample", "chains_per_sample"):
        print(f"  {figure.replace('_', ' ')} {figures[figure]:.2f}")


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
