"""Every exporter keeps the contract, and the suite finds those that do not."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
from pydantic import JsonValue

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.export import EXPORTERS, Conversation, Exporter, exporter
from toolgrad_dspy.export.base import Row
from toolgrad_dspy.export.conformance import CHECKS, Case, Check, check_exporter
from toolgrad_dspy.records import ToolCall


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_exporter_keeps_the_contract(check: Check, name: str) -> None:
    check(Case(lambda: exporter(name)))


class Plain(Exporter):
    """The example of the contract."""

    name = "plain"

    def row(self, conversation: Conversation) -> Row:
        return {
            "ask": conversation.query,
            "calls": [step.call.model_dump(mode="json") for step in conversation.steps],
            "results": [step.observation.text for step in conversation.steps],
            "answer": conversation.response,
        }

    def calls(self, row: Mapping[str, JsonValue]) -> list[ToolCall]:
        return [ToolCall.model_validate(call) for call in cast(list[Any], row["calls"])]


class Bytes(Plain):
    def row(self, conversation: Conversation) -> Row:
        return {**super().row(conversation), "id": cast(JsonValue, conversation.id.encode())}


class NumberedKeys(Plain):
    def row(self, conversation: Conversation) -> Row:
        return cast(Row, {**super().row(conversation), 1: True})


class HalfPairs(Plain):
    def row(self, conversation: Conversation) -> Row:
        return {**super().row(conversation), "end": "\ud800"}


class Shortened(Plain):
    def row(self, conversation: Conversation) -> Row:
        return {**super().row(conversation), "results": [s.observation.text[:9] for s in conversation.steps]}


class FirstCallOnly(Plain):
    def row(self, conversation: Conversation) -> Row:
        row = super().row(conversation)
        return {**row, "calls": cast(list[JsonValue], row["calls"])[:1]}


class TextArguments(Plain):
    def calls(self, row: Mapping[str, JsonValue]) -> list[ToolCall]:
        """Reads all that is true as the number 1, as carelessly written loaders do."""
        text = json.dumps(row["calls"]).replace("true", "1")
        return [ToolCall.model_validate(call) for call in json.loads(text)]


class Counting(Plain):
    def __init__(self) -> None:
        self.rows = 0

    def row(self, conversation: Conversation) -> Row:
        self.rows += 1
        return {**super().row(conversation), "number": self.rows}


class Tidying(Plain):
    def row(self, conversation: Conversation) -> Row:
        row = super().row(conversation)
        for step in conversation.steps:
            step.call.arguments.clear()
        return row


class Raising(Plain):
    def row(self, conversation: Conversation) -> Row:
        return {**super().row(conversation), "first": conversation.steps[0].id}


@pytest.mark.parametrize(
    ("make", "broken"),
    [
        (Plain, set()),
        (Bytes, {"gives_a_row_of_plain_json"}),
        (NumberedKeys, {"gives_a_row_of_plain_json"}),
        (HalfPairs, {"gives_a_row_of_plain_json"}),
        (Shortened, {"keeps_the_texts"}),
        (FirstCallOnly, {"gives_the_calls_back"}),
        (TextArguments, {"gives_the_calls_back"}),
        (Tidying, {"changes_nothing"}),
        (Raising, {check.__name__ for check in CHECKS}),
    ],
)
def test_the_suite_names_the_promise_that_is_broken(make: Callable[[], Exporter], broken: set[str]) -> None:
    found = check_exporter(Case(make))
    assert broken <= {promise.check for promise in found}
    assert bool(found) == bool(broken)


def test_a_row_that_depends_on_those_before_it_is_found() -> None:
    kept = Counting()
    assert "repeats_itself" in {promise.check for promise in check_exporter(Case(lambda: kept))}


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        exporter("opanai")
    assert caught.value.code == "unknown_format"
    assert "'openai'" in str(caught.value)
