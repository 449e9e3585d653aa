"""How long it takes to find where arguments came from: in milliseconds for a step with ten arguments.

    python benchmarks/origins.py [--results 20] [--rows 230]

The workflow has 20 results of about 60 kB each; eight of the arguments are texts that stand in none of them, which is
the most that the search has to do.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from pydantic import JsonValue

from toolgrad_dspy.provenance import EarlierResult, trace_origins
from toolgrad_dspy.records import Observation, Tool

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.checks import Checks

LIMIT_MS = 50.0
TRIES = 5


def earlier(results: int, rows: int) -> list[EarlierResult]:
    """Results that are indexed already, as those of a workflow are."""
    table: list[dict[str, JsonValue]] = [
        {"id": f"row_{n:05}", "title": f"Title of the row {n}", "text": "lorem ipsum dolor " * 8, "n": n}
        for n in range(rows)
    ]
    return [
        EarlierResult(f"s{index}", Observation(content=[{**row, "result": index} for row in table], text=""))
        for index in range(results)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=int, default=20)
    parser.add_argument("--rows", type=int, default=230)
    options = parser.parse_args()
    tool = Tool(name="t", source_name="t", description="", parameters={}, source="s", category="c")
    arguments = {f"p{index}": f"a text that stands nowhere, not in {index}" for index in range(8)}
    arguments |= {"row_id": "row_00042", "path": "lorem/nowhere/dolor"}
    started = time.perf_counter()
    results = earlier(options.results, options.rows)
    indexed = time.perf_counter() - started
    times = []
    for _ in range(TRIES):
        started = time.perf_counter()
        trace_origins(tool, dict(arguments), {}, results)
        times.append((time.perf_counter() - started) * 1000)
    size = len(json.dumps(results[0].value)) / 1000
    print(f"{options.results} results of {size:.0f} kB, indexed in {indexed * 1000 / options.results:.1f} ms each")
    check = Checks()
    check(f"ms for a step with {len(arguments)} arguments", min(times), "<=", LIMIT_MS)
    check.end()


if __name__ == "__main__":
    main()
