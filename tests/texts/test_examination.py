"""Texts as a whole: what the rules say of a response beside its results."""

import pytest
from pydantic import JsonValue

from tests.support.sessions import step
from toolgrad_dspy.records import Chain, Origin, Tool, Workflow
from toolgrad_dspy.texts import examine

BOOKS = step("s1", "list_books", {}, {"books": [{"title": "Beyond the Ocean"}, {"title": "Waltz at Midnight"}]})
HOURS = step("s2", "get_hours", {}, {"place": "Swan Hotel", "opens": "00:00", "closes": "20:15"})


def open_claims(response: str) -> list[tuple[str, str]]:
    found = examine(
        "Which books, and when is it open?", response, Workflow(chains=(Chain(id="c", steps=(BOOKS, HOURS)),)), {}
    )
    return [(question.claim.text, question.subject) for question in found.questions if question.claim]


def test_a_time_within_a_title_is_no_claim_about_the_title_before_it() -> None:
    assert open_claims("The books are Beyond the Ocean and Waltz at Midnight. Swan Hotel opens at midnight.") == []


def test_a_time_after_another_things_name_is_one() -> None:
    assert open_claims("There is Beyond the Ocean, open until 20:15.") == [("20:15", "Beyond the Ocean")]


def forecast(*required: JsonValue) -> Tool:
    day: JsonValue = {"date": {"type": "string", "format": "date"}}
    return Tool(
        name="forecast",
        source_name="forecast",
        description="The forecast of a day.",
        parameters={"type": "object", "properties": day, "required": list(required)},
        source="s",
        category="c",
    )


REQUIRED, OPTIONAL = forecast("date"), forecast()


@pytest.mark.parametrize(
    ("tool", "query", "asked", "likely"),
    [
        (REQUIRED, "A table on May 13, please. What is the forecast?", [], ["s2"]),
        (REQUIRED, "A table on May 13, please. What is the forecast for May 13?", [], []),
        (REQUIRED, "A table, please. What is the forecast?", ["s1", "s2"], []),
        # Nobody says by "May 13" for a table that the forecast has to be of another day than today.
        (OPTIONAL, "A table on May 13, please. What is the forecast?", ["s2"], []),
        (OPTIONAL, "A table on May 13, please. What is the forecast for May 13?", [], []),
    ],
)
def test_a_day_that_was_said_for_another_call_has_to_be_meant_for_an_optional_argument(
    tool: Tool, query: str, asked: list[str], likely: list[str]
) -> None:
    day, user = {"date": "2026-05-13"}, Origin(pointer="/date", kind="user")
    steps = (step("s1", "book_table", day, {"ok": True}, user), step("s2", tool.name, day, {"sky": "clear"}, user))
    found = examine(query, "", Workflow(chains=(Chain(id="c", steps=steps),)), {tool.name: tool})
    assert [question.demand.step for question in found.questions if question.demand] == asked
    assert [question.demand.step for question in found.likely if question.demand] == likely
