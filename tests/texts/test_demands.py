"""What a query has to say: values in their place, choices, picks."""

from typing import Any

import pytest
from pydantic import JsonValue

from tests.support.sessions import step, taken
from toolgrad_dspy.records import Chain, Origin, Step, Tool, Workflow
from toolgrad_dspy.texts import demands, internal_values, leaked_names, told_ids

BOOK = Tool(
    name="book_table",
    source_name="book_table",
    description="Book a table.",
    parameters={
        "type": "object",
        "properties": {
            "guests": {"type": "integer", "description": "How many people come."},
            "mode": {"enum": ["inside", "outside"], "default": "inside"},
            "dogs": {"type": "boolean"},
            "place_id": {"type": "string"},
        },
        "required": ["guests", "place_id"],
    },
    source="s",
    category="c",
)


def user(pointer: str) -> Origin:
    return Origin(pointer=pointer, kind="user")


def choice(pointer: str, match: str = "enum") -> Origin:
    return Origin(pointer=pointer, kind="schema", match=match)


def workflow(*steps: Step) -> Workflow:
    return Workflow(chains=(Chain(id="c1", steps=steps),))


def said(*steps: Step) -> list[tuple[str, str, Any, int]]:
    return [(d.kind, d.step, d.value, d.nth) for d in demands(workflow(*steps), {"book_table": BOOK})]


def booking(name: str, guests: int) -> Step:
    return step(name, "book_table", {"guests": guests}, {"ok": True}, user("/guests"))


def test_values_of_the_user_are_stated_and_choices_conveyed_and_defaults_need_no_word() -> None:
    arguments = {"guests": 4, "mode": "outside", "dogs": False, "place_id": "pl_0007"}
    origins = [user("/guests"), choice("/mode"), choice("/dogs", "boolean"), taken("/place_id", "s0")]
    found = demands(workflow(step("s1", "book_table", arguments, {}, *origins)), {"book_table": BOOK})
    assert [(d.kind, d.name, d.value, d.optional, d.said) for d in found] == [
        ("value", "guests", 4, False, "4"),
        ("choice", "mode", "outside", True, "outside"),
        ("choice", "dogs", False, True, "no"),
    ]
    assert (found[0].about.schema or {})["description"] == "How many people come."
    assert said(step("s1", "book_table", {"mode": "inside"}, {}, choice("/mode", "default"))) == []


def test_a_value_that_the_last_use_of_its_name_had_may_be_carried_over_to_a_call_of_the_same_tool() -> None:
    found = demands(workflow(booking("s1", 4), booking("s2", 4)), {"book_table": BOOK})
    assert [(d.step, d.value, d.nth, d.carried) for d in found] == [("s1", 4, 1, False), ("s2", 4, 2, True)]


def dinner(name: str, guests: int, *origins: Origin) -> Step:
    return step(name, "plan_dinner", {"guests": guests}, {"ok": True}, user("/guests"), *origins)


def test_a_value_that_goes_on_to_a_call_that_builds_on_the_one_it_was_said_for_is_said_once() -> None:
    found = step("s2", "find_cook", {"id": "ck_1"}, {"id": "ck_1"}, taken("/id", "s1"))
    assert said(booking("s1", 4), dinner("s2", 4, taken("/table", "s1"))) == [("value", "s1", 4, 1)]
    assert said(booking("s1", 4), found, dinner("s3", 4, taken("/cook", "s2"))) == [("value", "s1", 4, 1)]


def test_a_value_is_said_again_after_another_of_its_name_that_was_found() -> None:
    found = step("s2", "book_table", {"guests": 2}, {"ok": True}, taken("/guests", "s1"))
    assert said(booking("s1", 4), found, booking("s3", 4)) == [("value", "s1", 4, 1), ("value", "s3", 4, 2)]


def test_an_optional_argument_is_said_again_even_for_a_call_that_builds_on_the_one_it_was_said_for() -> None:
    arguments = {"id": "b_1", "changes": {"guests": 4}}
    change = step("s2", "change_booking", arguments, {}, taken("/id", "s1"), user("/changes/guests"))
    changes: JsonValue = {"type": "object", "properties": {"guests": {"type": "integer"}}}
    parameters: dict[str, JsonValue] = {"properties": {"changes": changes}, "required": ["changes"]}
    tools = {"book_table": BOOK, "change_booking": BOOK.model_copy(update={"parameters": parameters})}
    found = demands(workflow(booking("s1", 4), change), tools)
    assert [(d.step, d.nth, d.optional, d.carried) for d in found] == [
        ("s1", 1, False, False),
        ("s2", 2, True, False),
    ]


def test_a_value_is_said_again_for_a_call_that_only_comes_after_the_one_it_was_said_for() -> None:
    after = dinner("s2", 4).model_copy(update={"after": ("s1",)})
    assert said(booking("s1", 4), after) == [("value", "s1", 4, 1), ("value", "s2", 4, 2)]


def test_a_value_is_said_again_for_a_call_that_has_nothing_to_do_with_the_one_it_was_said_for() -> None:
    workflow_ = workflow(booking("s1", 4), dinner("s2", 4), booking("s3", 2), booking("s4", 4))
    found = demands(workflow_, {"book_table": BOOK})
    assert [(d.step, d.value, d.nth, d.carried) for d in found] == [
        ("s1", 4, 1, False),
        ("s2", 4, 2, True),
        ("s3", 2, 1, False),
        ("s4", 4, 2, False),  # which may be the second place, if s2 goes without one
    ]


def test_a_value_is_said_again_after_another_of_its_name() -> None:
    assert said(booking("s1", 4), booking("s2", 2), booking("s3", 4)) == [
        ("value", "s1", 4, 1),
        ("value", "s2", 2, 1),
        ("value", "s3", 4, 2),
    ]


def test_the_items_of_one_list_are_all_said_and_none_twice() -> None:
    origins = [user("/tags/0"), user("/tags/1"), user("/tags/2")]
    first = step("s1", "book_table", {"tags": ["a", "b", "a"]}, {}, *origins)
    again = step("s2", "book_table", {"tags": ["b"]}, {}, user("/tags/0"))
    assert said(first, again) == [("value", "s1", "a", 1), ("value", "s1", "b", 1), ("value", "s2", "b", 2)]


def test_a_value_of_unknown_origin_is_still_demanded() -> None:
    origin = Origin(pointer="/guests", kind="unknown")
    assert said(step("s1", "book_table", {"guests": 4}, {}, origin)) == [("value", "s1", 4, 1)]


def test_a_tool_that_is_not_given_says_nothing_of_its_parameters() -> None:
    (found,) = demands(workflow(booking("s1", 4)), {})
    assert found.about.name == "guests"
    assert not found.optional


# What must not be said


def avoided(value: Any, parameter: str = "value", key: str = "value") -> bool:
    origin = Origin(pointer=f"/{parameter}", kind="result", step="s0", path=f"/{key}", match="literal")
    return bool(internal_values(workflow(step("s1", "book_table", {parameter: value}, {}, origin))))


@pytest.mark.parametrize(
    "value", ["pl_0007", "deadbeef01", "a1b2c3d4", "550e8400-e29b-41d4-a716-446655440000", "X17-4"]
)
def test_what_looks_like_an_id_must_not_be_said(value: str) -> None:
    assert avoided(value)


@pytest.mark.parametrize(
    ("parameter", "key"), [("place_id", "x"), ("x", "place_id"), ("cursor", "next"), ("x", "uuid")]
)
def test_what_is_called_an_id_must_not_be_said(parameter: str, key: str) -> None:
    assert avoided("harbour view", parameter, key)
    assert avoided(471123, parameter, key)


@pytest.mark.parametrize(
    "value", ["Harbour View", "2026-05-14", "2026-05-14T19:30", "7pm", "19:30", 4711, 12, "x9", True]
)
def test_what_people_say_may_be_said_though_it_came_from_a_result(value: Any) -> None:
    assert not avoided(value)


def test_an_id_that_the_user_gives_in_one_place_may_be_said() -> None:
    arguments = {"place_id": "pl_0007", "note": "pl_0007"}
    grown = step("s1", "book_table", arguments, {}, user("/note"), taken("/place_id", "s0"))
    assert internal_values(workflow(grown)) == ()
    assert said(grown) == [("value", "s1", "pl_0007", 1)]


@pytest.mark.parametrize(
    ("result", "response", "query", "told"),
    [
        ({"place_id": "plc-6833"}, "It is at plc-6833.", "Where is it?", ("plc-6833",)),
        ({"place_id": "plc-6833"}, "It is at plc-6833.", "What is the id of it?", ()),
        ({"place_id": "plc-6833"}, "It is at plc-6833.", "Where is plc-6833?", ()),
        ({"place_id": "plc-6833"}, "It is at the harbour.", "Where is it?", ()),
        ({"commit": "9fceb02d0ae598e95dc970b74767f19372d61af8"}, "9fceb02d0ae598e95dc970b74767f19372d61af8", "Which?",
         ("9fceb02d0ae598e95dc970b74767f19372d61af8",)),
        ({"confirmation_code": "QX7-41"}, "Your code is QX7-41.", "Book it.", ()),
        ({"room": "B12"}, "It is in B12.", "Where is it?", ()),
        ({"day": "2026-05-14"}, "On 2026-05-14.", "When?", ()),
    ],
)  # fmt: skip
def test_a_response_tells_no_internal_id_that_nobody_asked_for(
    result: Any, response: str, query: str, told: tuple[str, ...]
) -> None:
    assert told_ids(response, query, workflow(step("s1", "find", {}, result))) == told


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I used book_table for it", ["book_table"]),
        ("`book_table`, book_table!", ["book_table"]),
        ("call getWeather now", ["getWeather"]),
        ("please search the places", []),
        ("Search it, and Places too", []),
        ("book a table", []),
        ("rebook_table and book_tables", []),
        ("the book-table thing", ["book-table"]),
    ],
)
def test_a_tool_name_leaks_unless_it_is_an_ordinary_word(text: str, names: list[str]) -> None:
    tools = frozenset({"book_table", "getWeather", "search", "Search", "Places", "book-table"})
    assert leaked_names(text, tools) == names


def test_several_things_of_one_kind_are_told_apart_by_what_they_are_taken_for() -> None:
    rows = [{"name": "Quay", "kind": "bar", "town": "Aldby"}, {"name": "Mill", "kind": "inn", "town": "Norr"}]
    rows.append({"name": "Park", "kind": "zoo", "town": "Oster"})
    found = step("s1", "search", {}, {"places": rows})
    origins = (taken("/kind", "s1", "/places/0/kind"), taken("/town", "s1", "/places/1/town"))
    used = step("s2", "search", {"kind": "bar", "town": "Norr"}, {}, *origins)
    named = [demand.name for demand in demands(workflow(found, used), {})]
    assert named == ["which place for kind", "which place for town"]
    alone = step("s2", "search", {"kind": "bar"}, {}, origins[0])
    assert [demand.name for demand in demands(workflow(found, alone), {})] == ["which place"]
