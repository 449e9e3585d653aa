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
from pydantic import JsonValue

from toolgrad_dspy.provenance.origins import EarlierResult, trace_origins
from toolgrad_dspy.records import Observation, Tool, leaves

DATA = Path(__file__).parents[3] / "shared" / "data" / "nestful"
REFERENCE = re.compile(r"^\$(var\d+)(?:\.(\w+))?\$$")
WORDS = ("fast", "monday", "Berlin", "high", "jazz", "USD", "economy", "blue", "Anna", "open")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the NESTFUL sequences are not at {DATA}")


@dataclass
class Counts:
    """Leaves by what they are and what the tracing made of them.

    ``labelled`` and ``plain`` leaves are what the data says; ``claimed`` ones got a result origin, ``recovered`` ones
    the right one.
    """

    labelled: int = 0
    claimed: int = 0
    recovered: int = 0
    plain: int = 0

    @property
    def recall(self) -> float:
        return self.recovered / self.labelled

    @property
    def precision(self) -> float:
        return self.recovered / self.claimed


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
    earlier: list[EarlierResult] = []
    for call in calls:
        # Seven functions of eleven calls have no specification.
        spec = specs.get(call["name"], {"name": call["name"], "description": "", "output_parameters": {}})
        fields = {field: info.get("type", "string") for field, info in spec["output_parameters"].items()}
        taken = [target for c in calls for _, leaf in leaves(c["arguments"]) if (target := reference(leaf))]
        fields |= {field: "string" for label, field in taken if label == call["label"] and field not in fields}
        labels = {
            pointer: target
            for pointer, leaf in leaves(call["arguments"])
            if (target := reference(leaf)) and target[0] in results
        }
        for origin in trace_origins(tool(spec), resolved(call["arguments"], results), {}, earlier):
            label = labels.get(origin.pointer)
            if label is None:
                counts.plain += 1
            else:
                counts.labelled += 1
            if origin.kind == "result":
                counts.claimed += 1
                counts.recovered += label is not None and (origin.step, origin.path) == (label[0], f"/{label[1]}")
        # Only now: some sequences give a label twice, and the later call takes from the earlier one.
        results[call["label"]] = {f: made_up(kind, f, everyday, rng) for f, kind in fields.items() if f}
        earlier.append(EarlierResult(call["label"], Observation(content=results[call["label"]], text="{}")))


def reference(value: Any) -> tuple[str, str] | None:
    """The label and the field that an argument refers to."""
    match = REFERENCE.match(value) if isinstance(value, str) else None
    return (match[1], match[2]) if match and match[2] else None


def resolved(value: Any, results: dict[str, dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return {key: resolved(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, results) for item in value]
    target = reference(value)
    return results[target[0]][target[1]] if target and target[0] in results else value


TYPES = ("string", "number", "integer", "boolean")


def tool(spec: dict[str, Any]) -> Tool:
    properties: dict[str, JsonValue] = {}
    for name, info in (spec.get("query_parameters") or spec.get("arguments") or {}).items():
        schema: dict[str, JsonValue] = {"type": info["type"]} if info.get("type") in TYPES else {}
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
