"""Whether an accepted sample is right as a person would read it: planted defects found, clean samples kept.

    python benchmarks/truth.py [--samples 120] [--each 50] [--show KIND]

The samples are the rehearsal model's, on the bundled town; the defects are planted one at a time (``planting.py``).
They are looked for by the rules, and what the rules leave open is decided by a reader that makes no mistake
(``perfect_reader.py``). The rules were written beside the rehearsal model, so the same is measured on texts that were
written without knowing them (``natural/``), with defects made by hand. Of those 92 % were found when the rules had
seen none of them; what was missed then led to rules for things told apart, and for what is asked for by name.

Of the defects it prints, per kind, the share that the rules are sure of, the share that they raise (sure, or in
doubt: what is found where nobody is asked and nothing in doubt is accepted), and the share found with the reader.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import natural_samples
from benchmarks.checks import Checks
from benchmarks.hand_made import hand_made, retraced, tools_of
from benchmarks.perfect_reader import Truth, reading_models
from benchmarks.planting import PLANTS, Planted, Tools
from toolgrad_dspy import RunSpec
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.program.reader import Reader, Texts
from toolgrad_dspy.records import Sample
from toolgrad_dspy.runs import RunStore, generate_run
from toolgrad_dspy.texts import Violation, examine

LEAST_FOUND = 0.95
MOST_REFUSED = 0.02
SHOWN_CHARS = ProgramConfig().written_chars


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=120)
    parser.add_argument("--each", type=int, default=50, help="planted defects of each kind")
    parser.add_argument("--show", default="", metavar="KIND", help="print the defects of this kind that were missed")
    options = parser.parse_args()
    check = Checks()
    samples, tools, figures = town(options.samples)
    print(figures)
    refused = [
        sample.id
        for sample in samples
        if verdict(
            Planted(sample.query, sample.response, sample.workflow, Truth.of(sample.workflow, tools), NONE), tools
        )[1]
    ]
    print(f"{len(samples)} clean samples of the town, refused: {len(refused)}")
    check("town: share of clean samples refused", len(refused) / len(samples), "<=", MOST_REFUSED)
    planted = ((kind, item, tools) for kind in PLANTS for item in plants(kind, samples, tools, options.each))
    report("town", planted, check, options.show)
    natural(check, options.show)
    check.end()


NONE: frozenset[str] = frozenset()


def town(count: int) -> tuple[list[Sample], Tools, str]:
    """Accepted samples of the rehearsal model on the bundled town, the tools, and how the run went."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        asyncio.run(generate_run(RunSpec(n=count, seed=11), path))
        with RunStore.open(path) as store:
            sessions = list(store.sessions())
            tools = {tool.name: tool for tool in store.tools()}
    accepted = [session.sample for session in sessions if session.status == "accepted" and session.sample]
    reasons = Counter(session.reason_key for session in sessions if session.status == "rejected")
    read = sum(session.usage.roles["judge"].calls for session in sessions if "judge" in session.usage.roles)
    salvaged = sum(session.salvaged for session in sessions)
    return (
        accepted,
        tools,
        f"{len(sessions)} sessions of the rehearsal model: {len(accepted)} accepted, {salvaged} of them salvaged; "
        f"rejected {dict(reasons)}; {read / len(sessions):.2f} readings per session",
    )


def natural(check: Checks, show: str) -> None:
    """The texts that were written without knowing the rules, and the defects made in them by hand."""
    samples = {name: retraced(sample) for name, sample in natural_samples.samples().items()}
    refused, read = [], 0
    for sample in samples.values():
        tools = tools_of(sample)
        clean = Planted(sample.query, sample.response, sample.workflow, Truth.of(sample.workflow, tools), NONE)
        _, broken, doubted = verdict(clean, tools)
        read += bool(doubted)
        if broken:
            refused.append(sample.id)
            if show:
                print(f"  {sample.id} refused: {[violation.text for violation in broken]}")
    print(f"\n{len(samples)} clean samples with natural texts, refused: {len(refused)}; read by the reader: {read}")
    check("natural: share of clean samples refused", len(refused) / len(samples), "<=", MOST_REFUSED)
    rows = ((d.kind, hand_made(d, samples[d.sample]), tools_of(samples[d.sample])) for d in natural_samples.defects())
    report("natural", rows, check, show)


def report(name: str, planted: Iterator[tuple[str, Planted, Tools]], check: Checks, show: str) -> None:
    """How many of the planted defects are found, per kind and in all."""
    counts: dict[str, Counter[str]] = {}
    for kind, item, tools in planted:
        count = counts.setdefault(kind, Counter())
        who, broken, doubted = verdict(item, tools)
        found = bool(item.codes & {violation.code for violation in broken})
        count["n"] += 1
        count["sure"] += found and who == "rules"
        count["raised"] += (found and who == "rules") or bool(item.codes & doubted)
        count["found"] += found
        if kind == show and not found:
            shown(item, broken)
    print(f"\n{name}: planted{'':22}{'n':>6}{'sure':>8}{'raised':>8}{'+ reader':>10}")
    total: Counter[str] = Counter()
    for kind, count in counts.items():
        total += count
        print(line(kind, count))
    print(line("in all", total))
    check(f"{name}: share of planted defects found", total["found"] / total["n"], ">=", LEAST_FOUND)


def line(kind: str, count: Counter[str]) -> str:
    """One row of the table."""
    n = count["n"]
    return f"{kind:36}{n:>4}{count['sure'] / n:>8.0%}{count['raised'] / n:>8.0%}{count['found'] / n:>10.0%}"


def verdict(item: Planted, tools: Tools) -> tuple[str, tuple[Violation, ...], set[str]]:
    """Who found something (``rules``, ``reader``, nobody: ``""``), what, and the codes that the rules left open."""
    found = examine(item.query, item.response, item.workflow, tools, names=tools, shown_chars=SHOWN_CHARS)
    doubted: set[str] = {question.violation.code for question in found.questions}
    if found.broken or not found.questions:
        return ("rules" if found.broken else ""), found.broken, doubted
    reader = Reader(reading_models(item.truth))
    texts = Texts(item.query, item.response, item.workflow, tools, SHOWN_CHARS)
    reading = asyncio.run(reader.acall(texts=texts, examination=found))
    return ("reader" if reading.broken else ""), reading.broken, doubted


def plants(kind: str, samples: list[Sample], tools: Tools, each: int) -> Iterator[Planted]:
    """At most ``each`` defects of one kind, spread over the samples."""
    rng = random.Random(kind)
    order = [(sample, samples[(place + 7) % len(samples)]) for place, sample in enumerate(samples)]
    made = 0
    for sample, other in (*order, *order):
        item = PLANTS[kind](sample, tools, other, rng) if made < each else None
        if item is not None:
            made += 1
            yield item


def shown(item: Planted, broken: tuple[Violation, ...]) -> None:
    """A defect that was missed."""
    print(f"\n  query: {item.query}\n  response: {item.response}")
    for step in item.workflow.steps:
        print(f"  {step.id} {step.call.tool}({step.call.arguments})")
    print(f"  truth: {item.truth}\n  found: {[violation.text for violation in broken]}")


if __name__ == "__main__":
    main()
