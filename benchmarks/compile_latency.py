"""How long a compile waits for its model: its LM calls, and how many of their latencies stand in a row.

    python benchmarks/compile_latency.py --base plain [--latency 0.5] [options of toolgrad-dspy compile]

From the shipped base rehearsal has nothing to learn, so that a search ends early.

The command runs against a model server on the loopback interface that answers every call after a fixed time, however
many it has at once. Wall time divided by that is the number of latencies in a row: with a hosted model that takes 3 s
per call, 300 in a row are a quarter of an hour. What the machine itself needs (about 10 ms per call) is part of it.

The defaults until version 0.1.0, for comparison:

    --base plain --train 12 --validation 12 --test 24 --metric-calls 240 --iterations 8 --threads 8
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# The prefix chooses the format; the rest is a name.
MODEL = "openai/rehearsal-behind-http"


def compile_with(options: list[str], base: str) -> tuple[dict[str, Any], float]:
    """The report of a compile with ``options`` on the model server at ``base``, and its wall seconds."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOOLGRAD_")}
    environment |= {"TOOLGRAD_MODEL": MODEL, "TOOLGRAD_API_BASE": base, "TOOLGRAD_API_KEY": "none"}
    command = [sys.executable, "-m", "toolgrad_dspy.compile", "--json", "--quiet", "-o", "program.json", *options]
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout), time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--latency", type=float, default=0.5, help="seconds per call")
    known, options = parser.parse_known_args()
    server = [sys.executable, str(Path(__file__).with_name("slow_model.py")), str(known.latency)]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        report, seconds = compile_with(options, process.stdout.readline().strip())
        process.stdin.close()
    costs, scores, difference = report["costs"], report["scores"], report["difference"]
    print(f"compile {' '.join(options) or '(defaults)'}, {known.latency:g} s per call")
    calls = sum(cost["lm_calls"] for cost in costs.values())
    rows = [(stage, cost["lm_calls"], cost["seconds"]) for stage, cost in costs.items()]
    for stage, made, waited in (*rows, ("all", calls, seconds)):
        print(f"  {stage:<12}{made:>7} LM calls {waited / known.latency:>7.0f} latencies in a row")
    before, after = (scores[stage]["score"] for stage in ("before", "after"))
    low, high = difference["low"], difference["high"]
    print(f"  test score {before:.3f} -> {after:.3f}, 95 % interval {low:+.3f} to {high:+.3f}")


if __name__ == "__main__":
    main()
