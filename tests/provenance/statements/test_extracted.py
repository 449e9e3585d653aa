"""Whether an extracted text says exactly a value."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.statements import About, same_value


@pytest.mark.parametrize(
    ("said", "value", "about"),
    [
        ("14 May 2026", "2026-05-14", About("date")),
        ("May 14", "2026-05-14", About("date")),
        ("May 14 at 7pm", "2026-05-14T19:00", About("when")),
        ("half past seven", "19:30", About("time")),
        ("four people", 4, About("party_size")),
        ("a table for four", 4, About("party_size")),
        ("1.5 hours", 90, About("duration_minutes")),
        ("two weeks", 14, About("days")),
        ("at least 40", 40, About("min_price")),
        ("Thai cuisine", "thai", About("cuisine")),
        ("in German", "de", About("lang")),
        ("NYC", "New York City", About("city")),
        ("twenty-five", "25", About("room")),
        ("yes", True, About("outdoor")),
        ("nein", False, About("outdoor")),
        ("", None, About("note")),
        ("", [], About("tags")),
    ],
)
def test_a_value_in_other_words_is_the_same_value(said: str, value: Any, about: About) -> None:
    assert same_value(said, value, about)


@pytest.mark.parametrize(
    ("said", "value", "about"),
    [
        ("4 or 5", 4, About("party_size")),
        ("between 4 and 6", 4, About("party_size")),
        ("4-5", 4, About("party_size")),
        ("4.5", 4, About("rating")),
        ("-5", 5, About("temperature")),
        ("May 14-16", "2026-05-14", About("date")),
        ("May 14 at 7pm", "2026-05-14", About("date")),
        ("7:30 am", "19:30", About("time")),
        ("not Thai", "thai", About("cuisine")),
        ("Thai or Indian", "thai", About("cuisine")),
        ("New York", "York", About("city")),
        ("Joanne", "Joanne Whitfield", About("attendee")),
        ("", 4, About("party_size")),
        ("#missing", 4, About("party_size")),
        ("outdoor", True, About("outdoor")),
        ("something", None, About("note")),
    ],
)
def test_more_or_less_than_the_value_is_not_the_value(said: str, value: Any, about: About) -> None:
    assert not same_value(said, value, about)
