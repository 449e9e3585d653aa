"""What a query asks for by name has to be in the response, and not only something else of the same result."""

import pytest

from tests.support.sessions import step
from toolgrad_dspy.records import Step, Tool
from toolgrad_dspy.texts.asked import left_out


def tool(name: str, description: str) -> Tool:
    return Tool(
        name=name,
        source_name=name,
        description=description,
        parameters={"type": "object", "properties": {}},
        source="s",
        category="c",
    )


TOOLS = {
    "get_contact": tool(
        "get_contact", "Get the details of one contact: phone number, e-mail address, street address."
    ),
    "find_contacts": tool("find_contacts", "Find people in the address book by name."),
    "book_table": tool("book_table", "Book a table."),
}
FOUND = step("s1", "find_contacts", {"name": "Ada"}, {"contacts": [{"contact_id": "c1", "name": "Ada Quill"}]})
CONTACT = step(
    "s2",
    "get_contact",
    {"contact_id": "c1"},
    {
        "contact_id": "c1",
        "name": "Ada Quill",
        "phone": "+44 1632 960534",
        "address": "Chandlers Row 58",
        "since": 2019,
    },
)
BOOKED = step("s3", "book_table", {"guests": 4}, {"booked_by": "Robin Vale", "guests": 4, "date": "2026-05-14"})
STEPS = (FOUND, CONTACT, BOOKED)


def missing(query: str, response: str, about: Step = CONTACT) -> tuple[str, ...]:
    return left_out(query, response, about, STEPS, TOOLS)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("Her number is +44 1632 960534.", ("address",)),
        ("She lives at Chandlers Row 58.", ("phone",)),
        ("I have found her.", ("phone", "address")),
        ("Call +44 1632 960534, or go to Chandlers Row 58.", ()),
    ],
)
def test_of_two_things_that_are_asked_for_both_are_told(response: str, expected: tuple[str, ...]) -> None:
    assert missing("Give me Ada Quill's phone number and address.", response) == expected


@pytest.mark.parametrize(
    "query",
    [
        "Find people called Ada in my address book.",  # asks for nobody's address
        "Give me the details of that contact.",
        "Tell me about Ada Quill.",
    ],
)
def test_what_is_not_asked_for_by_name_may_be_left_out(query: str) -> None:
    assert missing(query, "Ada Quill has been found.") == ()


def test_a_name_of_two_words_is_asked_for_whatever_the_call_does_and_a_small_number_told_beside_one_of_them() -> None:
    event = step("s1", "open", {"event_id": "e1"}, {"event_id": "e1", "title": "Bird Watching", "free_seats": 4})
    query = "Tell me how many free seats it has. Put it in my calendar for four hours."

    def left(response: str) -> tuple[str, ...]:
        return left_out(query, response, event, (event, BOOKED), TOOLS)

    assert left("It is in your calendar, four hours long.") == ("free seats",)
    assert left("It is in your calendar, and still has four seats.") == ()


def test_what_the_call_does_and_was_given_is_no_question() -> None:
    assert missing("Please book a table for 4 guests.", "Your table is booked.", BOOKED) == ()


def test_what_only_says_which_thing_is_meant_is_no_question() -> None:
    query = "Give me the details of the contact with the address Chandlers Row 58."
    assert missing(query, "Ada Quill has been found.") == ()
