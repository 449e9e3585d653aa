"""The schemas that the answers of the loop's modules can be held to."""

import asyncio
from typing import Any

import pytest

from toolgrad_dspy.json_schema import (
    DIALECTS,
    Refusal,
    accepts,
    argument_problem,
    compile_schema,
    example,
    schema_problem,
)
from toolgrad_dspy.json_schema.plain import PLACES
from toolgrad_dspy.lm.schemas import answer_schema
from toolgrad_dspy.program.answer_schemas import (
    call_schema,
    calls_schema,
    choice_schema,
    proposals_schema,
    without_filled_nulls,
)
from toolgrad_dspy.records import Tool
from toolgrad_dspy.signatures import Propose
from toolgrad_dspy.tools import Library
from toolgrad_dspy.world import WorldSource


def tool(name: str, properties: dict[str, Any] | None = None, **more: Any) -> Tool:
    parameters = {"type": "object", "properties": properties or {}, **more}
    return Tool(name=name, source_name=name, description="", parameters=parameters, source="s", category="c")


FIND = tool("find", {"word": {"type": "string"}, "limit": {"type": "integer", "minimum": 1}}, required=["word"])
TAG = tool(
    "tag",
    {"at": {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "string"}}}}},
    required=["at"],
)
REFERENCE = {"$from": "s1", "$path": "/places/0"}


def fits(schema: dict[str, Any], value: Any) -> bool:
    assert schema_problem(schema) is None
    return accepts(compile_schema(schema), value)


@pytest.mark.parametrize(
    ("call", "valid"),
    [
        ({"tool": "find", "arguments": {"word": "a"}}, True),
        ({"tool": "find", "arguments": {"word": "a", "limit": 1}}, True),
        ({"tool": "find", "arguments": {"word": "a", "limit": 0}}, False),
        ({"tool": "find", "arguments": {"limit": 1}}, False),
        ({"tool": "find", "arguments": {"word": "a", "other": 1}}, False),
        ({"tool": "tag", "arguments": {"word": "a"}}, False),
        ({"tool": "lose", "arguments": {}}, False),
        ({"tool": "find"}, False),
    ],
)
def test_a_call_is_one_of_the_tools_with_its_own_parameters(call: Any, valid: bool) -> None:
    assert fits(call_schema([FIND, TAG]), call) is valid


def test_any_value_at_any_depth_may_be_a_reference_where_there_is_a_result() -> None:
    calls = [
        {"tool": "find", "arguments": {"word": REFERENCE}},
        {"tool": "tag", "arguments": {"at": REFERENCE}},
        {"tool": "tag", "arguments": {"at": {"ids": REFERENCE}}},
        {"tool": "tag", "arguments": {"at": {"ids": ["a", REFERENCE]}}},
    ]
    for call in calls:
        assert not fits(call_schema([FIND, TAG]), call)
        assert not fits(call_schema([FIND, TAG], ["s2", "#1"]), call), "to no other result than those there are"
        assert fits(call_schema([FIND, TAG], ["s1", "#1"]), call)
        assert fits(call_schema([FIND, TAG], "any"), call)


def test_proposals_have_an_instruction_and_one_to_three_calls() -> None:
    schema: dict[str, Any] = proposals_schema([FIND], 2)
    call = {"tool": "find", "arguments": {"word": "a"}}
    counted = {count: fits(schema, [{"instruction": "Look.", "calls": [call] * count}]) for count in range(5)}
    assert counted == {0: False, 1: True, 2: True, 3: True, 4: False}
    proposal = {"instruction": "Look.", "calls": [call]}
    assert [fits(schema, [proposal] * count) for count in range(4)] == [False, True, True, False]
    assert list(schema["items"]["properties"]) == ["instruction", "calls"]


def test_as_many_proposals_are_made_as_are_asked_for_where_there_are_tools_for_them() -> None:
    schema = proposals_schema([FIND, TAG], 2)
    proposal = {"instruction": "Look.", "calls": [{"tool": "find", "arguments": {"word": "a"}}]}
    assert [fits(schema, [proposal] * count) for count in range(4)] == [False, False, True, False]


LOOK = tool("look", {"place_id": {"type": "string"}, "ids": {"type": "array", "items": {"type": "integer"}}})
KNOWN = {("look", "place_id"): ("plc-1", 7), ("look", "ids"): ("plc-1", 7)}


@pytest.mark.parametrize(
    ("arguments", "valid"),
    [
        ({"place_id": "plc-1"}, True),
        ({"place_id": "plc-2"}, False),
        ({"place_id": "7"}, False),
        ({"place_id": REFERENCE}, True),
        ({"ids": [7, REFERENCE]}, True),
        ({"ids": [8]}, False),
        ({"ids": REFERENCE}, True),
        ({}, True),
    ],
)
def test_an_id_is_one_that_a_result_has_or_a_reference(arguments: dict[str, Any], valid: bool) -> None:
    assert fits(call_schema([FIND, LOOK], ["s1"], KNOWN), {"tool": "look", "arguments": arguments}) is valid


def test_an_id_that_no_result_has_can_only_be_referred_to() -> None:
    nothing: dict[tuple[str, str], tuple[str, ...]] = {("look", "place_id"): (), ("look", "ids"): ()}
    schema = call_schema([LOOK], ["#1"], nothing)
    reference = {"$from": "#1", "$path": "/places/0"}
    assert fits(schema, {"tool": "look", "arguments": {"place_id": reference, "ids": [reference]}})
    assert not fits(schema, {"tool": "look", "arguments": {"place_id": "plc-1"}})
    # Without anything to refer to there would be no argument left: it stays open, and execution says what is wrong.
    assert fits(call_schema([LOOK], ids=nothing), {"tool": "look", "arguments": {"place_id": "plc-1"}})


def test_the_first_call_can_be_made_as_things_are() -> None:
    needy = tool("open", {"place_id": {"type": "string"}}, required=["place_id"])
    known: dict[tuple[str, str], tuple[str, ...]] = {("open", "place_id"): ()}
    found = {"tool": "find", "arguments": {"word": "a"}}
    opened = {"tool": "open", "arguments": {"place_id": {"$from": "#1", "$path": "/places/0/id"}}}
    from_step = {"tool": "find", "arguments": {"word": REFERENCE}}
    schema = calls_schema([FIND, needy], ["s1", "#1"], known)
    assert [fits(schema, calls) for calls in ([found], [found, opened], [from_step], [])] == [True] * 4
    forward = {"tool": "find", "arguments": {"word": {"$from": "#1", "$path": ""}}}
    assert [fits(schema, calls) for calls in ([opened], [opened, found], [forward])] == [False] * 3
    # With the id at hand, and where no tool can be called at all, any may be first.
    known["open", "place_id"] = ("plc-1",)
    assert fits(calls_schema([FIND, needy], ["s1"], known), [{"tool": "open", "arguments": {"place_id": "plc-1"}}])
    assert fits(calls_schema([needy], ["#1"], {("open", "place_id"): ()}), [opened])


def test_other_ids_make_another_schema() -> None:
    assert call_schema([LOOK], ["s1"], KNOWN) is call_schema([LOOK], ["s1"], dict(KNOWN))
    assert call_schema([LOOK], ["s1"], KNOWN) is not call_schema([LOOK], ["s1"])


def test_a_repair_has_at_most_three_calls_or_none() -> None:
    call = {"tool": "find", "arguments": {"word": "a"}}
    assert [fits(calls_schema([FIND]), [call] * count) for count in range(5)] == [True, True, True, True, False]


def test_a_choice_is_one_of_its_words() -> None:
    schema = choice_schema(["p1", "none", "p1"])
    assert [fits(schema, word) for word in ("p1", "none", "p2", None)] == [True, True, False, False]


def test_equal_mini_batches_share_one_schema_in_whatever_order_they_are_shown() -> None:
    assert proposals_schema([FIND, TAG], 2, ["s1"]) is proposals_schema([TAG, FIND], 2, ("s1",))
    assert proposals_schema([FIND], 2) is not proposals_schema([FIND, TAG], 2)


def test_definitions_of_different_tools_do_not_get_mixed_up() -> None:
    defs = {"p": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}
    first = tool("first", {"p": {"$ref": "#/$defs/p"}}, **{"$defs": defs})
    other = {"p": {"type": "object", "properties": {"y": {"type": "integer"}}, "required": ["y"]}}
    second = tool("second", {"p": {"$ref": "#/$defs/p"}}, **{"$defs": other})
    schema = call_schema([first, second])
    assert fits(schema, {"tool": "first", "arguments": {"p": {"x": 1}}})
    assert not fits(schema, {"tool": "first", "arguments": {"p": {"y": 1}}})
    assert fits(schema, {"tool": "second", "arguments": {"p": {"y": 1}}})


def test_tools_without_parameters_and_with_hundreds() -> None:
    wide = tool("wide", {f"p{number}": {"type": "integer"} for number in range(300)})
    schema = call_schema([tool("bare"), wide])
    assert fits(schema, {"tool": "bare", "arguments": {}})
    assert not fits(schema, {"tool": "bare", "arguments": {"a": 1}})
    assert fits(schema, {"tool": "wide", "arguments": {"p299": 1}})


def test_a_tool_too_large_for_a_schema_takes_anything_and_spoils_no_other() -> None:
    vast = tool("vast", {f"p{number}": {"type": "integer"} for number in range(PLACES)})
    schema = call_schema([FIND, vast])
    assert fits(schema, {"tool": "vast", "arguments": {"whatever": 1}})
    assert not fits(schema, {"tool": "find", "arguments": {"whatever": 1}})


def test_every_tool_of_the_town_has_a_schema_in_every_dialect_that_its_example_fits() -> None:
    async def listed() -> tuple[Tool, ...]:
        async with Library([WorldSource()]) as library:
            return library.tools

    for one in asyncio.run(listed()):
        made = {"tool": one.name, "arguments": example(one.parameters)}
        assert fits(call_schema([one]), made), one.name
        for dialect in DIALECTS:
            schema = answer_schema(Propose, {"proposals": proposals_schema([one], 3)}, dialect)
            assert not isinstance(schema, Refusal), (one.name, dialect)
            answered: dict[str, Any] = {"reason": "so", "proposals": [{"instruction": "Do.", "calls": [made]}]}
            if dialect == "grammar":
                assert argument_problem(compile_schema(schema), answered) is None, one.name


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"word": "a", "limit": None}, {"word": "a"}),
        ({"word": None}, {"word": None}),
        ({"unknown": None}, {"unknown": None}),
    ],
)
def test_a_null_that_fills_an_optional_argument_is_left_out_again(given: Any, left: Any) -> None:
    assert without_filled_nulls(FIND, given) == left


def test_nulls_are_left_out_at_any_depth_but_where_they_mean_something() -> None:
    point = {"type": "object", "properties": {"x": {"type": "integer"}, "name": {"type": ["string", "null"]}}}
    places = tool(
        "places",
        {"at": {"$ref": "#/$defs/p"}, "all": {"type": "array", "items": {"$ref": "#/$defs/p"}}},
        **{"$defs": {"p": point}},
    )
    empty = {"x": None, "name": None}
    given: dict[str, Any] = {"at": empty, "all": [empty, None]}
    assert without_filled_nulls(places, given) == {"at": {"name": None}, "all": [{"name": None}, None]}
    assert given["at"] == empty, "what was given stays as it is"
