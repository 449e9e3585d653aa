"""The requests of a query, and which calls serve them."""

import pytest

from tests.support.sessions import step, taken
from toolgrad_dspy.records import Chain, Origin, Step, Tool, Workflow
from toolgrad_dspy.texts import demands
from toolgrad_dspy.texts.clauses import clauses
from toolgrad_dspy.texts.serving import served


def tool(name: str, description: str) -> Tool:
    return Tool(name=name, source_name=name, description=description, parameters={}, source="s", category="c")


TOOLS = {
    made.name: made
    for made in (
        tool("search_events", "Search the town's events by kind and day."),
        tool("get_weather", "Tell the weather forecast of a city."),
        tool("book_tickets", "Book tickets for an event."),
        tool("list_orders", "List the orders of a customer."),
    )
}
WEATHER = step("s1", "get_weather", {"city": "Oslo"}, {"sky": "clear"}, Origin(pointer="/city", kind="user"))
DAY = Origin(pointer="/day", kind="user")
EVENTS = step("s2", "search_events", {"day": "2026-05-14"}, {"events": [{"id": "ev_1"}]}, DAY)
TICKETS = step("s3", "book_tickets", {"event_id": "ev_1"}, {"ok": True}, taken("/event_id", "s2", "/events/0/id"))
ORDERS = step("s4", "list_orders", {}, {"orders": ["a pair of boots"]})


def left(query: str, *steps: Step) -> tuple[list[str], list[str]]:
    workflow = Workflow(chains=(Chain(id="c1", steps=steps),))
    found = served(query, workflow, TOOLS, demands(workflow, TOOLS))
    return [clause.text for clause in found.open_clauses], [step.id for step in found.unasked]


def test_a_query_is_cut_where_another_request_begins() -> None:
    parts = clauses("Hi! Show my orders, and who works here? Then book it and pay with the card.")
    assert [(part.text, part.asks) for part in parts] == [
        ("Hi!", False),
        ("Show my orders,", True),
        ("and who works here?", True),
        ("Then book it and pay with the card.", True),
    ]


def test_a_sentence_may_end_within_quotation_marks() -> None:
    parts = clauses('Text Ada "See you at seven." I also need the forecast. Is "Help!" on, too?')
    assert [part.text for part in parts] == [
        'Text Ada "See you at seven."',
        "I also need the forecast.",
        'Is "Help!" on, too?',
    ]


@pytest.mark.parametrize(
    "query",
    [
        "What is the weather in Oslo, and are there any events on 2026-05-14? Book me tickets for one.",
        "I'm off to Oslo. Could you tell me the weather there? Also find events on 2026-05-14 and book tickets.",
    ],
)
def test_requests_that_calls_serve_leave_nothing_open(query: str) -> None:
    assert left(query, WEATHER, EVENTS, TICKETS) == ([], [])


@pytest.mark.parametrize(
    ("query", "foreign"),
    [
        ("What is the weather in Oslo? And who wrote Dune?", "And who wrote Dune?"),
        ("What is the weather in Oslo? And in Bergen?", "And in Bergen?"),
        ("What is the weather in Oslo? Tell me the weather at the coast.", "Tell me the weather at the coast."),
        ("What is the weather in Oslo, and show me who works here.", "and show me who works here."),
    ],
)  # fmt: skip
def test_a_request_that_no_call_serves_is_left_open(query: str, foreign: str) -> None:
    assert left(query, WEATHER)[0] == [foreign]


def test_what_asks_for_nothing_needs_no_call() -> None:
    assert left("I am in Oslo. Thank you so much! What will the weather be?", WEATHER) == ([], [])


def test_a_call_that_nothing_asks_for_is_left_open() -> None:
    assert left("What is the weather in Oslo?", WEATHER, ORDERS)[1] == ["s4"]


def test_a_call_that_another_one_needs_is_asked_for_with_it() -> None:
    assert left("Book me tickets for something on 2026-05-14.", EVENTS, TICKETS)[1] == []


def test_in_another_language_every_clause_may_ask_for_something() -> None:
    assert left("Wie wird das Wetter in Oslo? Danke!", WEATHER)[0] == ["Danke!"]


def test_a_query_of_five_thousand_words_is_read() -> None:
    assert clauses("and then show me " * 1_700)
    assert left("word " * 5_000, WEATHER)


def test_a_day_that_a_result_has_is_not_foreign_in_other_words() -> None:
    parcels = step("s5", "get_weather", {}, {"days": [{"day": "2026-05-11", "sky": "grey"}]})
    assert left("I need the weather of the 11th of May.", parcels)[0] == []
    assert left("I need the weather of the 12th of May.", parcels)[0] == ["I need the weather of the 12th of May."]
