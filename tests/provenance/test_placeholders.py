"""Texts that stand for a value: told from those that only look so."""

import time

import pytest

from toolgrad_dspy.provenance import is_placeholder, is_template


@pytest.mark.parametrize(
    "text",
    [
        *("{{$from}}", "{{topic}}", "${query}", "{place_id}", "<date>", "<the id from s1>", "<#1.id>", " {{ x }} "),
        *("[your city]", "[Insert name here]", "your_api_key", "YOUR_CITY", "$from", "articles about $from s1"),
        '{"$from": "s1", "$path": "/id"',
    ],
)
def test_a_template_is_no_value(text: str) -> None:
    assert is_template(text)
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Dear {{name}}, welcome", "echo ${HOME}/x", '{"a": 1}', "{}", "<p>Hello</p>", "<mail@example.org>"),
        *("[1, 2]", "[draft] minutes", "a < b > c", "Your table is booked", "$fromage", "2026-05-12", ""),
        "<https://example.org>",
    ],
)
def test_what_a_person_may_mean_as_it_is_stays(text: str) -> None:
    assert not is_template(text)


@pytest.mark.parametrize("text", ["example", "Test", "n/a", "your city", "xxx", "<the user's name>", "{a: 1}"])
def test_a_text_that_is_rarely_meant_as_a_value_is_a_placeholder_and_no_template(text: str) -> None:
    assert is_placeholder(text)
    assert not is_template(text)


@pytest.mark.parametrize(
    "text", [" " * 200_000, "{" * 200_000, "<" + "a " * 100_000, "$" * 200_000, "your_" * 40_000]
)
def test_a_long_text_is_looked_at_once(text: str) -> None:
    began = time.perf_counter()
    is_placeholder(text)
    assert time.perf_counter() - began < 1
