"""Origins of stored workflows that are not true."""

from typing import Any

import pytest

from toolgrad_dspy.provenance import origin_faults
from toolgrad_dspy.records import Chain, Observation, Origin, Source, Step, ToolCall, Workflow

RESULT: Any = {"id": "ord-4471", "at": "2026-05-13T19:30", "lines": [1, 2], "note": "Gate B12"}


def codes(value: Any, **said: Any) -> list[str]:
    """The codes of the faults of one argument of the second of two steps."""
    origin = Origin(**{"pointer": "/value", "kind": "result", "step": "s1", "match": "literal", **said})
    first = Step(id="s1", call=ToolCall(tool="look"), observation=Observation(content=RESULT, text=""))
    second = Step(
        id="s2",
        call=ToolCall(tool="act", arguments={"value": value}),
        observation=Observation(text="ok"),
        origins=(origin,),
    )
    return [fault.code for fault in origin_faults(Workflow(chains=(Chain(id="c1", steps=(first, second)),)))]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ord-4471", {"path": "/id"}),
        ("ord-4471", {"path": "/id", "match": "reference"}),
        ("B12", {"path": "/note", "match": "part"}),
        ("13 May", {"path": "/at", "match": "derived", "rule": "date_of"}),
        (3, {"path": "/lines/0", "match": "derived", "rule": "sum", "others": (Source(step="s1", path="/lines/1"),)}),
        (4, {"kind": "user", "step": None, "match": None}),
        ("ORD-4471", {"kind": "user", "step": None, "match": None, "echo": Source(step="s1", path="/id")}),
        (RESULT, {"path": "", "match": "reference"}),
    ],
)
def test_true_origins_have_no_fault(value: Any, said: Any) -> None:
    assert codes(value, **said) == []


@pytest.mark.parametrize(
    ("value", "said", "code"),
    [
        ("ord-4471", {"step": "s7", "path": "/id"}, "no_step"),
        ("ord-4471", {"step": "s2", "path": "/id"}, "no_step"),
        ("ord-4471", {"step": None, "path": "/id"}, "no_step"),
        ("ord-4471", {"path": "/ids"}, "no_place"),
        ("ord-4472", {"path": "/id"}, "other_value"),
        ("ord-4472", {"path": "/id", "match": "reference"}, "other_value"),
        ("B1", {"path": "/note", "match": "part"}, "other_value"),
        ("14 May", {"path": "/at", "match": "derived", "rule": "date_of"}, "not_derived"),
        ("13 May", {"path": "/at", "match": "derived", "rule": "guess"}, "not_derived"),
        ("13 May", {"path": "/at", "match": "derived"}, "not_derived"),
        (4, {"path": "/lines/0", "match": "derived", "rule": "sum", "others": (Source(step="s1", path="/lines/1"),)},
         "not_derived"),
        (3, {"path": "/lines/0", "match": "derived", "rule": "sum", "others": (Source(step="s9", path="/lines/1"),)},
         "no_step"),
        (4, {"kind": "user", "step": None, "match": None, "echo": Source(step="s3", path="/id")}, "no_step"),
        (4, {"pointer": "/other", "path": "/id"}, "no_argument"),
    ],
)  # fmt: skip
def test_each_fault_has_its_code(value: Any, said: Any, code: str) -> None:
    assert codes(value, **said) == [code]
