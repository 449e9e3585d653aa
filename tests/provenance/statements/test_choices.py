"""Whether a text conveys a choice for sure."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.statements import About, conveys

SORT = About("sort", {"enum": ["relevance", "price_asc", "price_desc", "date_desc", "name"]})
DIET = About("diet", {"enum": ["any", "vegetarian", "vegan", "gluten_free"]})
MODE = About("mode", {"enum": ["driving", "walking", "bicycling", "transit"]})
SEAT = About("seat", {"enum": ["window", "middle", "aisle"]})
STATUS = About("status", {"description": "Status of the issues", "enum": ["open", "closed"]})
DAYS = About("weekdays", {"enum": ["monday", "tuesday", "thursday"]})
CURRENCY = About("currency", {"enum": ["USD", "EUR", "GBP"]})

CONVEYED: list[tuple[str, Any, About]] = [
    ("the cheapest first", "price_asc", SORT),
    ("sorted by name", "name", SORT),
    ("from newest to oldest", "date_desc", SORT),
    ("a vegan place", "vegan", DIET),
    ("ein veganes Restaurant", "vegan", DIET),
    ("un restaurant végétarien", "vegetarian", DIET),
    ("gluten-free, please", "gluten_free", DIET),
    ("d'abord les moins chers", "price_asc", SORT),
    ("on foot", "walking", MODE),
    ("à pied", "walking", MODE),
    ("an aisle seat, I was in the middle last time", "aisle", SEAT),
    ("on Mondays and Thursdays", "monday", DAYS),
    ("in euros", "EUR", CURRENCY),
    ("five stars", 5, About("stars", {"enum": [1, 2, 3, 4, 5]})),
    ("a table outside", True, About("outdoor_seating")),
    ("draußen, bitte", True, About("outdoor")),
    ("inside, please", False, About("outdoor")),
    ("without breakfast", False, About("breakfast_included")),
    ("I don't want notifications", False, About("notifications")),
    ("a non-smoking room", False, About("smoking")),
    ("Copy the board but not its comments", False, About("copy_comments")),
    ("direct flights only", True, About("nonstop")),
    ("a hotel with free parking", True, About("free_parking")),
    ("ohne Versicherung", False, About("insurance")),
    ("Is there a hotel with breakfast?", True, About("breakfast")),
    ("Which vegan restaurants are there?", "vegan", DIET),
    ("Are there vegan places nearby?", "vegan", DIET),
    ("Who does vegetarian food?", "vegetarian", DIET),
    (
        "I have a new neighbour for my address book.",
        "neighbour",
        About("relation", {"enum": ["friend", "neighbour"]}),
    ),
    ("Which of my parcels have been delivered?", "delivered", About("status", {"enum": ["delivered", "lost"]})),
    ("What buses go from there?", "bus", About("mode", {"enum": ["bus", "tram"]})),
]

LEFT_TO_A_MODEL: list[tuple[str, Any, About]] = [
    ("sort them somehow", "price_asc", SORT),
    ("the name of the place", "name", SORT),
    ("the most expensive first", "price_asc", SORT),
    ("anything vegetarian or vegan", "vegan", DIET),
    ("we are not vegan", "vegan", DIET),
    ("any restaurant", "any", DIET),
    ("I closed the window", "closed", STATUS),
    ("open the door", "open", STATUS),
    ("Has the parcel been delivered?", "delivered", About("status", {"enum": ["delivered", "lost"]})),
    ("in dollars or euros", "EUR", CURRENCY),
    ("four or five stars", 5, About("stars", {"enum": [1, 2, 3, 4, 5]})),
    ("inside, please", True, About("outdoor")),
    ("outside or inside", True, About("outdoor")),
    ("is breakfast included?", True, About("breakfast")),
    ("parking doesn't matter", True, About("parking")),
    ("what does it cost?", True, About("breakfast")),
    ("with breakfast", False, About("breakfast")),
    ("anything", True, About("is_enabled")),
    ("", True, About("")),
]


@pytest.mark.parametrize(("text", "value", "about"), CONVEYED, ids=[row[0] for row in CONVEYED])
def test_a_choice_is_conveyed_in_its_words_or_those_that_always_mean_it(text: str, value: Any, about: About) -> None:
    mention = conveys(text, value, about)
    assert mention is not None
    assert text[mention.start : mention.end].strip()


@pytest.mark.parametrize(("text", "value", "about"), LEFT_TO_A_MODEL, ids=[row[0] for row in LEFT_TO_A_MODEL])
def test_what_is_doubtful_is_left_to_a_model(text: str, value: Any, about: About) -> None:
    assert conveys(text, value, about) is None


def test_urgent_is_high_only_where_nothing_is_higher() -> None:
    assert conveys("it's urgent", "high", About("priority", {"enum": ["low", "high"]}))
    assert conveys("it's urgent", "high", About("priority", {"enum": ["high", "urgent"]})) is None


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("Don't make the event public.", False),
        ("Never show my calendar as public.", False),
        ("Make the event public.", True),
        ("Don't forget to make the event public.", True),
        ("Don't move it, and make the event public.", True),
    ],
)
def test_what_a_thing_is_not_to_be_made_is_denied_from_afar(query: str, value: bool) -> None:
    about = About(name="is_public", schema={"type": "boolean"})
    assert conveys(query, value, about) is not None
    assert conveys(query, not value, about) is None
