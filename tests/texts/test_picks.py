"""Which of several found things a call is about, and whether a query says so."""

from typing import Any

import pytest

from tests.support.sessions import step, taken
from toolgrad_dspy.records import Chain, Origin, Step, Workflow
from toolgrad_dspy.texts import Pick, determined_by, picks

PLACES = [
    {
        "place_id": "pl_1",
        "name": "Harbour Café",
        "district": "Old Town",
        "price": 12,
        "rating": 4.1,
        "opens": "08:00",
    },
    {"place_id": "pl_2", "name": "Blue Door", "district": "Old Town", "price": 9, "rating": 4.6, "opens": "09:30"},
    {"place_id": "pl_3", "name": "The Mill", "district": "Hillside", "price": 15, "rating": 4.4, "opens": "10:00"},
]
FOUND = step("s1", "search_places", {}, {"places": PLACES})


def used(name: str, *paths: str) -> Step:
    arguments = {f"a{number}": "x" for number in range(len(paths))}
    origins = [taken(f"/a{number}", "s1", path) for number, path in enumerate(paths)]
    return step(name, "get_place", arguments, {}, *origins)


def found(*steps: Step) -> tuple[Pick, ...]:
    return picks(Workflow(chains=(Chain(id="c1", steps=steps),)))


def pick(index: int, items: list[Any] | None = None, key: str = "place_id") -> Pick:
    listed = step("s1", "search_places", {}, {"places": items or PLACES})
    path = f"/places/{index}/{key}" if key else f"/places/{index}"
    (only,) = found(listed, used("s2", path))
    return only


def test_an_element_of_a_list_of_several_is_a_pick() -> None:
    only = pick(1)
    assert (only.step, only.source, only.path, only.index, only.thing) == ("s2", "s1", "/places", 1, "place")
    assert only.labels == ("Harbour Café", "Blue Door", "The Mill")


def test_a_pick_is_called_as_its_parameter_is_where_that_says_more() -> None:
    names = (("from_place_id", "from place"), ("place_id", "place"), ("id", "place"), ("where", "place"))
    for parameter, called in names:
        user = step("s2", "go", {parameter: "pl_2"}, {}, taken(f"/{parameter}", "s1", "/places/1/place_id"))
        assert [pick.called for pick in found(FOUND, user)] == [called]


def test_a_list_of_one_leaves_nothing_to_pick() -> None:
    listed = step("s1", "search_places", {}, {"places": PLACES[:1]})
    assert found(listed, used("s2", "/places/0/place_id")) == ()


def test_a_value_that_all_elements_share_is_no_pick() -> None:
    alike = [{"id": name, "day": "2026-05-14"} for name in ("a", "b")]
    listed = step("s1", "search", {}, {"rows": alike})
    assert found(listed, used("s2", "/rows/1/day")) == ()


def test_a_value_that_two_elements_share_goes_with_the_one_that_another_argument_takes() -> None:
    (only,) = found(FOUND, used("s2", "/places/0/district", "/places/1/place_id"))
    assert only.index == 1


def test_an_element_that_is_used_again_is_picked_once_and_again_after_another() -> None:
    again = found(
        FOUND,
        used("s2", "/places/0/place_id"),
        used("s3", "/places/0/name"),
        used("s4", "/places/1/place_id"),
        used("s5", "/places/0/place_id"),
    )
    assert [(p.step, p.index) for p in again] == [("s2", 0), ("s4", 1), ("s5", 0)]


def test_taking_all_of_a_list_is_one_pick_that_says_so() -> None:
    (whole,) = found(FOUND, *(used(f"s{number + 2}", f"/places/{number}/place_id") for number in range(3)))
    assert whole.whole
    assert whole.phrase == "all of them"
    assert determined_by("Tell me about each of them.", whole) == "all"
    assert determined_by("Tell me about it.", whole) is None


def test_a_sum_of_a_list_picks_nothing_of_it() -> None:
    total = Origin(pointer="/a0", kind="result", step="s1", path="/places/0/price", match="derived", rule="sum")
    assert found(FOUND, step("s2", "pay", {"a0": 36}, {}, total)) == ()


def test_lists_in_lists_are_picks_of_their_own() -> None:
    days = [{"day": "2026-05-14", "slots": ["09:00", "10:00"]}, {"day": "2026-05-15", "slots": ["09:30", "11:00"]}]
    listed = step("s1", "find_slots", {}, {"days": days})
    assert [(p.path, p.index) for p in found(listed, used("s2", "/days/1/slots/0"))] == [
        ("/days", 1),
        ("/days/1/slots", 0),
    ]


@pytest.mark.parametrize(
    ("index", "query", "rule"),
    [
        (1, "Find a place and book the Blue Door for us.", "property"),
        (1, "Find a place and book it.", None),
        (1, "Book the cheapest one.", "extreme"),
        (0, "Book the cheapest one.", None),
        (2, "Book the most expensive place.", "extreme"),
        (1, "Book the best-rated place.", "extreme"),
        (0, "Take the first one you find.", "position"),
        (0, "First, find places and book one.", None),
        (1, "Take the second one.", "position"),
        (2, "Take the last one.", "position"),
        (2, "A place in Hillside, please.", "property"),
        (0, "A place in the Old Town, please.", None),
        (0, "The earliest one to open, please.", "extreme"),
    ],
)
def test_a_query_determines_a_pick_by_what_is_true_of_that_element_alone(
    index: int, query: str, rule: str | None
) -> None:
    assert determined_by(query, pick(index)) == rule


def test_two_properties_together_may_determine_what_neither_does_alone() -> None:
    rows = [
        {"id": "r1", "street": "Quay", "town": "Aldby"},
        {"id": "r2", "street": "Quay", "town": "Norr"},
        {"id": "r3", "street": "Market", "town": "Aldby"},
    ]
    chosen = pick(0, rows, "id")
    assert determined_by("The one at Quay in Aldby", chosen) == "property"
    assert determined_by("The one at Quay", chosen) is None


def test_a_number_tells_an_element_only_with_the_word_for_it() -> None:
    rooms = [{"id": "r1", "floor": 4}, {"id": "r2", "floor": 2}]
    assert determined_by("A room for 4 people", pick(0, rooms, "id")) is None
    assert determined_by("A room on floor 4", pick(0, rooms, "id")) == "property"


@pytest.mark.parametrize("index", range(3))
def test_the_phrase_that_is_suggested_determines_the_pick(index: int) -> None:
    chosen = pick(index)
    assert determined_by(f"Find places and book {chosen.phrase}.", chosen) is not None


@pytest.mark.parametrize(
    "items", [["Quay", "Mill", "Park"], [3, 9, 27], [{"a": {"name": "Ann"}}, {"a": {"name": "Bo"}}], [{}, {"x": 1}]]
)
def test_lists_of_anything_have_labels_and_a_phrase(items: list[Any]) -> None:
    listed = step("s1", "list", {}, {"things": items})
    for index in range(len(items)):
        for chosen in found(listed, used("s2", f"/things/{index}")):
            assert len(set(chosen.labels)) == len(items)
            assert chosen.phrase


def test_ids_are_not_said_to_tell_an_element() -> None:
    assert "pl_2" not in pick(1).phrase
    assert all("pl_" not in str(value) for _, value in pick(1).properties)


BOOKINGS = step(
    "s1", "list_bookings", {}, {"bookings": [{"booking_id": "bk_1", "place_id": "pl_9", "restaurant": "Da Nino"}]}
)


def go(name: str, place: str, source: str, path: str) -> Step:
    return step(name, "get_place", {"place_id": place}, {}, taken("/place_id", source, path))


def test_a_thing_is_said_again_after_another_one_that_was_taken_as_the_same() -> None:
    found_places = step("s2", "search_places", {}, {"places": PLACES})
    first, after = go("s3", "pl_9", "s1", "/bookings/0/place_id"), go("s5", "pl_9", "s1", "/bookings/0/place_id")
    other = go("s4", "pl_2", "s2", "/places/1/place_id")
    assert [(p.step, p.phrase) for p in found(BOOKINGS, found_places, first, other, after)][1:] == [
        ("s5", "the one with restaurant Da Nino")
    ]
    assert found(BOOKINGS, found_places, first, after) == ()  # "that place", both times
    (back,) = found(BOOKINGS, found_places, first, other, after)[1:]
    assert (back.thing, back.called, back.value) == ("booking", "booking", "pl_9")
    assert determined_by("Get me the place of the booking at Da Nino.", back) is not None
    assert determined_by("Get me that place.", back) is None


def test_what_was_found_last_is_that_thing() -> None:
    other = go("s3", "pl_2", "s2", "/places/1/place_id")
    found_places = step("s2", "search_places", {}, {"places": PLACES})
    later = step("s4", "get_event", {}, {"event_id": "ev_1", "title": "Fair", "place_id": "pl_7"})
    after = go("s5", "pl_7", "s4", "/place_id")
    assert [p.step for p in found(found_places, other, later, after)] == ["s3"]


def test_a_list_element_is_picked_again_for_what_another_thing_was_taken_as() -> None:
    found_places = step("s1", "search_places", {}, {"places": PLACES})
    events = step(
        "s2", "search_events", {}, {"events": [{"title": t, "place_id": p} for t, p in (("A", "x"), ("B", "y"))]}
    )
    steps = (go("s3", "pl_2", "s1", "/places/1/place_id"), go("s4", "y", "s2", "/events/1/place_id"))
    again = go("s5", "pl_2", "s1", "/places/1/place_id")
    assert [(p.step, p.index) for p in found(found_places, events, *steps, again)] == [
        ("s3", 1),
        ("s4", 1),
        ("s5", 1),
    ]


def test_two_tools_that_take_one_each_do_not_take_all_of_a_list() -> None:
    slots = step("s1", "find_slots", {}, {"slots": [{"start": "09:00"}, {"start": "11:30"}]})
    create = step("s2", "create", {"start": "09:00"}, {}, taken("/start", "s1", "/slots/0/start"))
    move = step("s3", "move", {"start": "11:30"}, {}, taken("/start", "s1", "/slots/1/start"))
    assert [(p.step, p.whole) for p in found(slots, create, move)] == [("s2", False), ("s3", False)]
