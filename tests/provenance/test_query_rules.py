"""What a query has to state, what it must not contain, and what counts as a leak."""

import asyncio
from typing import Any, Literal

import pytest

from tests.support.toys import functions
from toolgrad_dspy.provenance.query_rules import (
    QueryRequirements,
    leaked_names,
    query_requirements,
    reasons,
    unstated,
    violations,
    with_unknown_origins,
)
from toolgrad_dspy.records import Chain, Observation, Origin, Step, ToolCall, Workflow
from toolgrad_dspy.tools.library import Library


def book_table(place_id: str, guests: int, mode: Literal["inside", "outside"] = "inside", note: str = "") -> str:
    """Book a table.

    Args:
        place_id: Where.
        guests: How many people come.
        mode: Where to sit.
        note: Anything else.
    """
    return "ok"


def library() -> Library:
    filled = Library([functions(book_table)])

    async def fill() -> None:
        async with filled:
            assert filled.tools

    asyncio.run(fill())
    return filled


def workflow(arguments: dict[str, Any], *origins: Origin) -> Workflow:
    step = Step(
        id="s1",
        call=ToolCall(tool="book_table", arguments=arguments),
        observation=Observation(text="ok"),
        origins=origins,
    )
    return Workflow(chains=(Chain(id="c1", steps=(step,)),))


def result(pointer: str, path: str = "/x") -> Origin:
    return Origin(pointer=pointer, kind="result", step="s0", path=path, match="literal")


def avoided(value: Any, parameter: str = "value", key: str = "value") -> bool:
    grown = workflow({parameter: value}, result(f"/{parameter}", f"/{key}"))
    return bool(query_requirements(grown).to_avoid)


def test_values_of_the_user_are_required_and_choices_are_asked_for_in_other_words() -> None:
    grown = workflow(
        {"guests": 4, "mode": "outside", "place_id": "pl_0007", "note": ""},
        Origin(pointer="/guests", kind="user"),
        Origin(pointer="/mode", kind="schema", match="enum"),
        result("/place_id"),
        Origin(pointer="/note", kind="schema", match="default"),
    )
    requirements = query_requirements(grown)
    shown = [(required.step, required.name, required.value, required.choice) for required in requirements.to_state]
    assert shown == [("s1", "guests", 4, False), ("s1", "mode", "outside", True)]
    assert requirements.to_avoid == ("pl_0007",)
    assert unstated("A table for four", requirements) == ()
    assert [required.value for required in unstated("A table outside", requirements)] == [4]


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
    assert avoided(4711, parameter, key)


@pytest.mark.parametrize(
    "value", ["Harbour View", "2026-05-14", "2026-05-14T19:30", "7pm", "19:30", 4711, 12, "x9", True]
)
def test_what_people_say_may_be_said_though_it_came_from_a_result(value: Any) -> None:
    assert not avoided(value)


def test_an_id_that_the_user_gives_in_one_place_may_be_said() -> None:
    grown = workflow(
        {"place_id": "pl_0007", "note": "pl_0007"}, Origin(pointer="/note", kind="user"), result("/place_id")
    )
    requirements = query_requirements(grown)
    assert requirements.to_avoid == ()
    assert [required.value for required in requirements.to_state] == ["pl_0007"]


def test_a_value_that_two_steps_need_is_required_once() -> None:
    grown = workflow({"guests": 4}, Origin(pointer="/guests", kind="user"))
    (step,) = grown.steps
    twice = Workflow(chains=(Chain(id="c1", steps=(step, step.model_copy(update={"id": "s2"}))),))
    assert len(query_requirements(twice).to_state) == 1
    missing = unstated("", query_requirements(twice))
    assert [step.origins[0].kind for step in with_unknown_origins(twice, missing).steps] == ["unknown", "unknown"]


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


def test_every_rule_that_the_texts_break_is_named() -> None:
    grown = workflow(
        {"guests": 4, "place_id": "pl_0007"}, Origin(pointer="/guests", kind="user"), result("/place_id")
    )
    requirements = query_requirements(grown)
    broken = violations("Table at pl_0007 by book_table", "", requirements, frozenset({"book_table"}))
    assert [violation.code for violation in broken] == [
        "empty_response",
        "value_not_stated",
        "internal_value",
        "tool_named",
    ]
    for violation, names in zip(broken, ((), ("4", "guests", "s1"), ("pl_0007",), ("book_table",)), strict=True):
        assert all(name in violation.text for name in names)
    assert reasons(broken).count("; ") == 3
    (empty,) = violations("", "Done", QueryRequirements((), ()), frozenset())
    assert empty.code == "empty_query"
    assert violations("A table for 4", "Done", requirements, frozenset({"book_table"})) == ()
    (named,) = violations("A table for 4", "book_table did it", requirements, frozenset({"book_table"}))
    assert named.code == "tool_named"
