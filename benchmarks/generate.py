"""The main job in numbers: compile for several seeds, generate, replay, compare, and what a sample costs.

    python benchmarks/generate.py [--sessions 500] [--seeds 0 1 2] [--mini-batches 12 24 50]

Everything runs on the embedded defaults. The model is `rehearsal`, which is scripted: these figures are those of the
machinery (yield, replay, determinism, cost per session), not of a language model. What tuning finds is told against
the plain base, since rehearsal does from the start whatever the shipped instructions ask for; what it finds against
those stands beside it.
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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from toolgrad_dspy.lm.calls.prices import Prices
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import RunStore
from toolgrad_dspy.tools import Library
from toolgrad_dspy.world import WorldSource

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.checks import Checks  # noqa: E402


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


check = Checks()


def compile_table(folder: Path, seeds: Sequence[int]) -> None:
    """Compile from each base for each of ``seeds``; the programs from the plain one are kept in ``folder``."""
    print("compile, score on test tasks that tuning never saw (rehearsal, scripted)")
    print(f"{'seed':>4}  {'base':<8}{'before':>7}  {'after':>7}  {'LM calls':>8}  {'tool calls':>10}  {'wall s':>7}")
    for seed in seeds:
        for base in ("plain", "shipped"):
            done = run("compile", "--seed", str(seed), "--base", base, "-o", str(folder / f"{base}-{seed}.json"))
            scores, costs = done.result["scores"], done.result["costs"].values()
            lm, tools = sum(cost["lm_calls"] for cost in costs), sum(cost["tool_calls"] for cost in costs)
            before, after = scores["before"]["score"], scores["after"]["score"]
            print(f"{seed:>4}  {base:<8}{before:>7.3f}  {after:>7.3f}  {lm:>8}  {tools:>10}  {done.wall:>7.1f}")
            if base == "plain":
                check(f"seed {seed}: score after above before", after - before, ">", 0)
            check(f"seed {seed}: wall seconds of compile", done.wall, "<=", 90)


def generate_table(folder: Path, n: int) -> None:
    """``n`` sessions with the defaults, at concurrency 64 and 1: what they give, and what they cost."""
    print(f"\ngenerate, {n} sessions, the program that ships (rehearsal, scripted)")
    parallel = run("generate", "-n", str(n), "-o", str(folder / "parallel"))
    serial = run("generate", "-n", str(n), "-o", str(folder / "serial"), "--max-concurrency", "1")
    with RunStore.open(folder / "parallel") as store:
        accepted = list(store.sessions("accepted"))
    figures, samples = parallel.result, len(accepted)
    same, different = asyncio.run(replay(accepted))
    check("accepted samples that replay to the same results, share", same / (same + different), "==", 1)
    check("unknown origins in accepted samples", unknown_origins(accepted), "==", 0)
    check("accepted sessions, share", figures["pass_rate"], ">=", 0.98)
    check("steps per sample", figures["steps_per_sample"], ">=", 4)
    check("dependent steps per sample", figures["dependent_steps_per_sample"], ">=", 1)
    check("LM calls per accepted step", figures["lm_calls_per_step"], "<=", 2.2)
    check("input tokens per sample", figures["input_tokens_per_sample"], "<=", 30_000)
    check("CPU seconds per sample", parallel.cpu / samples, "<=", 0.12)
    check("wall seconds", parallel.wall, "<=", 60 * max(1.0, n / 500))
    check("peak memory, MB", parallel.peak, "<=", 250)
    equal = (folder / "parallel/samples.jsonl").read_bytes() == (folder / "serial/samples.jsonl").read_bytes()
    check("samples byte-identical at concurrency 1 and 64", equal, "==", 1)
    alone = f"{serial.wall:.1f} s wall, {serial.cpu / samples:.3f} CPU s per sample, {serial.peak:.0f} MB"
    print(f"  concurrency 1: {alone}")
    for figure in ("lm_calls_per_sample", "tool_calls_per_sample", "replayed_calls_per_sample", "chains_per_sample"):
        print(f"  {figure.replace('_', ' ')} {figures[figure]:.2f}")


COLUMNS = ("pass_rate", "steps_per_sample", "dependent_steps_per_sample", "lm_calls_per_step")
HEADER = f"{'score':>9}{'accepted':>9}{'steps':>7}{'dependent':>10}{'LM calls/step':>14}{'tokens in':>11}{'out':>7}"


def row(folder: Path, n: int, *options: str) -> tuple[str, float, float]:
    """A line of figures of ``n`` sessions with ``options``, and the input and output tokens per sample."""
    figures = run("generate", "-n", str(n), *options, "-o", str(folder)).result
    with RunStore.open(folder) as store:
        score = mean(score.value for score in Metric().scores(list(store.sessions())))
    passed, steps, dependent, calls = (figures[column] for column in COLUMNS)
    given, got = figures["input_tokens_per_sample"], figures["output_tokens_per_sample"]
    return (
        f"{score:>9.3f}{passed:>9.0%}{steps:>7.2f}{dependent:>10.2f}{calls:>14.2f}{given:>11,.0f}{got:>7,.0f}",
        given,
        got,
    )


def program_table(folder: Path, n: int, seed: int) -> None:
    """The same sessions with other programs."""
    print(f"\n{n} sessions each, by program\n{'':<24}{HEADER}")
    tuned = ("--base", "plain", "--program", str(folder / f"plain-{seed}.json"))
    programs = {"shipped": (), "plain": ("--base", "plain"), f"plain, tuned (seed {seed})": tuned}
    for number, (name, options) in enumerate(programs.items()):
        print(f"{name:<24}{row(folder / f'program-{number}', n, *options)[0]}", flush=True)


def mini_batch_table(folder: Path, n: int, sizes: Sequence[int]) -> None:
    """The same sessions with mini-batches of ``sizes``, and what a sample costs at list prices."""
    from benchmarks.real_model import PRICED

    prices = Prices()
    tokens: list[tuple[float, float]] = []
    print(f"\n{n} sessions each, by mini-batch\n{'mini-batch':<12}{HEADER}")
    for size in sizes:
        line, given, got = row(folder / f"mini-{size}", n, "--mini-batch", str(size))
        tokens.append((given, got))
        print(f"{size:<12}{line}", flush=True)
    print("\nUS dollars per sample at list prices, without prompt caches, by mini-batch")
    print(f"{'':<32}{''.join(f'{size:>10}' for size in sizes)}")
    for model in PRICED:
        price = prices.of(model)
        shown = ["unknown" if price is None else f"{price.of(round(i), round(o)):.4f}" for i, o in tokens]
        print(f"{model:<32}{''.join(f'{usd:>10}' for usd in shown)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--mini-batches", type=int, nargs="+", default=[12, 24, 50])
    parser.add_argument("--table-sessions", type=int, default=100, help="sessions for a line of the comparing tables")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compile_table(folder, options.seeds)
        generate_table(folder, options.sessions)
        program_table(folder, options.table_sessions, options.seeds[0])
        mini_batch_table(folder, options.table_sessions, options.mini_batches)
    print(f"\npeak of this script {_own_peak():.0f} MB")
    check.end()


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
