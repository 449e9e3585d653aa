"""Alignment, call by call: which differences between a query and its calls are the order's, and which are faults."""

import itertools
import random
from typing import Any

import pytest

from tests.support.judged import TOOLS, tool
from tests.support.sessions import step, taken
from toolgrad_dspy.judging.criteria import alignment, specificity
from toolgrad_dspy.judging.pairing import LARGEST, cheapest
from toolgrad_dspy.judging.slots import Slot, slots_of
from toolgrad_dspy.judging.voting import Vote
from toolgrad_dspy.records import Origin, Step
from toolgrad_dspy.signatures import MISSING, ExtractedValue

WORD = {"type": "string"}
BOOK = tool("book", "place", place=WORD, party={"type": "integer"}, at=WORD)
FIND = tool("find", "called", called=WORD)
VISIT = tool("visit", "place_id", place_id=WORD, day=WORD)
KNOWN = {known.name: known for known in (*TOOLS, BOOK, FIND, VISIT)}


def users(arguments: dict[str, Any]) -> tuple[Origin, ...]:
    return tuple(Origin(pointer=f"/{name}", kind="user") for name in arguments)


def booked(name: str, **arguments: Any) -> Step:
    return step(name, "book", arguments, {"ok": True}, *users(arguments))


def read_as(steps: tuple[Step, ...], *said: dict[str, str]) -> tuple[tuple[Slot, ...], list[ExtractedValue]]:
    """The slots of ``steps``, and an answer that says for each call what ``said`` has at its place."""
    slots = slots_of(steps, KNOWN)
    by_step = dict(zip((step.id for step in steps), said, strict=True))
    values = [
        ExtractedValue(blank=slot.number, reason="so", value=by_step[slot.step].get(slot.parameter, MISSING))
        for slot in slots
    ]
    return slots, values


def judged(steps: tuple[Step, ...], *said: dict[str, str]) -> Vote:
    return alignment(*read_as(steps, *said), steps)


ROSSI = {"place": "Rossi", "party": "4", "at": "19:00"}
LUMEN = {"place": "Lumen", "party": "2", "at": "20:30"}
BOTH = (
    booked("s1", place="Rossi", party=4, at="19:00"),
    booked("s2", place="Lumen", party=2, at="20:30"),
)


def test_calls_of_one_tool_may_be_read_in_either_order() -> None:
    assert judged(BOTH, ROSSI, LUMEN).holds
    assert judged(BOTH, LUMEN, ROSSI).holds


@pytest.mark.parametrize("parameter", ["place", "party", "at"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_argument_that_is_swapped_between_two_calls_fails(parameter: str, order: tuple[int, int]) -> None:
    swapped = [{**ROSSI, parameter: LUMEN[parameter]}, {**LUMEN, parameter: ROSSI[parameter]}]
    vote = judged(BOTH, *(swapped[place] for place in order))
    assert vote.holds is False
    assert vote.score == pytest.approx(4 / 6)
    assert vote.steps == ("s1", "s2")
    assert vote.reason.count(parameter) == 2


def test_of_three_calls_the_two_that_are_mixed_up_are_named() -> None:
    third = {"place": "Noma", "party": "9", "at": "12:00"}
    steps = (*BOTH, booked("s3", place="Noma", party=9, at="12:00"))
    assert judged(steps, third, ROSSI, LUMEN).holds
    vote = judged(steps, third, {**ROSSI, "at": "20:30"}, {**LUMEN, "at": "19:00"})
    assert (vote.holds, vote.steps) == (False, ("s1", "s2"))


def test_a_value_that_the_query_gives_for_one_call_is_none_for_the_other() -> None:
    vote = judged(BOTH, ROSSI, {**LUMEN, "party": MISSING})
    assert (vote.holds, vote.steps) == (False, ("s2",))
    assert "gives none" in vote.reason


def test_a_call_that_sets_less_may_change_places_too() -> None:
    steps = (booked("s1", place="Rossi", party=4), booked("s2", place="Lumen"))
    assert judged(steps, {"place": "Rossi", "party": "4"}, {"place": "Lumen"}).holds
    assert judged(steps, {"place": "Lumen", "party": "4"}, {"place": "Rossi"}).holds is False


@pytest.mark.parametrize(
    ("value", "said", "holds"),
    [
        (4, "four people", True),
        (4, "4 or 5", False),
        ("2026-05-14", "14 May", True),
        ("2026-05-14", "14 or 15 May", False),
        ("Rossi", "Rossi", True),
        ("Rossi", "Rossi or Lumen", False),
        ("I will be ten minutes late, sorry", "that I will be ten minutes late, sorry", True),
    ],
)
def test_what_was_read_has_to_be_the_value_and_no_other_beside_it(value: Any, said: str, holds: bool) -> None:
    steps = (step("s1", "book", {"place": value}, {}, Origin(pointer="/place", kind="user")),)
    assert judged(steps, {"place": said}).holds is holds


# What depends on a call moves with it.


def found(name: str, place: str) -> Step:
    return step(name, "find", {"called": place}, {"id": f"pl_{place}"}, Origin(pointer="/called", kind="user"))


def visited(name: str, source: str, day: str) -> Step:
    arguments = {"place_id": "pl_x", "day": day}
    return step(name, "visit", arguments, {}, taken("/place_id", source), Origin(pointer="/day", kind="user"))


PAIRS = (
    found("s1", "Rossi"),
    found("s2", "Lumen"),
    visited("s3", "s1", "2026-05-14"),
    visited("s4", "s2", "2026-05-15"),
)


def test_chains_change_places_as_wholes() -> None:
    rossi, lumen, first, second = {"called": "Rossi"}, {"called": "Lumen"}, {"day": "May 14"}, {"day": "May 15"}
    assert judged(PAIRS, rossi, lumen, first, second).holds
    assert judged(PAIRS, lumen, rossi, second, first).holds
    vote = judged(PAIRS, rossi, lumen, second, first)
    assert (vote.holds, vote.steps) == (False, ("s3", "s4"))


def test_calls_that_take_the_same_result_may_change_places() -> None:
    steps = (found("s1", "Rossi"), visited("s2", "s1", "2026-05-14"), visited("s3", "s1", "2026-05-15"))
    assert judged(steps, {"called": "Rossi"}, {"day": "May 15"}, {"day": "May 14"}).holds


def test_a_blank_tells_which_calls_its_own_one_takes_results_of() -> None:
    shown = [slot.shown() for slot in slots_of(PAIRS, KNOWN)]
    assert [blank.get("uses") for blank in shown] == [None, None, "s1 find", "s2 find"]


# The assignment


def test_the_assignment_is_the_cheapest_and_keeps_as_many_rows_in_place_as_it_can() -> None:
    rng = random.Random(7)
    for _ in range(400):
        size = rng.randint(1, 5)
        table = [[rng.randint(0, 3) for _ in range(size)] for _ in range(size)]

        def price(columns: tuple[int, ...], table: list[list[int]] = table) -> tuple[int, int]:
            return (
                sum(table[row][column] for row, column in enumerate(columns)),
                sum(row != column for row, column in enumerate(columns)),
            )

        chosen = tuple(cheapest(table))
        assert sorted(chosen) == list(range(size))
        assert price(chosen) == min(map(price, itertools.permutations(range(size))))


def many(count: int, turned: int = 0) -> Vote:
    """That many bookings, each read at the place of the one that is ``turned`` places further."""
    steps = tuple(booked(f"s{n}", place=f"Place {n}", party=n) for n in range(1, count + 1))
    said = [{"place": f"Place {n}", "party": str(n)} for n in range(1, count + 1)]
    return judged(steps, *said[turned:], *said[:turned])


def test_as_many_calls_as_may_change_places_do_and_beyond_that_each_keeps_its_own() -> None:
    assert many(LARGEST, turned=1).holds
    assert many(LARGEST + 1).holds
    assert many(LARGEST + 1, turned=1).holds is False


def test_hundreds_of_calls_are_each_compared_with_their_own_reading_only() -> None:
    assert many(300).holds
    assert many(300, turned=1).score == 0


# Choices

CHOICES = tool(
    "look",
    "kind",
    kind={"enum": ["tram", "tram_stop", "bus_stop"]},
    open_late={"type": "boolean"},
    covered={"type": "boolean", "default": True},
    tags={"type": "array", "items": {"enum": ["vegan", "gluten_free", "halal"]}},
    level={"anyOf": [{"enum": [1, 2, 3]}, {"type": "null"}]},
)
KNOWN["look"] = CHOICES


def looked(**arguments: Any) -> tuple[Step, ...]:
    """A call whose choices came from the schema, as origins are traced."""
    origins = []
    for name, value in arguments.items():
        for place, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
            pointer = f"/{name}" if place is None else f"/{name}/{place}"
            match = "boolean" if isinstance(one, bool) else "enum"
            origins.append(Origin(pointer=pointer, kind="schema", match=match))
    return (step("s1", "look", arguments, {}, *origins),)


def test_a_choice_is_a_blank_with_its_options() -> None:
    shown = slots_of(looked(kind="tram", open_late=True, level=2), KNOWN)
    assert [slot.shown().get("options") for slot in shown] == [
        ["tram", "tram_stop", "bus_stop"],
        [True, False],
        [1, 2, 3],
    ]


@pytest.mark.parametrize(
    ("arguments", "blanks"),
    [
        ({"open_late": True}, ["open_late", "kind"]),
        ({"open_late": False}, ["kind"]),
        ({"covered": False}, ["covered", "kind"]),
    ],
    ids=["set", "optional and false", "against its default"],
)
def test_what_says_no_more_than_leaving_it_out_is_no_blank(arguments: dict[str, Any], blanks: list[str]) -> None:
    """``kind`` is required, and the call does not give it."""
    assert [slot.parameter for slot in slots_of(looked(**arguments), KNOWN)] == blanks


def test_the_default_of_the_schema_is_no_blank() -> None:
    (call,) = looked(covered=True)
    default = call.model_copy(update={"origins": (Origin(pointer="/covered", kind="schema", match="default"),)})
    assert [slot.parameter for slot in slots_of((default,), KNOWN)] == ["kind"]


@pytest.mark.parametrize(
    ("arguments", "said", "holds"),
    [
        ({"kind": "tram_stop"}, {"kind": "tram_stop"}, True),
        ({"kind": "tram_stop"}, {"kind": "Tram stops"}, True),
        ({"kind": "tram_stop"}, {"kind": "the nearest tram stop"}, True),
        ({"kind": "tram"}, {"kind": "tram stop"}, False),
        ({"kind": "tram_stop"}, {"kind": "tram stop or bus stop"}, False),
        ({"kind": "tram_stop"}, {"kind": "anything but a tram stop"}, False),
        ({"kind": "tram_stop"}, {"kind": MISSING}, False),
        ({"kind": "tram", "open_late": True}, {"kind": "tram", "open_late": "true"}, True),
        ({"kind": "tram", "open_late": True}, {"kind": "tram", "open_late": "open late"}, True),
        ({"kind": "tram", "open_late": True}, {"kind": "tram", "open_late": "not open late"}, False),
        ({"kind": "tram", "open_late": True}, {"kind": "tram"}, False),
        ({"kind": "tram", "covered": False}, {"kind": "tram", "covered": "no"}, True),
        ({"kind": "tram", "level": 2}, {"kind": "tram", "level": "the second, 2"}, True),
        ({"kind": "tram", "level": 2}, {"kind": "tram", "level": "3"}, False),
        ({"kind": "tram", "tags": ["vegan", "halal"]}, {"kind": "tram", "tags": "vegan and halal"}, True),
        ({"kind": "tram", "tags": ["vegan", "halal"]}, {"kind": "tram", "tags": "vegan"}, False),
        ({"kind": "tram", "tags": ["vegan"]}, {"kind": "tram", "tags": "vegan, gluten free"}, False),
    ],
)
def test_a_choice_holds_if_the_query_asks_for_it_and_for_no_other(
    arguments: dict[str, Any], said: dict[str, str], holds: bool
) -> None:
    assert judged(looked(**arguments), said).holds is holds


def test_a_required_choice_that_is_not_conveyed_is_not_specific_either() -> None:
    assert specificity(*read_as(looked(kind="tram"), {"kind": MISSING})).holds is False


def test_a_list_of_very_many_options_is_left_to_the_tools_schema() -> None:
    many = [f"option_{n}" for n in range(300)]
    KNOWN["pick"] = tool("pick", one={"enum": many})
    call = step("s1", "pick", {"one": "option_7"}, {}, Origin(pointer="/one", kind="schema", match="enum"))
    (slot,) = slots_of((call,), KNOWN)
    assert "options" not in slot.shown()
    assert judged((call,), {"one": "option 7"}).holds
    assert judged((call,), {"one": "option 77"}).holds is False


@pytest.mark.parametrize("said", ["", "x" * 200_000, "\ud800 \u202e", "tram " * 40_000, "#missing?", "[1, null, {}"])
def test_no_answer_is_too_odd_to_compare(said: str) -> None:
    assert judged(looked(kind="tram_stop", open_late=True), {"kind": said, "open_late": said}).holds is False
