"""How tools, steps and reports stand in a prompt."""

import json
from random import Random
from typing import Any

import pytest
from pydantic import JsonValue

from toolgrad_dspy.records import Attempt, Observation, Origin, Report, Tool, ToolCall, Verdict, leaves, lookup
from toolgrad_dspy.rendering import UsefulKeys, abridge, brief, report_line, schema_line

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
    assert rows[-1] == f"… {101 - len(rows)} more"
    shown: Any = abridge({"text": "x" * 5000}, 800)
    kept = shown["text"].count("x")
    assert shown["text"] == "x" * kept + f" … ({5000 - kept} characters more)"


def test_of_an_object_with_too_many_keys_the_first_are_shown() -> None:
    shown: Any = abridge({f"key_{number}": number for number in range(1000)}, 500)
    *kept, left = shown.items()
    assert kept == [(f"key_{number}", number) for number in range(len(kept))]
    assert left == ("…", f"… {1000 - len(kept)} more")


CSV = "\n".join(f"{number},row {number},{number * 3.5}" for number in range(500))


@pytest.mark.parametrize(
    "value",
    [
        CSV,
        {"content": CSV, "ok": True},
        "word " * 5000,
        "no blank" * 5000,
        {"rows": [{"id": number} for number in range(900)], "others": [{"id": number} for number in range(900)]},
        [f"a note of the day {number} " * 4 for number in range(100)],
        {f"key_{number}": number for number in range(1000)},
        [{"note": "x" * 900, "tags": ["a"] * 50} for _ in range(9)],
        {"small": 1, "large": "y " * 9000},
        '"quoted" ' * 3000,
    ],
)
@pytest.mark.parametrize("limit", [400, 1000, 2401, 4000])
def test_what_does_not_fit_is_shown_up_to_the_limit_without_a_cliff(value: Any, limit: int) -> None:
    assert 0.7 * limit <= len(json.dumps(abridge(value, limit), ensure_ascii=False)) <= limit


def test_of_a_text_of_lines_whole_lines_are_left_out_of_its_middle() -> None:
    shown = abridge(CSV, 1000)
    assert isinstance(shown, str)
    head, left, tail = shown.partition("\n… ")[0], shown.partition("\n… ")[2].split()[0], shown.partition("…\n")[2]
    assert CSV.startswith(head + "\n")
    assert CSV.endswith("\n" + tail)
    assert int(left) == 500 - len(head.split("\n")) - len(tail.split("\n"))


def test_large_and_deep_values_are_cut_within_their_limit() -> None:
    deep: Any = "end"
    for _ in range(150):
        deep = {"inner": [deep, "beside"]}
    values: list[Any] = [deep, "x\n" * 1_000_000, [["y" * 100] * 1000] * 20, {"a" * 3000: "b" * 3000}]
    for value in values:
        assert len(json.dumps(abridge(value, 1000), ensure_ascii=False)) <= 1060


def test_a_tool_under_repair_is_shown_on_one_line_with_its_schema_unchanged() -> None:
    parameters: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"ä": {"anyOf": [{"type": "null"}, {"enum": ["\n", "b"]}]}},
    }
    tool = Tool(name="t", source_name="t", description="Two\nlines.", parameters=parameters, source="s", category="c")
    line = schema_line(tool)
    assert "\n" not in line
    assert json.loads(line) == {"name": "t", "description": "Two\nlines.", "parameters": parameters}


# Results that were shown before

USEFUL = UsefulKeys(
    [
        Tool(
            name="book",
            source_name="book",
            description="",
            parameters={"properties": {"from_stop_id": {}, "party_size": {}}},
            source="s",
            category="c",
        )
    ]
)


def generated(rng: Random, level: int = 0) -> Any:
    """Any JSON, with the keys that matter and those that do not."""
    kind = rng.choice(["leaf", "leaf", "list", "object"]) if level else "object"
    if kind == "leaf" or level > 4:
        return rng.choice([None, True, 0, 7, 2.5, "", "x", "Quay", "long text " * 30, "a/b~c", "…", "\u2028"])
    size = rng.choice([0, 1, 2, 5, 40])
    if kind == "list":
        return [generated(rng, level + 1) for _ in range(size)]
    names = ["stop_id", "name", "size", "lat", "rating", "a/b", "~", "", "…", "id", "rows", "tags", "x" * 80]
    return {name: generated(rng, level + 1) for name in rng.sample(names, min(size, len(names)))}


@pytest.mark.parametrize("seed", range(400))
def test_every_pointer_into_an_older_result_leads_to_the_same_value_in_the_full_one(seed: int) -> None:
    value = generated(Random(seed))
    for limit in (60, 240, 2000):
        short = brief(value, USEFUL, limit)
        written = json.dumps(short, ensure_ascii=False)
        assert "\n" not in written
        if isinstance(short, str):  # an object with very many keys, cut as text
            assert short.endswith("… (cut)")
            assert len(short) <= limit + 20
            continue
        assert len(written) <= limit
        assert json.loads(written) == short
        for pointer, leaf in leaves(short):
            if "…" in str(leaf) or pointer.endswith("/…"):
                continue  # what stands for something that was cut, or left out
            full = lookup(value, pointer)
            if leaf in ({}, []):  # it may have lost what was in it
                assert type(full) is type(leaf)
            else:
                assert full == leaf


def test_of_an_older_result_what_a_call_can_use_is_kept_and_the_other_keys_are_named_once() -> None:
    rows: list[Any] = [{"stop_id": f"st_{n}", "name": f"Quay {n}", "lat": 1.5, "tags": ["a"]} for n in range(9)]
    shown: Any = brief({"stops": rows, "total": 9, "table": {"size": 4, "seats": [1, 2]}}, USEFUL, 400)
    assert shown["stops"][0] == {"stop_id": "st_0", "name": "Quay 0", "…": "lat, tags"}
    assert shown["stops"][1] == {"stop_id": "st_1", "name": "Quay 1"}
    assert shown["stops"][-1] == "… 6 more"
    assert shown["table"] == {"size": 4, "…": "seats"}
    assert shown["…"] == "total"


@pytest.mark.parametrize("value", [None, True, 3, "", "short", [], {}, [[]], {"a": {}}])
def test_an_older_result_may_be_anything(value: Any) -> None:
    assert len(json.dumps(brief(value, USEFUL, 240))) < 30


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
