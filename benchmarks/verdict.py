"""How often ``classify`` is wrong on real observations, and what it costs.

    python benchmarks/verdict.py [--wrong | --hostile]

Reads the recordings in ``../shared/data`` and the labels in ``tests/support/verdict_cases`` and prints, per source,
false rejections (a result called failed or empty), false acceptances (a failure called ok) and other mix-ups of
``empty``, for ``classify`` and for a baseline that looks for failure keywords anywhere in the text. Then the same for
texts that were written down before the rules (``unforeseen.jsonl``): the rules were tuned on set ``a``; ``b``, and
after that ``c``, were looked at once and then tuned on as well. Last, how many results are in doubt.

``--wrong`` lists the mistakes. ``--hostile`` prints only, as JSON, outcomes and CPU milliseconds of ``classify``
for texts that are made to be slow; it needs no recordings. The tests use the same readers, labels and texts.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from toolgrad_dspy.records import Observation, ToolCall
from toolgrad_dspy.tools.verdict import Context, classify, doubt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.verdict_material import Material, material, responses, sentences

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "support" / "verdict_cases"

KEYWORDS = re.compile(
    r"error|fail|exception|invalid|not found|not exist|doesn't exist|denied|forbidden|unauthori[sz]ed|timeout"
    r"|timed out|unavailable|missing|required|unable|cannot|could not|not subscribed|limit exceeded|too many"
    r"|bad request|enoent|traceback|no such|unknown|unsupported|rejected|expired|disabled|null result|no results",
    re.IGNORECASE,
)


def keyword_anywhere(observation: Observation) -> str:
    """The baseline: flagged or a failure keyword anywhere in the text is a failure, no text is empty."""
    if observation.error is not None or KEYWORDS.search(observation.text):
        return "failed"
    return "ok" if observation.text.strip() else "empty"


def labels() -> dict[str, str]:
    """Key -> outcome, decided by reading. Materials without a label are those that reading cannot decide."""
    stored: dict[str, list[str]] = json.loads((CASES / "labels.json").read_text())
    return {key: outcome for outcome, keys in stored.items() for key in keys}


@dataclass(frozen=True, slots=True)
class Written:
    """A result that was thought up, as real tools put it, with what is known of its call."""

    set: str
    outcome: str
    observation: Observation
    context: Context


def unforeseen() -> list[Written]:
    """Failures as tools of all kinds state them, and good results that look like failures."""
    rows = map(json.loads, (CASES / "unforeseen.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Written(
            row["set"],
            row["outcome"],
            Observation(text=row.get("text", json.dumps(row.get("content"))), content=row.get("content")),
            Context(
                returns=row.get("returns"),
                call=ToolCall(tool=row["tool"], arguments=row.get("arguments", {})),
                writes=row.get("writes", False),
                others=tuple(row.get("others", ())),
            ),
        )
        for row in rows
    ]


def kind_of_mistake(label: str, outcome: str) -> str | None:
    """``false rejection``, ``false acceptance``, ``empty mixed up``, or None when right."""
    if label == outcome:
        return None
    if label == "ok":
        return "false rejection"
    return "false acceptance" if label == "failed" and outcome == "ok" else "empty mixed up"


def main() -> None:
    parser = argparse.ArgumentParser(description="Mistakes of classify, per source, beside those of a baseline.")
    parser.add_argument("--wrong", action="store_true", help="list the observations that classify gets wrong")
    parser.add_argument("--hostile", action="store_true", help="only texts that are made to be slow, as JSON")
    wanted = parser.parse_args()
    if wanted.hostile:
        print(json.dumps(_hostile_results()))
        return
    known = labels()
    items = [item for item in material() if item.key in known]
    classifiers: dict[str, Callable[[Material], str]] = {
        "classify": lambda item: classify(item.observation, Context(returns=item.returns)).outcome,
        "keyword anywhere": lambda item: keyword_anywhere(item.observation),
    }
    print(f"{'source':<14}{'labelled':>9}  {'classifier':<18}{'false rej.':>11}{'false acc.':>11}{'empty mixed':>12}")
    for source in [*dict.fromkeys(item.source for item in items), "all"]:
        chosen = [item for item in items if source in (item.source, "all")]
        for name, decide in classifiers.items():
            wrong = Counter(kind_of_mistake(known[item.key], decide(item)) for item in chosen)
            counts = (wrong["false rejection"], wrong["false acceptance"], wrong["empty mixed up"])
            print(f"{source:<14}{len(chosen):>9}  {name:<18}{counts[0]:>11}{counts[1]:>11}{counts[2]:>12}")
    _print_unforeseen(wanted.wrong)
    _print_doubts(items)
    _print_sentences(wanted.wrong)
    if wanted.wrong:
        _list_wrong(items, known)
    _print_speed(items)


def _print_unforeseen(each: bool) -> None:
    """Per set: failures taken for results, and of those the doubted ones; results taken for failures or empty."""
    print("\nunforeseen texts: failures accepted (of which in doubt), results refused")
    for name in "abc":
        rows = [(row, classify(row.observation, row.context)) for row in unforeseen() if row.set == name]
        failures = [(row, verdict) for row, verdict in rows if row.outcome == "failed"]
        accepted = [(row, verdict) for row, verdict in failures if verdict.outcome == "ok"]
        refused = [(row, verdict) for row, verdict in rows if row.outcome == "ok" != verdict.outcome]
        doubted = sum(doubt(row.observation, verdict, row.context) is not None for row, verdict in accepted)
        goods = len(rows) - len(failures)
        print(f"  set {name}: {len(accepted)} of {len(failures)} ({doubted}), {len(refused)} of {goods}")
        for row, verdict in (*accepted, *refused) if each else ():
            print(f"    {verdict.outcome} by {verdict.rule}: {row.observation.text[:110]!r}")


def _print_doubts(items: list[Material]) -> None:
    """How many results a model would be asked about."""
    labelled = [(item.observation, Context(returns=item.returns)) for item in items]
    written = [(row.observation, row.context) for row in unforeseen()]
    about = [(Observation(text=text), Context()) for text in sentences()]
    print("\nin doubt, for a model to decide:", end="")
    for name, seen in (("labelled", labelled), ("unforeseen", written), ("sentences about tools", about)):
        doubts = sum(doubt(result, classify(result, context), context) is not None for result, context in seen)
        print(f" {doubts} of {len(seen)} {name}", end="")
    print()


def _print_sentences(each: bool) -> None:
    texts = [Observation(text=text) for text in sentences()]
    rejected = [text for text in texts if classify(text).outcome != "ok"]
    baseline = sum(keyword_anywhere(text) != "ok" for text in texts)
    print(f"\n{len(texts)} sentences about tools, as results: classify rejects {len(rejected)}, keywords {baseline}")
    for text in rejected if each else ():
        print(f"  {classify(text).rule}: {text.text[:100]!r}")
    errors, successes = responses()
    for name, form in (("a text", str), ("a message", lambda text: json.dumps({"message": text}))):
        accepted = sum(classify(Observation(text=form(text))).outcome == "ok" for text in errors)
        refused = sum(classify(Observation(text=form(text))).outcome != "ok" for text in successes)
        print(
            f"descriptions of OpenAPI responses as {name}: of {len(errors)} with 4xx/5xx accepts {accepted}, "
            f"of {len(successes)} with 2xx rejects {refused}"
        )


def _list_wrong(items: list[Material], known: dict[str, str]) -> None:
    for item in items:
        verdict = classify(item.observation, Context(returns=item.returns))
        mistake = kind_of_mistake(known[item.key], verdict.outcome)
        if mistake:
            print(f"\n{mistake}: {item.file} {item.position} {item.key}, labelled {known[item.key]}, {verdict.rule}")
            print(f"  {verdict.reason}\n  {item.observation.text[:300]!r}")


def hostile() -> dict[str, str]:
    """Large texts, and texts at which a careless parser or pattern would take forever, by name."""
    rows = [{"id": number, "error": None, "tags": ["a"]} for number in range(20_000)]
    return {
        "deep JSON": "[" * 100_000 + "]" * 100_000,
        "deep Python": "{'a': " * 3_000 + "1" + "}" * 3_000,
        "errors in errors": '{"error": ' * 900 + "1" + "}" * 900,
        "pairs in pairs": "[" * 900 + "1" + ", 2]" * 900,
        "wrappers in wrappers": '{"result": ' * 900 + "[]" + "}" * 900,
        "a long number": "[" + "9" * 15_000 + "]",
        "words": "a " * 500_000,
        "open tags": "<html>" + "<h1 " * 250_000,
        "sections": "x: Error - " * 90_000,
        "a long path": "\n---\n" + "a" * 1_000_000 + ": Error - x",
        "escapes": "{'" + "\\\\" * 400_000 + "'}",
        "1 MB of JSON": json.dumps(rows),
        "1 MB of nothing": json.dumps({"results": [[[] for _ in range(60)] for _ in range(4_000)]}),
    }


def _hostile_results() -> dict[str, dict[str, str | float]]:
    results: dict[str, dict[str, str | float]] = {}
    for name, text in hostile().items():
        observation = Observation(text=text)
        start = time.process_time()
        verdict = classify(observation)
        results[name] = {"outcome": verdict.outcome, "cpu_ms": round((time.process_time() - start) * 1e3, 1)}
    return results


def _print_speed(items: list[Material]) -> None:
    """CPU time of a call of ``classify``, by size of the result."""
    rows: list[JsonValue] = [
        {"id": number, "title": f"row {number}", "error": None, "tags": ["a", "b"]} for number in range(16_000)
    ]
    json_1mb, python_20kb = json.dumps(rows)[:-2] + "}]", repr(rows[:280])
    print("\nCPU ms per call of classify")
    measured = {
        "labelled, up to 4 kB": [item.observation for item in items if len(item.observation.text) <= 4_000],
        "JSON text of 2 kB": [Observation(text=json.dumps(rows[:30]))],
        "Python text of 2 kB": [Observation(text=repr(rows[:30]))],
        "structured, 2 kB": [Observation(text="", content={"rows": rows[:30]})],
        f"Python text of {len(python_20kb) // 1000} kB": [Observation(text=python_20kb)],
        f"JSON text of {len(json_1mb) / 1e6:.1f} MB": [Observation(text=json_1mb)],
        "plain text of 1 MB": [Observation(text="error: a line of a log\n" * 45_000)],
    }
    for name, observations in measured.items():
        repeats = max(1, 2_000 // len(observations) if len(observations[0].text) < 10_000 else 5)
        start = time.process_time()
        for _ in range(repeats):
            for observation in observations:
                classify(observation)
        spent = (time.process_time() - start) / repeats / len(observations)
        print(f"  {name:<24}{spent * 1e3:>9.4f}")


if __name__ == "__main__":
    main()
