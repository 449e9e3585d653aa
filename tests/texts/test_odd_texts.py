"""Odd queries, values, results and responses: each is examined in bounded time, and nothing is accepted by chance."""

import time
from typing import Any

import pytest

from tests.support.sessions import step, taken
from toolgrad_dspy.records import Chain, Origin, Tool, Workflow
from toolgrad_dspy.texts import Examination, examine

NOTE = Tool(
    name="add_note",
    source_name="add_note",
    description="Write a note down.",
    parameters={"type": "object", "properties": {"value": {}}, "required": ["value"]},
    source="s",
    category="c",
)
SECONDS = 20  # far above what any of these takes on a slow machine, far below what a quadratic search would


def examined(value: Any, query: str, response: str = "The note is written.", result: Any = None) -> Examination:
    origin = Origin(pointer="/value", kind="user")
    noted = step("s1", "add_note", {"value": value}, {"saved": True} if result is None else result, origin)
    started = time.perf_counter()
    found = examine(query, response, Workflow(chains=(Chain(id="c1", steps=(noted,)),)), {"add_note": NOTE})
    assert time.perf_counter() - started < SECONDS
    return found


def stated(value: Any, query: str) -> bool:
    found = examined(value, query)
    return any(check.about == "value" and check.holds for check in found.checks)


def codes(found: Examination) -> set[str]:
    return {violation.code for violation in found.broken}


def test_a_template_in_place_of_a_text_is_broken_for_sure() -> None:
    assert "template" in codes(examined("milk", "{query}"))
    assert "template" not in codes(examined("milk", "Look up {milk} and <b>tea</b>."))


def test_an_empty_query_is_broken_for_sure_and_so_is_an_empty_response() -> None:
    assert codes(examined("milk", "")) == {"empty_query"}
    assert codes(examined("milk", "Note milk.", "")) == {"empty_response"}


@pytest.mark.parametrize("text", ["...", " \n", "—", "👍", "{}"])
def test_a_text_without_a_letter_or_a_digit_says_nothing(text: str) -> None:
    assert "empty_query" in codes(examined("milk", text))
    assert "empty_response" in codes(examined("milk", "Note milk.", text))
    assert codes(examined("milk", "Note milk.", "好的。")) == set()


@pytest.mark.parametrize("words", [5_000, 50_000])
def test_a_text_that_no_person_writes_is_refused_for_one_reason(words: int) -> None:
    assert codes(examined("milk", "please note milk " * words)) == {"too_long"}
    assert codes(examined("milk", "Note milk.", "It is done. " * words)) == {"too_long"}


def test_a_response_of_nothing_but_numbers_is_refused() -> None:
    assert codes(examined("milk", "Note milk.", " ".join(map(str, range(1_000, 2_000))))) == {"too_long"}


def test_a_value_of_three_thousand_characters_has_to_be_said_as_well() -> None:
    value = "Bring the blue blanket and the red one. " * 75
    assert stated(value, f"Please note this: {value}")
    assert not stated(value, "Please note something about blankets.")


@pytest.mark.parametrize(
    ("value", "query", "said"),
    [
        (1234.5, "Notiere 1.234,5 Euro.", True),
        (1234.5, "Note 1,234.50, please.", True),
        (1234567, "Note 1'234'567.", True),
        (1234.5, "Note 12,345.", False),
        ("2026-02-31", "Note 31 February 2026.", True),
        ("2026-13-40", "Note 2026-13-40.", True),
        ("25:61", "Note 25:61.", True),
        ("שלום", "כתוב שלום בבקשה", True),
        ("שלום", "כתוב משהו", False),
        ("🎉 party", "Note 🎉 party, please", True),
        ("🎉", "Note 🎊, please", False),
        ("北京", "请记下北京", True),
        (10**400, "Note a big number.", False),
        ("\ud800", "Note nothing.", False),
    ],
)
def test_values_of_any_script_and_range_are_stated_or_not(value: Any, query: str, said: bool) -> None:
    assert stated(value, query) is said


def test_a_result_of_two_megabytes_is_examined_as_its_writer_saw_it() -> None:
    text = "line 4711 of the log: nothing happened\n" * 52_000
    found = examined("milk", "Note milk.", "Line 4711 of the log says that nothing happened; line 9999 is odd.", text)
    assert not found.broken
    assert [question.text for question in found.questions if question.about == "claim"] == ["9999"]


@pytest.mark.parametrize("result", [[], {}, "", None, [[]], {"a": None}, 0, False, "\ud800", {"": {"": [""]}}])
def test_any_result_is_examined(result: Any) -> None:
    found = examined("milk", "Note milk.", "There was nothing.", result=result)
    assert any(check.about == "value" for check in found.checks)


def test_pointers_that_lead_nowhere_are_faults_and_no_crash() -> None:
    found = step("s1", "find", {}, {"rows": [{"id": "r1"}, {"id": "r2"}]})
    for path in ("/rows/9/id", "/rows/x", "rows", "/rows/0/id/deeper"):
        used = step("s2", "add_note", {"value": "r1"}, {}, taken("/value", "s1", path))
        workflow = Workflow(chains=(Chain(id="c1", steps=(found, used)),))
        assert "broken_origin" in codes(examine("Note it.", "Done.", workflow, {"add_note": NOTE}))
