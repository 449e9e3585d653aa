"""What rehearsal writes: a query as one person would, and a response from the results alone."""

import asyncio
import json
import random
import re
from typing import Any

import pytest

from tests.support.toys import growing
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.rehearsal.demands import read_demand
from toolgrad_dspy.lm.rehearsal.picking import picked
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.lm.rehearsal.wishes import wish
from toolgrad_dspy.lm.rehearsal.wording import worded
from toolgrad_dspy.lm.rehearsal.writing import write
from toolgrad_dspy.provenance import states
from toolgrad_dspy.provenance.statements.mentions import contains
from toolgrad_dspy.records import Session
from toolgrad_dspy.world import WorldSource

FORECAST = "Get the weather forecast of a district for one or more days, at most two weeks ahead"
BOOK = "Book a table of a restaurant for a date and time"


def written(
    *asked: str,
    arguments: Any = None,
    result: Any = None,
    tool: str = "use_it",
    avoid: str = "(nothing)",
    problem: str = "",
    seed: int = 0,
) -> dict[str, str]:
    steps = [
        {"chain": "c1", "step": f"s{n}", "tool": tool, "arguments": arguments or {}, "result": result}
        for n in range(1, len(asked) + 1)
    ]
    inputs = {
        "workflow": "\n".join(json.dumps(step) for step in steps),
        "requests": "\n".join(asked),
        "avoid": avoid,
        "problem": problem,
    }
    prompt = Prompt(text="".join(asked), instructions="", outputs={}, inputs=inputs)
    return write(prompt, random.Random(seed))


def query(asked: str, **more: Any) -> str:
    return written(asked, **more)["query"]


# Values


@pytest.mark.parametrize(
    "value",
    [
        *("2026-05-14", "2026-12-01", "19:30", "00:00", "12:00", "09:05", "2026-05-14T19:30", "2026-05-14T19:30:00Z"),
        *(0, 1, 4, 12, 19, 20, 21, 1500, 2.5, 3.0, -3, 10**20, "tram_stop", "Bike repair", 'say "yes"', "北京"),
    ],
)
@pytest.mark.parametrize("year", [False, True])
def test_every_way_to_say_a_value_states_it(value: Any, year: bool) -> None:
    for way in worded(value, year=year):
        assert states(f"It is {way} for me.", value), way


def test_a_date_names_its_year_where_it_is_asked_to() -> None:
    assert all("2026" in way for way in worded("2026-05-14", year=True))
    assert not any("2026" in way for way in worded("2026-05-14", year=False))


def test_years_are_named_where_the_results_have_several() -> None:
    for seed in range(10):
        said = query('List the days (date "2026-05-14")', result={"a": "2025-01-01", "b": "2026-05-14"}, seed=seed)
        assert "2026" in said


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (f'{BOOK} (date "2026-05-14", time "19:00", party size 4)', ["for four people"]),
        ("List tables of a restaurant that are free for a party on a date (party size 2)", ["a party of two"]),
        (f'{FORECAST} (district "Old Town")', ["forecast of Old Town"]),
        (
            "Search restaurants by cuisine and price (limit 3, cuisine indian)",
            ["at most three Indian restaurants"],
        ),
        ("Search events by kind (kind film)", ["film events"]),
        ("List the departures from a stop, soonest first (mode tram)", ["by tram, soonest first"]),
        ('Create an entry in your calendar (title "Bike repair")', ['an entry called "Bike repair" in my calendar']),
        ("Find the days (max rain mm 2, min high c 10)", ["at most 2 mm of rain", "a high of at least 10 degrees"]),
        ('Convert money from one currency to another (from currency "EUR", to currency "USD")', ["from EUR to USD"]),
        ('Get the schema of a specific table (table name "orders")', ['the table "orders"']),
        ("List bookings (status confirmed)", ["that are confirmed"]),
        ('List files (kinds "a" and "b")', ['"a" and "b"']),
    ],
)
def test_values_stand_where_a_person_would_say_them(asked: str, words: list[str]) -> None:
    for seed in range(5):
        said = query(asked, seed=seed)
        assert all(part in said for part in words), said


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("outdoor_seating", True, "with outdoor seating"),
        ("outdoor_seating", False, "without outdoor seating"),
        ("is_open", True, "that are open"),
        ("include_history", False, "without history"),
    ],
)
def test_yes_and_no_are_said_in_the_parameters_own_words(name: str, given: bool, words: str) -> None:
    asked = f"Search restaurants ({name.replace('_', ' ')} {'yes' if given else 'no'})"
    assert words in query(asked, arguments={name: given})


@pytest.mark.parametrize(
    "text", ["Dinner on a day, at a place", "of a restaurant", "a table for a date", 'so "a" (b), (c)', "x" * 3_000]
)
@pytest.mark.parametrize("name", ["title", "text", "note", "word", "query"])
def test_no_rule_works_on_the_words_of_a_value(text: str, name: str) -> None:
    asked = f"Find the word of a place for a date ({name} {json.dumps(text)}, district Harbour)"
    for seed in range(3):
        assert text in query(asked, arguments={name: text, "district": "Harbour"}, seed=seed)


def test_after_a_complaint_a_value_is_said_in_its_most_usual_way() -> None:
    asked = f'{BOOK} (date "2026-05-14", time "19:30", party size 4)'
    for seed in range(5):
        said = query(asked, problem="the query has to say it", seed=seed)
        assert "14 May 2026 at 7:30 pm" in said
        assert "four" in said


# References


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            "Get the details of one place: address and phone, for the place found before",
            r"(that place|place you found)",
        ),
        (
            f"{BOOK}, for the table and the date and the time found before",
            "(that table|table you found) for that date and time",
        ),
        (
            'Get the details of one place, for the place found before (which place "the cheapest one")',
            "details of the cheapest place",
        ),
        (
            'Get the details of one place, for the place found before (which event "the one called Jazz Night")',
            "the place of the event called Jazz Night",
        ),
        (f'{FORECAST}, for the date found before (which day "the one with date 2026-05-18")', "on 18 May"),
        (
            "Plan a journey between two stops, for the from stop and the to stop found before",
            "from one of those stops to the other",
        ),
        (
            "Send a text message to a contact, for the contact and the reply to message found before",
            "in reply to that",
        ),
    ],
)
def test_what_was_found_before_is_spoken_of_again(asked: str, words: str) -> None:
    arguments = {"place_id": "p", "table_id": "t", "contact_id": "c"}
    for seed in range(5):
        assert re.search(words, query(asked, arguments=arguments, seed=seed))


def test_which_one_is_meant_is_said_by_what_it_is() -> None:
    assert picked("the first one", "stop") == "the first stop"
    assert picked("the one with sent at 2026-05-11T15:17", "message") == "the message sent on 11 May at 3:17 pm"
    assert picked("all of them", "stop") == "all of the stops"


# Descriptions


@pytest.mark.parametrize(
    ("described", "verb", "about"),
    [
        ("Searches your calendar entries by title and day", "search", "my calendar entries"),
        ("This tool returns a list of all orders", "get", "a list of all orders"),
        ("**Books** a `flight` between two airports", "book", "a flight between two airports"),
        ("Return a borrowed book", "return", "a borrowed book"),
        ("write_note", "write", "a note"),
        ("getWeather", "get", "the weather"),
        ("查询天气", "", "this: 查询天气"),
        ("", "", ""),
    ],
)
def test_a_description_is_read_as_a_wish(described: str, verb: str, about: str) -> None:
    found = wish(described)
    assert (found.verb, found.about) == (verb, about)


@pytest.mark.parametrize(
    "described",
    [
        *(
            "",
            "???",
            "查询一个城市的天气预报",
            "Liefert das Wetter",
            "x" * 300,
            "a " * 150,
            "use_it",
            "Tool to use_it",
        ),
        *("# A *tool* | `x` [y](https://z.example)", "with a on the of"),
    ],
)
def test_a_query_is_written_for_any_description(described: str) -> None:
    for seed in range(3):
        texts = written(f'{described} (city "Oslo")', arguments={"city": "Oslo"}, seed=seed)
        assert "Oslo" in texts["query"]
        assert "use_it" not in texts["query"]
        assert texts["response"]


def test_a_query_is_the_same_for_the_same_prompt_and_varies_over_prompts() -> None:
    asked = f'{BOOK} (date "2026-05-14", time "19:30", party size 4)'
    assert query(asked) == query(asked)
    assert len({query(asked, seed=seed) for seed in range(20)}) > 10


def test_each_request_has_a_sentence_of_its_own_after_an_opening_that_asks_for_nothing() -> None:
    said = query("List your messages")
    opening, *requests = re.split(r"(?<=[.?]) ", said)
    assert not re.search(r"\?|please|need|want|could you", opening, re.IGNORECASE)
    assert len(requests) == 1
    assert "my messages" in requests[0]


def test_internal_values_are_in_neither_text() -> None:
    for seed in range(10):
        texts = written(
            'List the days (date "2026-05-05", party size 5)',
            result={"number": 5, "id": "bk-12", "name": "5"},
            avoid="5\nbk-12",
            seed=seed,
        )
        assert not contains(texts["response"], "5")
        assert not contains(texts["response"], "bk-12")
        assert states(texts["query"], "2026-05-05")


def test_a_request_is_read_with_its_choices_and_lists() -> None:
    demand = read_demand(
        'Search the stops (I) (sort by price, kinds "a, b" and "c (d)", free yes)',
        {"sort_by": "price", "kinds": ["a, b", "c (d)"], "free": True},
    )
    assert demand.does == "Search the stops (I)"
    assert [(detail.name, detail.values, detail.choice) for detail in demand.details] == [
        ("sort by", ("price",), True),
        ("kinds", ("a, b", "c (d)"), False),
        ("free", (True,), True),
    ]


# The response


RESULTS: list[Any] = [
    {"place_id": "plc-1", "name": "Quay", "rating": 4.5, "open_from": "09:00", "kind": "tram_stop"},
    {"places": [{"id": "plc-1", "name": "Quay"}, {"id": "plc-2", "name": "Mill"}, {"id": "plc-3", "name": "Arch"}]},
    {"sent_at": "2026-05-14T09:00", "total": 342.81, "notes": "One. Two three four five six seven eight nine"},
    [1.5, "two words", None, True],
    "plain text\nof two lines",
    7,
]


@pytest.mark.parametrize("result", RESULTS)
def test_a_response_says_nothing_that_is_not_in_the_result(result: Any) -> None:
    said = written("Get the details of one place", result=result)["response"]
    known = json.dumps(result).replace("_", " ").replace("\\n", " ")
    for number in re.findall(r"\d+(?:\.\d+)?", said.replace("9 am", "").replace("14 May", "")):
        assert number in known
    for quoted in re.findall(r'"([^"]*)"', said):
        assert quoted in known
    assert "plc-" not in said


@pytest.mark.parametrize("result", [None, "", [], {}, {"places": []}, {"district": "Harbour", "places": []}])
def test_an_empty_result_is_said_to_be_empty(result: Any) -> None:
    assert "There was nothing to be found for places" in written("Search places by name", result=result)["response"]


def test_keys_are_said_in_words() -> None:
    said = written("Get the details of one place", result=RESULTS[0])["response"]
    assert "For Quay, the rating is 4.5 and it is open from 9 am." in said


def test_what_a_result_has_that_none_before_had_is_told_first() -> None:
    steps = [{"name": "Quay", "state": "open", "seats": 12, "area": "hall"}]
    steps.append({**steps[0], "state": "cancelled"})
    lines = [json.dumps({"step": "s", "tool": "t", "arguments": {}, "result": result}) for result in steps]
    inputs = {"workflow": "\n".join(lines), "requests": "Get a table\nGet a table", "avoid": "", "problem": ""}
    response = write(Prompt(text="", instructions="", outputs={}, inputs=inputs), random.Random(0))["response"]
    assert "the state is cancelled" in response


@pytest.mark.parametrize("garbage", ["", "\x00", "{", '{"tool": "t"}', "(((" * 1000, '"' * 3001, "a (b" * 500])
def test_no_request_is_too_odd_to_be_written_about(garbage: str) -> None:
    step = json.dumps({"step": "s1", "tool": "t", "arguments": {"a": [{"b": {}}]}, "result": {"": {"": [None]}}})
    inputs = {"workflow": step, "requests": garbage, "avoid": garbage, "problem": ""}
    texts = write(Prompt(text="", instructions="", outputs={}, inputs=inputs), random.Random(0))
    assert texts["query"]
    assert texts["response"]


def test_samples_of_the_town_pass_at_once() -> None:
    models = Models.from_environment()

    async def main() -> list[Session]:
        return [await growing([WorldSource()], models, index) for index in range(4)]

    sessions = asyncio.run(main())
    assert [session.reason for session in sessions if session.status != "accepted"] == []
    assert models.meter.roles()["updater"].calls == len(sessions)
