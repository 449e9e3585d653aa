"""What a response says of one thing of a list, and what is true of its neighbour only."""

import time
from typing import Any

import pytest

from tests.support.sessions import step, taken
from toolgrad_dspy.texts import claims
from toolgrad_dspy.texts.relations import Relations
from toolgrad_dspy.texts.sentences import sentences

RESULTS: dict[str, Any] = {
    "s1": {
        "places": [
            {
                "name": "Harbour Café",
                "district": "Old Town",
                "rating": 4.5,
                "opens": "09:00",
                "since": "2019-05-14",
                "address": "Quay Lane 7",
            },
            {"name": "Blue Door", "district": "Hillside", "rating": 3.9, "opens": "17:30", "since": "2021-03-02"},
            {"name": "The Mill", "district": "Old Town", "rating": 4.8, "opens": "10:00", "since": "2020-08-30"},
        ]
    },
    "s3": {"days": [{"place": "Harbour Café", "from": "10:00"}, {"place": "Blue Door", "from": "18:15"}]},
    "s5": {"title": "Dinner with Ada", "date": "2026-05-20", "notes": "Bring the tickets."},
    "s4": {"name": "Harbour Café", "address": "Quay Lane 7"},
    "s6": {"dishes": [{"name": "Spinach lasagne", "price": 26.5}, {"name": "Caprese salad", "price": 24.5}]},
    "s7": {"departures": [{"line": "Bus 5", "at": "06:11"}, {"line": "Bus 8", "at": "06:26"}]},
    "s8": {"parcels": [{"sender": "Wool Direct", "due": "2026-05-09"}, {"sender": "Bookbarn", "due": "2026-05-10"}]},
    "s9": {"name": "Hill Post Office", "opens": "08:10"},
    "s2": {"restaurant": "Blue Door", "booked": {"date": "2026-05-16", "time": "19:30"}},
}


STEPS = (
    step("s7", "list_departures", {"place": "pl_1"}, RESULTS["s7"], taken("/place", "s1", "/places/0/name")),
    step("s9", "get_place", {"id": "pl_9"}, RESULTS["s9"], taken("/id", "s8", "/parcels/1/place_id")),
)


def misplaced(response: str, query: str = "Which places are there?") -> list[tuple[str, str]]:
    relations = Relations(RESULTS, [query], STEPS)
    told = relations.told(response, claims(response))
    found = []
    for a, b in sentences(response):
        said = [claim for claim in told if a <= claim.start < b]
        found += [(claim.text, subject.text) for claim, subject in relations.misplaced(said)]
    return found


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("You could try Harbour Café, which opens at 17:30.", [("17:30", "Harbour Café")]),
        ("There is Blue Door, in Old Town.", [("Old Town", "Blue Door")]),
        ("I found The Mill, rated 3.9.", [("3.9", "The Mill")]),
        ("The oldest is Blue Door, open since May 14, 2019.", [("May 14, 2019", "Blue Door")]),
        ("For The Mill, the next day begins at 18:15.", [("18:15", "The Mill")]),
        # In the details of the café as well, which do not name The Mill.
        ("The Mill is at Quay Lane 7.", [("Quay Lane", "The Mill")]),
        ("We have Harbour Café, open at 09:00, and The Mill, open at 5:30 pm.", [("5:30 pm", "The Mill")]),
        ("For Dinner with Ada, the date is 16 May.", [("16 May", "Dinner with Ada")]),
        # It stands in the list of places, and no call with its details makes other results its own.
        ("The Mill is due on May 9.", [("May 9", "The Mill")]),
        # The departures are those from the café.
        ("From Blue Door the bus leaves at 06:26.", [("06:26", "Blue Door")]),
        ("They have spinach lasagne for 24.50.", [("24.50", "spinach lasagne")]),
        ('Dinner with Ada has the note "Bring the tickets." and is on 16 May.', [("16 May", "Dinner with Ada")]),
    ],
)
def test_what_holds_of_a_neighbour_or_of_other_results_is_misplaced(
    response: str, expected: list[tuple[str, str]]
) -> None:
    assert misplaced(response) == expected


@pytest.mark.parametrize(
    "response",
    [
        "You could try Harbour Café, which opens at 09:00, and Blue Door, which opens at 5:30 pm.",
        "The places are Harbour Café, Blue Door and The Mill.",
        "There is The Mill in the Old Town, rated 4.8.",
        "At 17:30 you could still go to Harbour Café.",  # what comes before the first name may be anything's
        "Blue Door is booked for May 16 at 19:30.",  # stands by itself
        "Dinner with Ada is on 20 May.",
        "From Harbour Café the bus leaves at 06:11 and 06:26.",
        "They have spinach lasagne (26.50) and caprese salad (24.50).",
        "At Hill Post Office lies the one from Wool Direct, due on May 9.",  # looked up for a parcel
        "Harbour Café is booked at 09:00 and Blue Door for May 16.",
        "Try Harbour Café. The other one opens at 17:30.",  # of another sentence
        "Harbour Café has 2 tables.",
        "At Harbour Café, the next day begins at 10:00.",
        "Somewhere Else opens at 17:30.",
        "",
    ],
)
def test_what_is_of_the_thing_itself_or_stands_elsewhere_is_not(response: str) -> None:
    assert misplaced(response) == []


def test_what_the_query_says_may_be_said_of_anything() -> None:
    assert misplaced("You could try Harbour Café at 17:30.", "Where can I eat at 17:30?") == []


def test_a_name_that_stands_everywhere_takes_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        relations = Relations({"s1": {"name": "A"}}, [])
        started = time.perf_counter()
        assert len(relations.told("A " * count, [])) == count
        return time.perf_counter() - started

    assert seconds(80_000) < 60 * max(seconds(5_000), 0.002)
