"""What a model decides of the texts where the rules leave something open, and what it cannot decide."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import JsonValue

from tests.support.scripted_model import ScriptedModels
from tests.support.sessions import step, taken
from toolgrad_dspy.lm import Models, ModelSettings
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.program.reader import Reader, Reading, Texts
from toolgrad_dspy.records import Chain, Origin, Step, Tool, Workflow
from toolgrad_dspy.texts import examine

PLACES = [{"place_id": "pl_1", "name": "Quay"}, {"place_id": "pl_2", "name": "Mill"}]
CAFE = Origin(pointer="/kind", kind="schema", match="enum")
SEARCH = step("s1", "search_places", {"kind": "cafe"}, {"places": PLACES}, CAFE)
BOOK = step(
    "s2",
    "book_table",
    {"place_id": "pl_2", "note": "a window seat"},
    {"table": "Green corner", "fee": 17.5},
    taken("/place_id", "s1", "/places/1/place_id"),
    Origin(pointer="/note", kind="user"),
)
PARAMETERS: list[tuple[str, str, dict[str, JsonValue]]] = [
    ("search_places", "Search places.", {"properties": {"kind": {"enum": ["cafe", "museum"]}}}),
    ("book_table", "Book a table.", {"properties": {"note": {"type": "string", "description": "A wish."}}}),
]
TOOLS = {
    name: Tool(name=name, source_name=name, description=text, parameters=parameters, source="s", category="c")
    for name, text, parameters in PARAMETERS
}
QUERY = "Find me somewhere for coffee and book us a table at the one by the old wheel, close to the view."
RESPONSE = "I booked the Green corner; the fee is 17.5."


def read(
    answer: Callable[[Prompt], Any] | Any, query: str = QUERY, response: str = RESPONSE, *steps: Step
) -> Reading:
    models = ScriptedModels(judge=answer if callable(answer) else lambda prompt: answer)
    workflow = Workflow(chains=(Chain(id="c1", steps=steps or (SEARCH, BOOK)),))
    found = examine(query, response, workflow, TOOLS)
    assert not found.broken
    texts = Texts(query, response, workflow, TOOLS, 2400)
    reading: Reading = asyncio.run(Reader(models).acall(texts=texts, examination=found))
    return reading


def said(**values: tuple[str, str]) -> Callable[[Prompt], dict[str, Any]]:
    """A reader that reads these words and values for the parameters, and finds every call asked for."""

    def answer(prompt: Prompt) -> dict[str, Any]:
        extracted = []
        for blank in objects(prompt.inputs["blanks"]):
            words, value = values.get(str(blank["parameter"]).replace(" ", "_"), ("", "#missing"))
            extracted.append({"blank": blank["blank"], "words": words, "value": value})
        calls = [call["call"] for call in objects(prompt.inputs["calls"])]
        return {"extracted": extracted, "requests": [{"request": "x", "call": call} for call in calls]}

    return answer


GOOD = {
    "kind": ("somewhere for coffee", "cafe"),
    "which_place": ("the one by the old wheel", "Mill"),
    "note": ("close to the view", "A window seat"),
}


def test_what_the_reader_finds_in_the_query_counts_as_said() -> None:
    reading = read(said(**GOOD))
    assert reading.broken == ()
    assert {(check.about, check.by, check.holds) for check in reading.checks} >= {
        ("choice", "model", True),
        ("pick", "model", True),
        ("value", "model", True),
    }
    assert any("close to the view" in check.rule for check in reading.checks)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": ("somewhere for coffee", "museum")}, "choice_not_conveyed"),
        ({"kind": ("", "#missing (not said)")}, "choice_not_conveyed"),
        ({"which_place": ("the one by the old wheel", "Quay")}, "pick_not_determined"),
        ({"note": ("close to the view", "no smoking")}, "value_not_stated"),
        ({"note": ("", "")}, "value_not_stated"),
    ],
)
def test_what_it_reads_otherwise_does_not_hold(changed: dict[str, tuple[str, str]], code: str) -> None:
    assert [violation.code for violation in read(said(**{**GOOD, **changed})).broken] == [code]


def test_a_value_that_is_read_from_words_that_are_not_there_does_not_count() -> None:
    copied = {name: ("as it was given", value) for name, (_, value) in GOOD.items()}
    assert len(read(said(**copied)).broken) == 3
    unfounded = {name: ("", value) for name, (_, value) in GOOD.items()}
    assert len(read(said(**unfounded)).broken) == 3


@pytest.mark.parametrize(
    ("read_as", "broken"),
    [
        (("a museum", "museum"), ["choice_not_given"]),
        (("", "#missing"), []),
        (("a museum", "cafe"), []),  # it is not what the rules took it for
        (("somewhere", "museum"), ["choice_not_given"]),  # words that the query does not have decide nothing
    ],
)
def test_a_choice_that_no_call_has_holds_where_the_reader_does_not_find_it(
    read_as: tuple[str, str], broken: list[str]
) -> None:
    everything = step("s1", "search_places", {}, {"places": PLACES})
    reading = read(said(kind=read_as), "Please find a museum.", "I found Quay and Mill.", everything)
    assert [violation.code for violation in reading.broken] == broken


@pytest.mark.parametrize(
    "answer",
    [
        "I would rather talk about the weather.",
        {"extracted": "no", "requests": "none"},
        {"extracted": [{"blank": "x"}], "requests": [1, 2]},
        ValueError,
    ],
)
def test_a_reading_that_cannot_be_used_accepts_nothing_for_one_reason(answer: Any) -> None:
    def answered(prompt: Prompt) -> Any:
        return "" if answer is ValueError else answer

    reading = read(answered)
    assert [violation.code for violation in reading.broken] == ["unread"]
    assert reading.broken[0].text.startswith("reader: ")
    assert reading.checks
    assert not any(check.holds for check in reading.checks)
    assert {check.by for check in reading.checks} == {"nobody"}


def test_a_reading_that_leaves_blanks_out_holds_none_of_them() -> None:
    reading = read({"extracted": [], "requests": [{"request": "x", "call": "s2"}]})
    assert {violation.code for violation in reading.broken} == {
        "choice_not_conveyed",
        "pick_not_determined",
        "value_not_stated",
    }


def test_a_request_that_no_call_serves_is_found() -> None:
    query = f"{QUERY} Who won the match yesterday?"

    def answer(prompt: Prompt) -> dict[str, Any]:
        whole = said(**GOOD)(prompt)
        whole["requests"].append({"request": "Who won the match yesterday?", "call": "none"})
        return whole

    assert [violation.code for violation in read(answer, query).broken] == ["request_unserved"]
    assert read(said(**GOOD), query).broken == ()


LIKELY = "Find me places of the kind cafe. Then please book a table at the one by the old wheel, close to the view."


@pytest.mark.parametrize(
    ("requests", "broken"),
    [
        ([("Find me places of the kind cafe", "s1"), ("book a table", "s2")], []),
        # Who reads the query for what is open decides what only a word speaks for, too.
        (
            [("Find me places of the kind cafe", "s1"), ("Then please book a table", "none")],
            ["call_not_asked", "request_unserved"],
        ),
        ([("x", "s1"), ("y", "s1")], ["call_not_asked"]),
        ([("Then please book a table at the one by the old wheel", "s2")], []),
        ([], []),  # a list with nothing in it says nothing
    ],
)
def test_what_only_a_word_speaks_for_is_decided_by_who_reads_the_query_anyway(
    requests: list[tuple[str, str]], broken: list[str]
) -> None:
    def answer(prompt: Prompt) -> dict[str, Any]:
        return {**said(**GOOD)(prompt), "requests": [{"request": text, "call": call} for text, call in requests]}

    reading = read(answer, LIKELY)
    assert sorted(violation.code for violation in reading.broken) == broken


def test_a_claim_or_an_answer_is_decided_with_the_results() -> None:
    response = "Your table is the Emerald Nook."

    def answer(prompt: Prompt) -> dict[str, Any]:
        if "extracted" in prompt.outputs:
            return said(**GOOD)(prompt)
        claims = [{"claim": c["claim"], "reason": "-", "supported": False} for c in objects(prompt.inputs["claims"])]
        calls = [{"call": c["call"], "reason": "-", "answered": True} for c in objects(prompt.inputs["calls"])]
        return {"claims_checked": claims, "answers_checked": calls}

    assert [violation.code for violation in read(answer, QUERY, response).broken] == ["claim_unsupported"]


@pytest.mark.parametrize(
    ("response", "results"),
    [
        ("Nothing to add.", ["s2"]),  # no later call uses what the table's booking gave
        ("Your table is the Emerald Nook.", ["s1", "s2"]),  # any result may have it
    ],
)
def test_an_answer_is_looked_for_with_the_result_of_its_own_call_alone(response: str, results: list[str]) -> None:
    shown: list[dict[str, Any]] = []

    def answer(prompt: Prompt) -> dict[str, Any]:
        if "extracted" in prompt.outputs:
            return said(**GOOD)(prompt)
        shown.extend(objects(prompt.inputs["results"]))
        claims = [{"claim": c["claim"], "reason": "-", "supported": True} for c in objects(prompt.inputs["claims"])]
        calls = [{"call": c["call"], "reason": "-", "answered": True} for c in objects(prompt.inputs["calls"])]
        return {"claims_checked": claims, "answers_checked": calls}

    assert read(answer, QUERY, response).broken == ()
    assert [step["step"] for step in shown] == results


OPEN = [
    {"place_id": "pl_1", "name": "Quay", "opens": "09:00"},
    {"place_id": "pl_2", "name": "Mill", "opens": "17:30"},
]


def test_what_is_said_of_one_thing_and_is_anothers_is_put_to_the_reader_with_its_name() -> None:
    shown: list[dict[str, Any]] = []

    def answer(prompt: Prompt) -> dict[str, Any]:
        if "claims" not in prompt.inputs:
            return said(kind=("coffee", "cafe"))(prompt)
        shown.extend(objects(prompt.inputs["claims"]))
        return {
            "claims_checked": [{"claim": c["claim"], "reason": "no", "supported": False} for c in shown],
            "answers_checked": [],
        }

    search = step("s1", "search_places", {"kind": "cafe"}, {"places": OPEN}, CAFE)
    reading = read(
        answer, "Search places with coffee.", "I found the Quay, which opens at 17:30, and the Mill.", search
    )
    assert [(claim["says"], claim["of"]) for claim in shown] == [("17:30", "Quay")]
    assert [violation.code for violation in reading.broken] == ["claim_unsupported"]
    assert "'17:30' of 'Quay'" in reading.broken[0].text


def test_what_was_asked_for_by_name_is_put_to_the_reader() -> None:
    shown: list[dict[str, Any]] = []

    def answer(prompt: Prompt) -> dict[str, Any]:
        if "claims" not in prompt.inputs:
            return said(**GOOD)(prompt)
        shown.extend(objects(prompt.inputs["calls"]))
        return {"claims_checked": [], "answers_checked": [{"call": "s2", "reason": "no fee", "answered": False}]}

    query = f"{QUERY} What is the fee of the table that you book?"
    reading = read(answer, query, "I booked the Green corner.")
    assert [(call["call"], call["asked"]) for call in shown] == [("s2", ["fee"])]
    assert [violation.text for violation in reading.broken] == ["answer: the response does not tell the fee of s2"]


def test_the_reader_never_sees_what_the_calls_were_given() -> None:
    prompts: list[str] = []

    def answer(prompt: Prompt) -> dict[str, Any]:
        prompts.append(prompt.text)
        return said(**GOOD)(prompt)

    read(answer)
    (prompt,) = prompts
    assert "window seat" not in prompt
    assert "pl_2" not in prompt
    assert "Green corner" not in prompt
    assert '"options": ["cafe", "museum"]' in prompt
    assert '"options": ["Quay", "Mill"]' in prompt


def test_texts_of_a_real_model_are_not_read_by_the_scripted_one() -> None:
    real, scripted = ModelSettings(model="openai/gpt-4.1-mini"), ModelSettings()
    assert Reader(Models({"updater": real, "judge": scripted})).role == "updater"
    assert Reader(Models({"updater": real, "judge": real})).role == "judge"
    assert Reader(Models({"updater": scripted, "judge": scripted})).role == "judge"
