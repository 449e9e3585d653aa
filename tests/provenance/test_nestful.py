"""Literal origins against the labelled dependencies of NESTFUL's call sequences (Apache-2.0, IBM/NESTFUL).

Its arguments name what they take from an earlier call (``"$var1.distance$"``). Here every call gets a result with
made-up values in the fields its specification lists, the references become plain literals, and the origins have to
find the dependencies again.
"""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from toolgrad_dspy.provenance.origins import Result, trace
from toolgrad_dspy.records import Observation, Tool, leaves

DATA = Path(__file__).parents[3] / "shared" / "data" / "nestful"
REFERENCE = re.compile(r"^\$(var\d+)(?:\.(\w+))?\$$")
WORDS = ("fast", "monday", "Berlin", "high", "jazz", "USD", "economy", "blue", "Anna", "open")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the NESTFUL sequences are not at {DATA}")


@dataclass
class Counts:
    """Leaves by what they are and what was made of them."""

    labelled: int = 0
    found: int = 0
    recovered: int = 0
    plain: int = 0

    @property
    def recall(self) -> float:
        return self.recovered / self.labelled

    @property
    def precision(self) -> float:
        return self.recovered / self.found


def made_up(kind: str, field: str, everyday: bool, rng: random.Random) -> Any:
    """A value for a result field: one that nothing else equals by chance, or an everyday one."""
    if kind in ("number", "integer", "float", "int"):
        return rng.randint(1, 30) if everyday else rng.randint(10_000, 10_000_000)
    if kind in ("boolean", "bool"):
        return rng.random() < 0.5
    return rng.choice(WORDS) if everyday else f"{field} {rng.getrandbits(32):08x}"


def measure(name: str, everyday: bool) -> Counts:
    sequences = json.loads((DATA / f"non-executable-{name}-data.json").read_text(encoding="utf-8"))
    listed = json.loads((DATA / f"non-executable-{name}-spec.json").read_text(encoding="utf-8"))
    specs = {spec["name"]: spec for spec in listed}
    counts = Counts()
    for number, sequence in enumerate(sequences):
        measure_sequence([call for call in sequence["output"] if "label" in call], specs, everyday, number, counts)
    return counts


def measure_sequence(
    calls: list[dict[str, Any]], specs: dict[str, Any], everyday: bool, number: int, counts: Counts
) -> None:
    rng = random.Random(number)
    results: dict[str, dict[str, Any]] = {}
    earlier: list[Result] = []
    for call in calls:
        # Seven functions of eleven calls have no specification.
        spec = specs.get(call["name"], {"name": call["name"], "description": "", "output_parameters": {}})
        fields = {field: info.get("type", "string") for field, info in spec["output_parameters"].items()}
        taken = [found for other in calls for _, leaf in leaves(other["arguments"]) if (found := reference(leaf))]
        fields |= {field: "string" for label, field in taken if label == call["label"] and field not in fields}
        labels = {
            p: found for p, leaf in leaves(call["arguments"]) if (found := reference(leaf)) and found[0] in results
        }
        for origin in trace(tool(spec), resolved(call["arguments"], results), {}, earlier):
            label = labels.get(origin.pointer)
            if label is None:
                counts.plain += 1
            else:
                counts.labelled += 1
            if origin.kind == "result":
                counts.found += 1
                counts.recovered += label is not None and (origin.step, origin.path) == (label[0], f"/{label[1]}")
        # Only now: some sequences give a label twice, and the later call takes from the earlier one.
        results[call["label"]] = {f: made_up(kind, f, everyday, rng) for f, kind in fields.items() if f}
        earlier.append(Result(call["label"], Observation(content=results[call["label"]], text="{}")))


def reference(value: Any) -> tuple[str, str] | None:
    """The label and the field that an argument refers to."""
    found = REFERENCE.match(value) if isinstance(value, str) else None
    return (found[1], found[2]) if found and found[2] else None


def resolved(value: Any, results: dict[str, dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return {key: resolved(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, results) for item in value]
    found = reference(value)
    return results[found[0]][found[1]] if found and found[0] in results else value


def tool(spec: dict[str, Any]) -> Tool:
    properties = {}
    for name, info in (spec.get("query_parameters") or spec.get("arguments") or {}).items():
        schema = {"type": info["type"]} if info.get("type") in ("string", "number", "integer", "boolean") else {}
        if info.get("allowed_values"):
            schema["enum"] = info["allowed_values"]
        if "default_value" in info:
            schema["default"] = info["default_value"]
        properties[name] = schema
    return Tool(
        name=re.sub(r"\W", "_", spec["name"])[:64],
        source_name=spec["name"],
        description=spec["description"],
        parameters={"type": "object", "properties": properties},
        source="nestful",
        category="nestful",
    )


@pytest.mark.parametrize("name", ["glaive", "sgd"])
def test_labelled_dependencies_are_found_again_among_distinctive_values(name: str) -> None:
    counts = measure(name, everyday=False)
    assert counts.labelled > 40
    assert counts.plain > counts.labelled
    assert counts.recall >= 0.99
    assert counts.precision >= 0.99


@pytest.mark.parametrize("name", ["glaive", "sgd"])
def test_everyday_values_are_claimed_with_care(name: str) -> None:
    """Small numbers and common words occur anywhere: here a wrong claim is worse than a missed one."""
    counts = measure(name, everyday=True)
    assert counts.precision >= 0.93
    assert counts.recall >= 0.5
