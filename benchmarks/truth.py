"""Whether an accepted sample is right as a person would read it: planted defects found, clean samples kept.

    python benchmarks/truth.py [--samples 120] [--each 50] [--show KIND]

The samples are the rehearsal model's, on the bundled town; the defects are planted one at a time (``planting.py``). They
are looked for by the rules, and what the rules leave open is decided by a reader that makes no mistake
(``perfect_reader.py``). The rules were written beside the rehearsal model, so the same is measured on texts that were
written without knowing them (``natural/``), with defects made by hand.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.checks import Checks
from benchmarks.perfect_reader import Truth, reading_models
from benchmarks.planting import PLANTS, Planted, Tools
from toolgrad_dspy import RunSpec, generate
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.program.reader import Reader, Texts
from toolgrad_dspy.records import Sample, Workflow
from toolgrad_dspy.runs import RunStore
from toolgrad_dspy.texts import Violation, examine

LEAST_FOUND = 0.95
MOST_REFUSED = 0.02
SHOWN_CHARS = ProgramConfig().written_chars


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=120)
    parser.add_argument("--each", type=int, default=50, help="planted defects of each kind")
    parser.add_argument("--show", metavar="KIND", help="print the defects of this kind that were not found")
    options = parser.parse_args()
    samples, tools, figures = town(options.samples)
    check = Checks()
    print(figures)
    refused = [sample.id for sample in samples if clean_refusal(sample, tools)]
    print(f"{len(samples)} clean samples of the town, refused: {len(refused)}")
    check("share of clean samples refused", len(refused) / len(samples), "<=", MOST_REFUSED)
    print(f"{'planted':36}{'n':>4}{'rules':>8}{'+ reader':>10}")
    total: Counter[str] = Counter()
    for kind, plant in PLANTS.items():
        found = planted_and_found(kind, samples, tools, options.each, show=options.show == kind)
        total += found
        shares = (
            (found["rules"] / found["n"], (found["rules"] + found["reader"]) / found["n"])
            if found["n"]
            else (0.0, 0.0)
        )
        print(f"{kind:36}{found['n']:>4}{shares[0]:>8.0%}{shares[1]:>10.0%}")
        assert plant is not None
    check("share of planted defects found", (total["rules"] + total["reader"]) / total["n"], ">=", LEAST_FOUND)
    print(f"by rules alone {total['rules'] / total['n']:.1%}")
    check.end()


def town(count: int) -> tuple[list[Sample], Tools, str]:
    """Accepted samples of the rehearsal model on the bundled town, the tools, and how the run went."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        asyncio.run(generate(RunSpec(n=count, seed=11), path))
        with RunStore.open(path) as store:
            sessions = list(store.sessions())
            tools = {tool.name: tool for tool in store.tools()}
    accepted = [session.sample for session in sessions if session.status == "accepted" and session.sample]
    reasons = Counter(session.reason_key for session in sessions if session.status == "rejected")
    read = sum(session.usage.roles["judge"].calls for session in sessions if "judge" in session.usage.roles)
    return (
        accepted,
        tools,
        f"{len(sessions)} sessions of the rehearsal model: {len(accepted)} accepted, "
        f"{sum(session.salvaged for session in sessions)} of them salvaged; rejected {dict(reasons)}; "
        f"{read / len(sessions):.2f} readings per session",
    )


def clean_refusal(sample: Sample, tools: Tools) -> tuple[Violation, ...]:
    """What is held against a sample that has no defect."""
    return verdict(sample.query, sample.response, sample.workflow, tools, Truth.of(sample.workflow, tools))[1]


def verdict(
    query: str, response: str, workflow: Workflow, tools: Tools, truth: Truth
) -> tuple[str, tuple[Violation, ...]]:
    """Who found something, ``rules``, ``reader`` or nobody (``""``), and what."""
    found = examine(query, response, workflow, tools, names=tools, shown_chars=SHOWN_CHARS)
    if found.broken:
        return "rules", found.broken
    if not found.questions:
        return "", ()
    reader = Reader(reading_models(truth))
    texts = Texts(query, response, workflow, tools, SHOWN_CHARS)
    reading = asyncio.run(reader.acall(texts=texts, examination=found))
    return ("reader" if reading.broken else ""), reading.broken


def planted_and_found(kind: str, samples: list[Sample], tools: Tools, each: int, *, show: bool) -> Counter[str]:
    """How many defects of one kind were planted (``n``), and who found them, for the right reason."""
    rng = random.Random(kind)
    counts: Counter[str] = Counter()
    order = [(sample, samples[(place + 7) % len(samples)]) for place, sample in enumerate(samples)]
    for sample, other in (*order, *order):
        if counts["n"] == each:
            break
        planted = PLANTS[kind](sample, tools, other, rng)
        if planted is None:
            continue
        counts["n"] += 1
        who, broken = verdict(planted.query, planted.response, planted.workflow, tools, planted.truth)
        told = any(violation.code in planted.codes for violation in broken)
        counts[who if told else "missed"] += 1
        if show and not told:
            _show(sample, planted, broken)
    return counts


def _show(sample: Sample, planted: Planted, broken: tuple[Violation, ...]) -> None:
    print(f"\n{sample.id}\n  query: {planted.query}\n  response: {planted.response}")
    for step in planted.workflow.steps:
        print(f"  {step.id} {step.call.tool}({step.call.arguments})")
    print(f"  truth: {planted.truth}\n  found: {[violation.text for violation in broken]}")


if __name__ == "__main__":
    main()
