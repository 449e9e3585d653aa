"""What a response claims, and whether a result or the query has it."""

from typing import Any

import pytest

from toolgrad_dspy.texts import claims
from toolgrad_dspy.texts.evidence import Evidence
from toolgrad_dspy.texts.sentences import sentence_of

RESULTS: dict[str, Any] = {
    "s1": {
        "places": [
            {"place_id": "pl_1", "name": "Harbour Café", "rating": 4.5, "seats": 40, "opens": "09:00"},
            {"place_id": "pl_2", "name": "Blue Door", "rating": 3.9, "seats": 12, "opens": "17:30"},
        ],
        "total": 2,
    },
    "s2": {"restaurant": "Blue Door", "date": "2026-05-14", "time": "19:30", "price": 342.81, "share": 0.25},
    "s3": {"first_name": "Ann", "last_name": "Lee", "mail": "ann.lee@example.org", "note": "Bring the Red Folder."},
    "s5": {"stops": [{"at": "Quay", "distance_m": n, "step_free": n < 88, "state": "in_use"} for n in (10, 57, 88)]},
    "s6": {"events": [{"title": "Town Run"}, {"title": "Open Stage"}], "total": 72},
    "s4": {"items": [{"cost": 10.5}, {"cost": 4.25}, {"cost": 3}]},
}
QUERY = "Find places, book a table for 6 on the 14th, and write to Ann."


def said(text: str) -> list[tuple[str, str]]:
    return [(claim.kind, claim.text) for claim in claims(text)]


def unsupported(response: str, query: str = QUERY) -> list[str]:
    evidence = Evidence(RESULTS, [query])
    return [c.text for c in claims(response) if evidence.supports(c, sentence_of(response, c)) is None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("...", []),
        ("It is booked.", []),
        ("The Harbour Café opens at 09:00.", [("name", "Harbour Café"), ("time", "09:00")]),
        ("Your table at Blue Door costs 342.81.", [("name", "Blue Door"), ("number", "342.81")]),
        ("See https://a.example/x?y=1.", [("literal", "https://a.example/x?y=1")]),
        ('It says "bring a pen".', [("quote", "bring a pen")]),
        ("Write to ann.lee@example.org today.", [("literal", "ann.lee@example.org")]),
        ("I met her on Monday, May 14.", [("weekday", "Monday"), ("date", "May 14")]),
        ("It begins on the 12th, the day before the 13th of May.", [("day", "12th"), ("date", "13th of May")]),
        ("The Museum of Modern Art is open.", [("name", "Museum of Modern Art")]),
        ("Berlin and Paris are far apart.", [("name", "Paris")]),
    ],
)  # fmt: skip
def test_claims_are_numbers_moments_names_quotations_and_what_is_written_one_way_only(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert said(text) == expected


def test_an_end_that_follows_from_what_is_said_is_no_claim_of_its_own_and_bears_one_out() -> None:
    assert said("From May 14 for two nights.") == [("date", "May 14"), ("number", "two")]
    evidence = Evidence({}, ["A room from May 14 for two nights, please."])
    leaving, later = claims("You leave on May 16.")[0], claims("You leave on May 17.")[0]
    assert evidence.supports(leaving, "You leave on May 16.") is not None
    assert evidence.supports(later, "You leave on May 17.") is None


def test_german_nouns_are_no_names_but_several_capitals_in_a_row_are() -> None:
    text = "Ich habe dir für den Abend einen Tisch im Restaurant Blaue Tür bestellt, mit Blick auf den Hafen."
    assert said(text) == [("name", "Restaurant Blaue Tür")]


@pytest.mark.parametrize(
    "response",
    [
        "The Harbour Café has a rating of 4.5 and 40 seats.",
        "Blue Door opens at 5:30 pm and has 12 seats.",
        "I booked Blue Door for 6 on May 14 at 7:30 pm, 342.81 in all.",
        "That is a share of 25 percent.",
        "I found 2 places for you.",
        "Ann Lee has to bring the Red Folder.",
        "Their mail is ann.lee@example.org.",
        "The total cost is 17.75.",
        "It is on Thursday, 14 May 2026.",
        "About 343 in all for Blue Door.",
        "The nearest is 10 m away, the others 57 m and 88 m.",
        "1. Harbour Café\n2) Blue Door\n- 3. Ann Lee",  # numbers of a list
        "There are 72 events, and these are the first.",
        "Two of them are step-free.",  # so many have that in common
        "In the Red Folder there are notes.",
    ],
)
def test_what_the_results_or_the_query_say_is_supported(response: str) -> None:
    assert unsupported(response) == []


@pytest.mark.parametrize(
    ("response", "wrong"),
    [
        ("The Harbour Inn has a rating of 4.5.", ["Harbour Inn"]),
        ("Blue Door is booked for May 15.", ["May 15"]),
        ("Blue Door is booked for 14 May 2025.", ["14 May 2025"]),
        ("Blue Door opens at 6:30 pm.", ["6:30 pm"]),
        ("It costs 348.21 in all.", ["348.21"]),
        ("It is on Friday.", ["Friday"]),
        ("Ask for Bob Lee.", ["Bob Lee"]),
        ("Write to ann.lee@example.com.", ["ann.lee@example.com"]),
        ('The note says "Bring the blue folder".', ["Bring the blue folder"]),
        ("There are 7 of them.", ["7"]),
        ("Blue Door has 12 seats and opens at 40 pm.", ["40"]),
        ("It rains in Paris.", ["Paris"]),
        ("The nearest is 58 m away.", ["58 m"]),
        ("It has 72 doors.", ["72"]),
        ("Blue Door opens at 16 am.", ["16"]),
    ],
)
def test_what_neither_says_is_not(response: str, wrong: list[str]) -> None:
    assert unsupported(response) == wrong


def test_a_small_number_is_not_supported_by_an_equal_one_of_something_else() -> None:
    assert unsupported("The museum has 12 floors.") == ["12"]
    assert unsupported("Blue Door has 12 seats.") == []


def test_a_step_is_told_by_what_no_other_result_has() -> None:
    evidence = Evidence(RESULTS, [QUERY])
    assert evidence.steps_told("I booked it for 342.81.") == {"s2"}
    assert evidence.steps_told("Blue Door it is.") == frozenset()
    assert evidence.steps_told("Harbour Café is one of them, and Lee is hers.") == {"s1", "s3"}


def test_a_huge_text_takes_time_in_proportion_to_its_length() -> None:
    for text in (
        "A" * 200_000,
        "Ann " * 50_000,
        "1," * 100_000,
        '"' * 100_000,
        "a-" * 100_000,
        "/x" * 100_000,
        "_1" * 99_999,
    ):
        claims(text)
        unsupported(text[:20_000])


def test_a_day_without_its_month_is_one_that_the_evidence_has() -> None:
    assert unsupported("Your table is booked on the 14th.") == []
    assert unsupported("Your table is booked on the 15th.") == ["15th"]
