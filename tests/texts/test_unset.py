"""Choices that a query makes and no call has."""

from typing import Any

import pytest

from toolgrad_dspy.records import Chain, Observation, Step, Tool, ToolCall, Workflow
from toolgrad_dspy.texts import examine
from toolgrad_dspy.texts.unset import unset

SEARCH = Tool(
    name="search_events",
    source_name="search_events",
    description="Search events by kind, days and district.",
    parameters={
        "type": "object",
        "properties": {
            "kind": {
                "anyOf": [{"type": "string", "enum": ["exhibition", "concert", "film"]}, {"type": "null"}],
                "default": None,
            },
            "order": {"type": "string", "enum": ["soonest", "nearest"], "default": "soonest"},
            "district": {"type": "string"},
        },
    },
    source="town",
    category="events",
)
TOOLS = {"search_events": SEARCH}


def workflow(*arguments: dict[str, Any]) -> Workflow:
    steps = tuple(
        Step(
            id=f"s{number}",
            call=ToolCall(tool="search_events", arguments=given),
            observation=Observation(content={"events": [{"title": "Coast Maps", "kind": "exhibition"}]}, text=""),
        )
        for number, given in enumerate(arguments, 1)
    )
    return Workflow(chains=(Chain(id="c1", steps=steps),))


@pytest.mark.parametrize(
    ("query", "arguments", "expected"),
    [
        ("Find the events of kind exhibition in the Harbour.", [{"district": "Harbour"}], [("s1", "exhibition")]),
        ("Please list films in the Harbour.", [{"district": "Harbour"}], [("s1", "film")]),
        ("Please list films in the Harbour.", [{"district": "Harbour", "kind": "film"}], []),
        ("What is on in the Harbour?", [{"district": "Harbour"}], []),
        ("Show events in the Harbour, the soonest first.", [{"district": "Harbour"}], []),  # so by default
        ("Find films, then all events in the Harbour.", [{"kind": "film"}, {"district": "Harbour"}], []),
        ("Find events in the Harbour and tell me when the exhibition opens.", [{"district": "Harbour"}], []),
        ("We made a film last year. Find events in the Harbour.", [{"district": "Harbour"}], []),
    ],
)
def test_what_a_query_chooses_and_no_call_has_is_found(
    query: str, arguments: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    assert [(demand.step, demand.value) for demand in unset(query, workflow(*arguments), TOOLS)] == expected


def test_a_choice_that_the_call_leaves_out_is_left_to_the_reader() -> None:
    found = examine(
        "Please list films in the Harbour.", "Coast Maps is on.", workflow({"district": "Harbour"}), TOOLS
    )
    (question,) = [question for question in found.questions if question.violation.code == "choice_not_given"]
    assert question.reads_query
    assert "film" in question.violation.text
