"""Texts and values that nobody would write: never an exception, and bounded work."""

import gc
import time
from typing import Any

import pytest
from pydantic import JsonValue

from toolgrad_dspy.provenance.statements import (
    About,
    conveys,
    dates_in,
    mentions,
    numbers_in,
    same_value,
    times_in,
)

TEXTS = [
    "",
    " ",
    "\ud800 two \udfff",
    "😀🎉 ok 👩‍👩‍👧",
    "שלום, שולחן לארבעה ב־19:30",
    "\u202eabc\u202c ١٢ ۳۴ ४",
    "2026-02-31 99:99 13/13/2026 00.00. 31/31",
    "1" * 5000,
    "1," * 3000 + "5",
    "9" * 320 + ".5 million",
    "nine " + "billion " * 50,
    "not " * 3000 + "Thai",
    "May 1, 2, 3, " * 300,
    "half past " * 500 + "7",
    "a " * 3000,
    "½" * 3000,
    "\u0308" * 500,
    "'\"“«" * 500,
    "A" + "a A" * 3000,
    "between 1 and " * 300 + "today is May 1, the day after " * 200,
    "the \"A\" of 'A & A's A' " * 300,
    " ".join(f"word{number}" for number in range(1200)),
]
VALUES: list[Any] = [
    *(4, -1, 0, 2.5, 10**400, -(10**400), float("inf"), 1e308),
    *("2026-02-31", "2026-13-40", "25:61", "2026-05-14T25:61", "T", "+", "*", "\ud800", "½", "٣", "-"),
    *("a" * 3000, "1" * 3000, "a b " * 750, "word1 " * 500, "İ", "ß", "Thai", "de"),
    *(None, True, False, [], {}, [1], {"a": 1}),
]
ABOUTS = [
    About(),
    About("duration_minutes"),
    About("lang", {"description": "ISO code"}),
    About("start_date"),
    About("min_price_id"),
    About("country", {"enum": ["US", 1, None, ["x"]]}),
    About("\ud800" * 50, {"description": 3, "enum": "x"}),
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text)[:30])
def test_no_text_and_no_value_is_an_exception(text: str) -> None:
    for about in ABOUTS:
        for value in VALUES:
            found = mentions(text, value, about)
            assert all(0 <= mention.start < mention.end <= len(text) for mention in found)
            conveys(text, value, about)
            same_value(text, value, about)
    for parse in (numbers_in, dates_in, times_in):
        assert all(0 <= found.start < found.end <= len(text) for found in parse(text))


@pytest.mark.parametrize(
    "word",
    [
        "A ", "May 1 ", "between 1 and ", '"A ', "'A' ", "today is May 1 ", "A & ", "from Paris to Rome ",
        "John Smith, ", "3 weeks after ", "1h ", "2h30 ", "EUR ", "1,", "order 3 ", "not A, ",
        "free wifi ", "tell Ann ",
    ],
)  # fmt: skip
def test_many_mentions_take_time_in_proportion(word: str) -> None:
    asked: list[tuple[JsonValue, About]] = [
        (1, About("min_stars")),
        (90, About("duration_minutes")),
        ("2026-05-01", About("start_date")),
        ("A", About("name")),
        ("EUR", About("currency")),
        ("Rome", About("city", {"enum": ["Rome", "Paris", "John"]})),
        ("AB-12", About("order_id")),
        (True, About("free_wifi")),
        ("Ann", About("recipient")),
    ]

    def seconds(times: int) -> float:
        started = time.process_time()
        for value, about in asked:
            mentions(word * times, value, about)
            conveys(word * times, value, about)
        return time.process_time() - started

    seconds(100)
    gc.disable()  # a collection of what other tests left behind would be counted to whoever is measured
    try:
        few, many = seconds(500), seconds(8000)
    finally:
        gc.enable()
    assert many < 40 * max(few, 0.01)  # sixteen times as many; in proportion to their square it would be 256
