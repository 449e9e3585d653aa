"""What a judge goes through one by one: the sentences of a query, and the slots that it has to fill."""

import pytest

from tests.support.judged import WORD, tool
from tests.support.sessions import step
from toolgrad_dspy.judging.sentences import sentences
from toolgrad_dspy.judging.slots import slots_of


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("", []),
        ("One", ["One"]),
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ('He said "go." Then he went.', ['He said "go."', "Then he went."]),
        ("Ask Dr. Who at 7 p.m. about it. Thanks.", ["Ask Dr. Who at 7 p.m. about it.", "Thanks."]),
        ("Version 1.5 is out. See example.org.", ["Version 1.5 is out.", "See example.org."]),
        ("First line\nsecond line", ["First line", "second line"]),
        ("今日の天気は？明日は？", ["今日の天気は？", "明日は？"]),
    ],
)
def test_a_query_is_split_into_sentences(text: str, split: list[str]) -> None:
    assert list(sentences(text)) == split


def test_slots_of_nested_arguments_lists_and_absent_parameters() -> None:
    place = {"type": "object", "properties": {"city": {"type": "string", "description": "the city"}}}
    order = tool("order", "address", "note", address=place, tags={"type": "array", "items": WORD})
    given = step("s1", "order", {"address": {"city": "Ulm"}, "tags": ["a", "b"]})
    slots = slots_of([given], {"order": order})
    assert [(slot.number, slot.parameter, slot.required, slot.meaning, slot.values) for slot in slots] == [
        (1, "address.city", True, "the city", ("Ulm",)),
        (2, "tags", False, "a word", ("a", "b")),
        (3, "note", True, "", ()),
    ]
