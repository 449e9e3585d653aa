"""Rehearsal as the reader of a query: honest about what it finds, in its own texts and in other people's."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.lm.test_lm_rehearsal_writing import query
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import ADAPTER
from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.rehearsal.extracting import extract
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.lm.rehearsal.requesting import clauses
from toolgrad_dspy.provenance import states
from toolgrad_dspy.signatures import MISSING, NO_CALL, Extract

Row = dict[str, Any]
# Texts that people could write, with what a person reads in them. The rules were made with the first half in view.
BY_HAND = [json.loads(row) for row in (Path(__file__).parent / "texts_read_by_hand.jsonl").read_text().splitlines()]
BOOK = "Book a table of a restaurant for a date and time"
CALL = {"call": "s1", "tool": "book_table", "does": BOOK}
FOREIGN = "Could you also tell me who painted the Mona Lisa?"


def read(text: str, calls: list[Row], blanks: list[Row]) -> Row:
    inputs = {
        "calls": "\n".join(json.dumps(call) for call in calls),
        "blanks": "\n".join(json.dumps(blank) for blank in blanks) or "(none)",
        "query": json.dumps(text),
    }
    return extract(Prompt(text="", instructions="", outputs={}, inputs=inputs), random.Random(0))


def blank(parameter: str, number: int = 1, call: str = "s1", **more: Any) -> Row:
    return {"blank": number, "call": call, "parameter": parameter, **more}


OWN: list[tuple[str, str, Any, Row]] = [
    (BOOK, "date", "2026-05-14", {}),
    (BOOK, "time", "19:30", {}),
    (BOOK, "party_size", 4, {}),
    ("Create an entry in your calendar", "title", "Bike repair", {}),
    ("Send a text message to a contact", "text", "See you at seven.", {}),
    ("Add a person to your address book", "email", "ann@example.org", {}),
    ("Add a person to your address book", "phone", "+44 1632 960733", {}),
    ("Add a person to your address book", "street", "Castle Street 3", {}),
    ("Get the weather forecast of a district", "district", "Old Town", {}),
    ("Search restaurants by price", "limit", 3, {}),
    ("Search restaurants by price", "max_price", 25.5, {}),
    ("Read the contents of a file", "path", "/workspace/a.md", {}),
    ("Get an order by its number", "order_id", 1042, {}),
]


@pytest.mark.parametrize(("does", "name", "value", "more"), OWN)
def test_what_it_wrote_it_reads_and_what_was_taken_out_it_misses(does: str, name: str, value: Any, more: Row) -> None:
    call = {"call": "s1", "tool": "use_it", "does": does}
    for seed in range(5):
        text = query(f"{does} ({name.replace('_', ' ')} {json.dumps(value)})", arguments={name: value}, seed=seed)
        (found,) = read(text, [call], [blank(name, **more)])["extracted"]
        assert found["words"] in text
        assert states(found["value"], value), text
        without = text.replace(found["words"], "")
        assert read(without, [call], [blank(name, **more)])["extracted"][0]["value"] == MISSING, without


@pytest.mark.parametrize(
    ("text", "name", "options", "said"),
    [
        ("Could you find film events?", "kind", ["concert", "film"], "film"),
        ("Could you find events?", "kind", ["concert", "film"], MISSING),
        ("Please find tables with outdoor seating.", "outdoor_seating", ["true", "false"], "true"),
        ("Please find tables without outdoor seating.", "outdoor_seating", ["true", "false"], "false"),
        ("Please find tables.", "outdoor_seating", ["true", "false"], MISSING),
        ("Please convert it from EUR to USD.", "from_currency", ["USD", "EUR"], "EUR"),
        ("Please convert it from EUR to USD.", "to_currency", ["EUR", "USD"], "USD"),
        ("Please convert it to dollars.", "from_currency", ["EUR", "USD"], MISSING),
        ("Please translate it into German.", "language", ["de", "fr"], "de"),
        ("Please find the first stop.", "which stop", ["Quay", "Mill"], "Quay"),
    ],
)
def test_an_option_is_read_in_its_own_or_in_other_words(text: str, name: str, options: list[str], said: str) -> None:
    does = "Find events, tables and stops; convert and translate"
    calls = [{"call": "s1", "tool": "find", "does": does}]
    assert read(text, calls, [blank(name, options=options)])["extracted"][0]["value"] == said


def test_two_blanks_of_a_call_do_not_share_a_value() -> None:
    calls = [{"call": "s1", "tool": "create_entry", "does": "Create an entry in your calendar"}]
    text = 'Please create an entry called "Dinner" in my calendar.'
    found = read(text, calls, [blank("title"), blank("note", 2)])["extracted"]
    assert [value["value"] for value in found] == ["Dinner", MISSING]


def test_a_foreign_request_is_served_by_no_call() -> None:
    calls = [CALL, {"call": "s2", "tool": "list_messages", "does": "List your messages, newest first"}]
    text = f"I'm planning an outing. Please book that table. Then please list my messages. {FOREIGN}"
    requests = read(text, calls, [])["requests"]
    assert [request["call"] for request in requests] == ["s1", "s2", NO_CALL]
    assert requests[-1]["request"] == FOREIGN
    assert all(request["request"] in text for request in requests)


def test_a_call_serves_one_request_and_what_goes_on_in_its_sentence() -> None:
    does = "Return a borrowed book, and learn the fine if it is overdue"
    calls = [{"call": "s1", "tool": "return_loan", "does": does}]
    text = "Please return that borrowed book, and learn the fine if it is overdue. And return my car."
    assert [request["call"] for request in read(text, calls, [])["requests"]] == ["s1", "s1", NO_CALL]


def test_what_stands_in_quotation_marks_is_no_request() -> None:
    found = clauses('Please send "Could you call me? Please do." to Ann. And you?')
    assert [clause.text for clause in found] == ['Please send "Could you call me? Please do." to Ann.', "And you?"]


@pytest.mark.parametrize("half", ["first", "second"])
def test_of_texts_that_people_wrote_it_reads_most_and_makes_nothing_up(half: str) -> None:
    """Of the second half, which the rules were not made with, it misses a quarter: it is no language model."""
    right = wrong = invented = values = foreign = found = 0
    for row in (row for row in BY_HAND if row["half"] == half):
        blanks = [{key: value for key, value in blank.items() if key != "said"} for blank in row["blanks"]]
        answer = read(row["query"], row["calls"], blanks)
        for expected, said in zip(row["blanks"], answer["extracted"], strict=True):
            values += 1
            value = said["value"]
            if expected["said"] is None:
                invented += value != MISSING
                right += value == MISSING
            elif value != MISSING:
                is_it = value == expected["said"] if "options" in expected else _is(value, expected["said"])
                right, wrong = right + is_it, wrong + (not is_it)
        wanted = row["requests"].count(NO_CALL)
        foreign += wanted
        found += min(wanted, sum(request["call"] == NO_CALL for request in answer["requests"]))
    assert (invented, found) == (0, foreign)
    assert wrong <= 0.05 * values
    assert right >= {"first": 0.85, "second": 0.7}[half] * values


def _is(said: str, value: Any) -> bool:
    return states(said, value) or said.lower() == str(value).lower() or (said, value) == ("half past seven", "19:30")


async def _asked(**inputs: str) -> Any:
    with dspy.context(adapter=ADAPTER):
        return await ask(dspy.Predict(Extract), Models.from_environment(), "judge", **inputs)


def test_it_answers_the_signature_of_the_reader() -> None:
    answer = asyncio.run(
        _asked(
            calls=json.dumps(CALL),
            blanks=json.dumps(blank("party_size")),
            query=json.dumps("Please book a table for four people."),
        )
    )
    assert [(value.blank, value.words, value.value) for value in answer.extracted] == [(1, "four", "four")]
    assert [request.call for request in answer.requests] == ["s1"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "\ud800", "?" * 20_000, "when " * 5_000, "with a, " * 5_000, '"' * 20_001, "please and " * 4_000),
        *("Ist das ein Tisch? " * 300, "أريد طاولة", "🍕 please", "a. " * 10_000, "and then book " * 2_000),
    ],
)
def test_no_text_is_too_odd_or_too_long_to_read(text: str) -> None:
    names = ("date", "time", "party_size", "name", "path", "", "is")
    blanks = [blank(name, number) for number, name in enumerate(names)]
    blanks += [blank("kind", 90, options=["a", "", None, 3, True]), {}, {"blank": 91, "options": []}]
    answer = read(text, [CALL, {}], blanks)
    assert len(answer["extracted"]) == len(blanks)
    assert all(value["words"] in text for value in answer["extracted"])
