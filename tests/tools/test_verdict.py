"""Whether a result is a success: on handwritten cases, on labelled recordings, and on hostile texts."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest
from pydantic import JsonValue

from toolgrad_dspy.records import Observation, ToolCall, Verdict
from toolgrad_dspy.tools.verdict import (
    COMPLAINTS,
    EMPTY_ENVELOPES,
    EMPTY_TEXTS,
    ERROR_MARKERS,
    ERROR_SHAPES,
    ERROR_STATEMENTS,
    PROGRAM_ERRORS,
    REFUSALS,
    Context,
    Envelope,
    classify,
    data_in,
    doubt,
    message_only,
)

ROOT = Path(__file__).parents[2]
BENCHMARK = ROOT / "benchmarks" / "verdict.py"
DATA = ROOT.parent / "shared" / "data"
HANDWRITTEN = ROOT / "tests/support/verdict_cases" / "handwritten.jsonl"
CASES = [json.loads(line) for line in HANDWRITTEN.read_text(encoding="utf-8").splitlines()]
TEXT_RULES = {*EMPTY_TEXTS, *ERROR_MARKERS, *PROGRAM_ERRORS, *ERROR_STATEMENTS}
SHAPE_RULES = {*EMPTY_ENVELOPES, *ERROR_SHAPES}


def verdict_on(case: dict[str, Any]) -> Verdict:
    content = case.get("content")
    text = case["text"] if "text" in case else json.dumps(content)
    return classify(Observation(text=text, content=content, error=case.get("error")), context_of(case))


def context_of(case: dict[str, Any]) -> Context:
    call = ToolCall(tool=case["tool"], arguments=case.get("arguments", {})) if "tool" in case else None
    return Context(case.get("returns"), call, case.get("writes", False), case.get("others", ()))


def load_benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verdict_benchmark", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_handwritten_case(case: dict[str, Any]) -> None:
    verdict = verdict_on(case)
    assert verdict.outcome == case["outcome"], verdict
    assert "\n" not in verdict.reason
    assert bool(verdict.reason) == (verdict.outcome != "ok")


def test_every_rule_has_a_reason_and_is_pure() -> None:
    for rule in {*TEXT_RULES, *COMPLAINTS}:
        assert rule.__doc__, rule.__name__
        assert rule("A fine day in Oslo") is None
    for shape in SHAPE_RULES:
        assert shape.__doc__, shape.__name__
        assert shape(Envelope.of({"city": "Oslo", "temperature": 3})) is None
    for refusal in REFUSALS:
        assert refusal.__doc__, refusal.__name__
        assert refusal("A fine day in Oslo", Context()) is None


def test_every_rule_decides_a_handwritten_case() -> None:
    named = {rule.__name__ for rule in {*TEXT_RULES, *SHAPE_RULES, *REFUSALS, message_only}}
    assert named | {"protocol", "schema", "proxy_error", "void_write", "content"} <= {
        verdict_on(case).rule for case in CASES
    }


@pytest.mark.skipif(not DATA.is_dir(), reason="the recordings (../shared/data) are not here")
def test_labelled_recordings() -> None:
    benchmark = load_benchmark()
    labels = benchmark.labels()
    labelled = [item for item in benchmark.material() if item.key in labels]
    assert {item.key for item in labelled} == set(labels)
    assert len(labels) > 900
    mistakes: dict[str, list[str]] = {}
    for item in labelled:
        outcome = classify(item.observation, Context(returns=item.returns)).outcome
        mistake = benchmark.kind_of_mistake(labels[item.key], outcome)
        if mistake:
            mistakes.setdefault(mistake, []).append(f"{item.file} {item.position}: {item.observation.text[:100]}")
    assert "false rejection" not in mistakes, mistakes
    # Two templates whose status is a type name, one page of an upstream search engine, one nested search result.
    assert len(mistakes.get("false acceptance", [])) <= 2, mistakes
    assert len(mistakes.get("empty mixed up", [])) <= 2, mistakes


@pytest.mark.skipif(not DATA.is_dir(), reason="the recordings (../shared/data) are not here")
def test_sentences_about_tools_are_hardly_ever_rejected() -> None:
    texts = load_benchmark().sentences()
    rejected = [text for text in texts if classify(Observation(text=text)).outcome != "ok"]
    assert len(texts) > 20_000
    assert len(rejected) <= 15, rejected


def test_of_texts_that_no_rule_was_written_for_nearly_all_are_told_apart() -> None:
    rows = load_benchmark().unforeseen()
    verdicts = [(row, classify(row.observation, row.context)) for row in rows]
    failures = [(row, verdict) for row, verdict in verdicts if row.outcome == "failed"]
    accepted = [(row, verdict) for row, verdict in failures if verdict.outcome == "ok"]
    undoubted = [row for row, verdict in accepted if doubt(row.observation, verdict, row.context) is None]
    refused = [row for row, verdict in verdicts if row.outcome == "ok" != verdict.outcome]
    assert len(failures) >= 150
    assert len(rows) - len(failures) >= 150
    # What is accepted for certain: a browser's and an API's words in which nothing is said to be wrong.
    assert len(undoubted) <= 0.02 * len(failures), undoubted
    assert len(accepted) <= 0.05 * len(failures), accepted
    # A translation that reads "Access denied".
    assert len(refused) <= 1, refused


class TestContext:
    def test_a_sentence_in_place_of_data_is_a_refusal(self) -> None:
        seen = Observation(text="The restaurant is closed on Mondays.")
        booking: JsonValue = {"booking": 4, "time": "19:00"}
        assert classify(seen).outcome == "ok"
        assert classify(seen, Context(others=(booking,))).rule == "nothing_to_read"
        assert classify(seen, Context(others=('{"booking": 4}',))).outcome == "failed"
        assert classify(seen, Context(others=(booking, "Open all day"))).outcome == "ok"

    def test_any_words_in_place_of_declared_data_are_a_refusal_but_good_news(self) -> None:
        declared: dict[str, JsonValue] = {
            "type": "object",
            "properties": {"engine": {"type": "string"}, "fuel": {"type": "number"}},
        }
        wrapped: dict[str, JsonValue] = {"type": "object", "properties": {"result": {"type": "string"}}}
        hint = Observation(text="Press the brake pedal")
        assert classify(hint, Context(declared)).rule == "sentence_for_data"
        assert classify(hint, Context(wrapped)).outcome == "ok"
        assert classify(Observation(text="Engine started successfully"), Context(declared)).outcome == "ok"

    def test_what_the_call_was_for_is_refused_or_confirmed(self) -> None:
        cancel = Context(call=ToolCall(tool="cancelBooking"), writes=True)
        for text in ("This cannot be cancelled any more", "That one is already cancelled", "You may not cancel it"):
            assert classify(Observation(text=text), cancel).rule == "refused_what_was_asked", text
        for text in ("Your booking has been cancelled", "Cancelled booking 4", '{"message": "Booking cancelled"}'):
            assert classify(Observation(text=text), cancel).outcome == "ok", text

    def test_a_write_gives_nothing_to_read_so_that_a_complaint_is_about_the_call(self) -> None:
        seen = Observation(text="The verification code has expired.")
        assert classify(seen).outcome == "ok"
        assert classify(seen, Context(writes=True)).rule == "nothing_to_read"

    def test_tools_of_texts_may_say_anything(self) -> None:
        for tool in ("translate_text", "get_quote", "readNote", "random-joke"):
            context = Context(call=ToolCall(tool=tool), writes=True)
            assert classify(Observation(text="You cannot delete the past."), context).outcome == "ok", tool

    def test_an_echo_of_the_arguments_is_no_error(self) -> None:
        context = Context(call=ToolCall(tool="say", arguments={"to": ["Ann"], "text": "Error: no milk"}))
        assert classify(Observation(text="Error: no milk"), context).outcome == "ok"
        assert classify(Observation(text="Error: no eggs"), context).outcome == "failed"

    @pytest.mark.parametrize("text", ["", " \n", "{}", "null", "(no output)", '{"result": null}', '{"data": {}}'])
    def test_a_write_without_a_word_is_a_success_and_a_read_without_one_is_empty(self, text: str) -> None:
        assert classify(Observation(text=text), Context(writes=True)).rule == "void_write"
        assert classify(Observation(text=text)).outcome == "empty"

    @pytest.mark.parametrize(
        "text", ["[]", '{"results": []}', "No matches found", '{"status": "ZERO_RESULTS"}', '{"result": "[]"}']
    )
    def test_nothing_that_was_looked_for_is_empty_whatever_the_tool_may_do(self, text: str) -> None:
        assert classify(Observation(text=text), Context(writes=True)).outcome == "empty"

    def test_an_empty_structured_result_of_a_write_is_a_success(self) -> None:
        assert classify(Observation(text="", content={}), Context(writes=True)).rule == "void_write"
        assert classify(Observation(text="Error: locked", content={}), Context(writes=True)).outcome == "failed"


class TestDoubt:
    def doubt_on(self, text: str, context: Context = Context()) -> str | None:  # noqa: B008 - frozen
        seen = Observation(text=text)
        return doubt(seen, classify(seen, context), context)

    def test_words_that_may_complain_are_doubted(self) -> None:
        for text in ("Fully booked for 19:00.", '{"result": "We are closed on that day."}'):
            assert self.doubt_on(text) == "it may complain", text
        assert self.doubt_on("Error: no subnet\n\n  on main.tf line 4\n  4: x\n\nIt is not declared.") is not None

    def test_a_sentence_from_a_reading_tool_that_gives_data_is_doubted(self) -> None:
        assert self.doubt_on("Ask the owner first", Context(others=([1],))) is not None

    def test_what_is_data_long_or_decided_is_not(self) -> None:
        for text in (
            '{"note": "Fully booked", "id": 3, "at": 4}',
            "A fine day in Oslo",
            "Error: x",
            "[]",
            "x\n" * 9_000,
        ):
            assert self.doubt_on(text) is None, text


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (' {"a": [1, null]} ', {"a": [1, None]}),
        ("{'a': None, 'b': (True, False), 'c': 'x'}", {"a": None, "b": [True, False], "c": "x"}),
        ("{'None of them': 'True (not False)'}", {"None of them": "True (not False)"}),
        ("{'a': \"it's\", 'b': 'say \"x\"', 'c': 'l\\n\\u00e9'}", {"a": "it's", "b": 'say "x"', "c": "l\né"}),
        ("{'a': 'it\\'s \"x\"', 'b': '\\x41'}", {"a": 'it\'s "x"', "b": "A"}),
        ("{1: 'a', None: 2}", {1: "a", None: 2}),
        ("[1, 2", "[1, 2"),
        ("{'a': 1...}", "{'a': 1...}"),
        ("(see below)", "(see below)"),
        ("{'a': __import__('os')}", "{'a': __import__('os')}"),
        ("['\\d']", "['\\d']"),
        ("null", None),
        ('"{\\"a\\": 1}"', '{"a": 1}'),
    ],
)
def test_data_is_read_from_text(text: str, data: object) -> None:
    assert data_in(text) == data


def test_large_and_hostile_texts_are_classified() -> None:
    """In a process with a deadline that is far from what it takes: a pattern that backtracks would never end."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--hostile"], capture_output=True, text=True, check=True, timeout=60
    )
    outcomes = {name: result["outcome"] for name, result in json.loads(done.stdout).items()}
    failures = {"errors in errors", "sections"}
    assert outcomes == {name: "failed" if name in failures else "ok" for name in load_benchmark().hostile()}


@pytest.mark.parametrize("name", ["errors in errors", "1 MB of JSON", "1 MB of nothing"])
def test_only_the_first_items_and_levels_of_large_data_are_visited(name: str) -> None:
    text: str = load_benchmark().hostile()[name]
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        classify(Observation(text=text))
    finally:
        sys.setprofile(before)
    assert calls < 5_000
