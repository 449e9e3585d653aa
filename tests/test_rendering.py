"""How tools, steps and reports stand in a prompt."""

import json
from typing import Any

import pytest
from pydantic import JsonValue

from toolgrad_dspy.records import Attempt, Observation, Origin, Report, Tool, ToolCall, Verdict, leaves, lookup
from toolgrad_dspy.rendering import abridge, report_line, schema_line

OK = Verdict(outcome="ok", rule="test")

# Abridging

LONG: list[Any] = [
    [{"id": f"row_{number}", "text": "lorem ipsum " * 9} for number in range(80)],
    {"page": 1, "rows": [{"tags": ["a", "b"] * 40, "note": "x" * 900} for _ in range(9)]},
    {"text": "word " * 5000},
    "plain text " * 900,
    [[[number] * 30 for number in range(30)] for _ in range(30)],
]


@pytest.mark.parametrize("value", LONG)
@pytest.mark.parametrize("limit", [200, 800, 2400])
def test_an_abridged_result_is_short_json_whose_pointers_lead_to_the_same_values(value: Any, limit: int) -> None:
    short = abridge(value, limit)
    assert len(json.dumps(short, ensure_ascii=False)) <= limit + 60
    shown = json.loads(json.dumps(short))
    assert shown == short
    kept = [(pointer, leaf) for pointer, leaf in leaves(shown) if "…" not in str(leaf)]
    assert all(lookup(value, pointer) == leaf for pointer, leaf in kept)


def test_a_result_that_fits_is_shown_whole() -> None:
    value: JsonValue = {"rows": [1, 2, 3], "text": "short"}
    assert abridge(value, 2400) is value


def test_what_was_cut_says_how_much() -> None:
    rows: Any = abridge(["x" * 30] * 100, 800)
    assert rows[-1] == "… 88 more"
    shown: Any = abridge({"text": "x" * 5000}, 800)
    assert shown["text"] == "x" * 400 + " … (4600 characters more)"


def test_an_object_with_too_many_keys_is_cut_as_text() -> None:
    shown = abridge({f"key_{number}": number for number in range(1000)}, 500)
    assert isinstance(shown, str)
    assert shown.startswith('{"key_0": 0, "key_1": 1')
    assert shown.endswith("… (cut)")


def test_a_tool_under_repair_is_shown_on_one_line_with_its_schema_unchanged() -> None:
    parameters: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"ä": {"anyOf": [{"type": "null"}, {"enum": ["\n", "b"]}]}},
    }
    tool = Tool(name="t", source_name="t", description="Two\nlines.", parameters=parameters, source="s", category="c")
    line = schema_line(tool)
    assert "\n" not in line
    assert json.loads(line) == {"name": "t", "description": "Two\nlines.", "parameters": parameters}


# Reports


def attempt(name: str, draft: int, *uses: str, outcome: str = "ok", kept: bool = True) -> Attempt:
    origins = tuple(Origin(pointer=f"/{use}", kind="result", step=use, path="/x") for use in uses)
    return Attempt(
        id=name,
        draft=draft,
        turn=0,
        call=ToolCall(tool="t", arguments=dict.fromkeys(uses, 1)),
        observation=Observation(content={"n": draft}, text="{}"),
        verdict=Verdict(outcome=outcome, rule="test", reason="broken"),  # type: ignore[arg-type]
        origins=origins,
        kept=kept,
    )


def test_a_report_names_the_steps_its_calls_use_and_leaves_out_what_it_does_not_need() -> None:
    attempts = (attempt("a1", 1, "s2", "s1"), attempt("a2", 2, outcome="failed", kept=False), attempt("a3", 2, "a1"))
    report = Report(proposal="p1", instruction="Do it.", outcome="ok", attempts=attempts)
    shown = json.loads(report_line(report, 2400))
    assert shown["calls"] == [
        {"call": "#1", "tool": "t", "arguments": {"s2": 1, "s1": 1}, "result": {"n": 1}, "uses": ["s1", "s2"]},
        {"call": "#2", "tool": "t", "arguments": {"a1": 1}, "result": {"n": 2}},
    ]
