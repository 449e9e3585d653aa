"""What models write as JSON or as text."""

from typing import Any

import pytest

from toolgrad_dspy.json_text import UnreadableError, python_value, read_value, text_of, visible


@pytest.mark.parametrize(
    ("text", "data", "cut"),
    [
        ("[1, 2", [1], "2"),
        ("[1, 2,", [1, 2], ""),
        ('[{"a": "x]"}, {"a": "\\"', [{"a": "x]"}], '{"a": "\\"'),
        ("[{'a': 'it''s'}, {'b': (1,", [{"a": "its"}], "{'b': (1,"),
        ('{"a": [1, {"b": 2}', {"a": [1, {"b": 2}]}, ""),
        ('{"a": 1 /* one, or ] */, "b": "// no comment"}', {"a": 1, "b": "// no comment"}, ""),
        ('{"a": "say "hi" now", "b": 1}', {"a": 'say "hi" now', "b": 1}, ""),
        ('[{"a": 1}, {"b": oops}]', [{"a": 1}, '{"b": oops}'], ""),
        ("As a list [of two]: [\n {'a': True},\n]. Done {well}.", [{"a": True}], ""),
        ('[{"a": {"b": [1}}]', [{"a": {"b": [1]}}], ""),
        ('["\\ud83d\\ude00"]', ["\U0001f600"], ""),
        ("['\\ud83d\\ude00']", ["\U0001f600"], ""),
    ],
)
def test_what_was_meant_is_read_and_what_is_cut_off_is_told(text: str, data: Any, cut: str) -> None:
    value = read_value(text)
    assert (value.data, value.cut) == (data, cut)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "[",
        "{",
        '{"a": ',
        '{"a": 1, "b":}',
        '{"a": undefined}',
        "{f(1): 2}",
        "[" * 300,
        '{"a": 1, "b": "x',
    ],
)
def test_a_text_that_says_nothing_or_more_than_one_thing_is_not_read(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_value(text)


def test_brackets_are_not_completed_in_a_text_that_is_known_to_be_cut_off() -> None:
    text = '[{"a": 1}, {"b": [1]'
    assert read_value(text).data == [{"a": 1}, {"b": [1]}]
    assert read_value(text, cut=True).data == [{"a": 1}]


def test_objects_in_a_row_are_a_list_where_a_list_is_expected() -> None:
    text = '{"a": 1}\n{"a": 2},\n{"a":'
    assert read_value(text, many=True).data == [{"a": 1}, {"a": 2}]
    assert read_value('{"a": 1}\n{"a": 2}').data == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        "f()",
        "Call(1)",
        "Call(**{})",
        "__import__('os')",
        "[x for x in y]",
        "1 + 1",
        "{**{}}",
        "a.b",
        "lambda: 1",
        "f'{x}'",
    ],
)
def test_nothing_is_computed(text: str) -> None:
    with pytest.raises(UnreadableError):
        python_value(text, ["Call"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("'p1'", "p1"),
        ("**p1**", "p1"),
        ("\u201cp1\u201d", "p1"),
        ("'a' or 'b'", "'a' or 'b'"),
        ('"Find \\"it\\"."', 'Find "it".'),
        ("It's five o'clock.", "It's five o'clock."),
        ("```\ntext\n```", "text"),
        ({"a": 1, "b": [2]}, '{"a": 1, "b": [2]}'),
        (True, "true"),
        ([], ""),
    ],
)
def test_a_text_is_taken_out_of_what_stands_around_it(written: Any, meant: str) -> None:
    assert text_of(written) == meant


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>a</think>b<think>c</think>d", "d"),
        ("<THINKING>a</THINKING> b", "b"),
        ("one can <think> aloud", "one can <think> aloud"),
        ("~~~\na\n~~~", "a"),
        ("```\na\n```\nand\n```\nb\n```", "```\na\n```\nand\n```\nb\n```"),
    ],
)
def test_what_is_meant_for_nobody_is_no_part_of_the_answer(text: str, answer: str) -> None:
    assert visible(text).text == answer
