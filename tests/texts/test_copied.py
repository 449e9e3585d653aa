"""Queries that repeat what their writer was shown."""

import pytest

from toolgrad_dspy.texts import Demand
from toolgrad_dspy.texts.copied import copied, copied_into_response

WANTED = [
    Demand("value", "s1", "list_calendar", "/date_range/first", "2026-05-13"),
    Demand("value", "s1", "list_calendar", "/date_range/last", "2026-05-25"),
    Demand("value", "s2", "book", "/party_size", 4),
    Demand("choice", "s2", "book", "/seating", "by_the_window"),
]


@pytest.mark.parametrize(
    "query",
    [
        'List my entries (date range first "2026-05-13", date range last "2026-05-25").',
        "Book a table (party size 4, seating by the window), please.",
        "BOOK A TABLE ( Party size: 4; Seating: by the window )",
    ],
)
def test_names_with_values_in_parentheses_are_copied(query: str) -> None:
    assert len(list(copied(query, WANTED))) == 1


@pytest.mark.parametrize(
    "query",
    [
        "List my entries from May 13 to May 25 (all of them).",
        "Book a table (party size 4) by the window.",
        "Book a table for four by the window (we love the view), party size 4, seating by the window.",
        "",
    ],
)
def test_a_persons_parentheses_are_not(query: str) -> None:
    assert list(copied(query, WANTED)) == []


def test_one_value_in_parentheses_is_copied_after_the_words_of_its_tools_description() -> None:
    does = ["List the entries of your calendar in a range of days (both ends count)."]
    query = "List the entries of your calendar in a range of days (party size 4)."
    assert list(copied(query, WANTED, does)) == ["(party size 4)"]
    assert list(copied(query, WANTED)) == []
    assert list(copied("List the entries of my calendar, please (party size 4).", WANTED, does)) == []


@pytest.mark.parametrize(
    ("response", "is_copied"),
    [
        ('To see them, use: List entries (date range first "2026-05-13", date range last "2026-05-25").', True),
        ('Booked: (party size 4, seating "by the window").', True),
        ("Your table is booked (party size 4, seating by the window).", False),
        ('The table is called "By the window" (for four).', False),
    ],
)
def test_a_response_that_repeats_a_request_line_is_told_by_its_quotation_marks(
    response: str, is_copied: bool
) -> None:
    assert bool(list(copied_into_response(response, WANTED))) == is_copied
