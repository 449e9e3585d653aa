"""What may differ between two equal calls: times, durations, random ids, counters; and nothing else."""

import pytest
from pydantic import JsonValue

from toolgrad_dspy.provenance.volatile import changes, generalised


def info(size: int, at: str) -> str:
    """What a file server tells of a file."""
    return f"size: {size}\ncreated: {at} GMT+0000 (Coordinated Universal Time)\nisFile: true"


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("id", "n_7f3a09c1", "n_c04e11d8"),
        ("order_id", 48213, 97001),
        ("session", "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b", "6fa459ea-ee8a-4ca4-894e-db77e160355e"),
        ("token", "V1StGXR8Z5jdHi6BmyT", "q7Rk0aPz3LmWx9TbVcD"),
        ("at", "2026-11-27T23:25:11.120Z", "2026-11-27T23:25:12.003Z"),
        ("modified", "2026-11-27 23:59", "2026-11-28 00:00"),
        ("now", "23:25", "23:26"),
        ("started", "Fri, 27 Nov 2026 23:25:11 GMT", "Fri, 27 Nov 2026 23:25:14 GMT"),
        ("mtime", 1795821911.25, 1795821914.5),
        ("created", 1795821911250, 1795821914500),
        ("elapsed_ms", 12, 9),
        ("responseTime", 0.12, 0.3),
        ("requests_served", 7, 8),
        ("text", "done in 12.3 ms (run 7f3a09c1)", "done in 9 ms (run c04e11d8)"),
        (
            "content",
            info(7, "Fri Nov 27 2026 23:25:11"),
            info(7, "Sat Nov 28 2026 00:00:01"),
        ),
        ("", "saved 5 minutes ago", "saved 6 minutes ago"),
    ],
)
def test_times_durations_random_ids_and_counters_are_volatile(key: str, one: JsonValue, other: JsonValue) -> None:
    found = changes({key: one, "n": 1}, {key: other, "n": 1})
    assert (found.volatile, found.other) == ((f"/{key}",), None)


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("price", 12.5, 13.0),
        ("count", 3, 4),
        ("name", "Ann", "Bo"),
        ("room", "A12", "B14"),
        ("date", "2026-05-14", "2026-05-15"),
        ("departs", "10:05", "10:20"),
        ("open", True, False),
        ("open", 1, None),
        ("code", "USD", "EUR"),
        (
            "content",
            info(7, "Fri Nov 27 2026 23:25:11"),
            info(9, "Fri Nov 27 2026 23:25:14"),
        ),
        ("text", "the walk takes 12 minutes", "the walk takes 14 minutes"),
        ("text", "it began at 23:25:11", "it began"),
        ("ids", ["n_7f3a09c1"], ["n_7f3a09c1", "n_c04e11d8"]),
    ],
)
def test_anything_else_is_a_difference(key: str, one: JsonValue, other: JsonValue) -> None:
    assert changes({key: one}, {key: other}).other is not None


def test_a_volatile_leaf_excuses_no_other_one() -> None:
    found = changes({"took_ms": 3, "price": 12}, {"took_ms": 4, "price": 13})
    assert (found.volatile, found.other) == (("/took_ms",), "/price")


def test_ids_and_moments_are_told_with_what_stands_in_their_place() -> None:
    one: JsonValue = {"id": "n_7f3a09c1", "text": "kept until 2026-11-27 23:25:11", "took_ms": 3}
    other: JsonValue = {"id": "n_c04e11d8", "text": "kept until 2026-11-27 23:25:14", "took_ms": 4}
    assert changes(one, other).values == {
        "n_7f3a09c1": "n_c04e11d8",
        "2026-11-27 23:25:11": "2026-11-27 23:25:14",
    }


def test_equal_results_have_no_changes_and_long_texts_are_read_in_one_pass() -> None:
    text = "10:05:" * 300_000 + "a1-" * 60_000
    assert changes(text, text) == changes(1, 1.0)
    assert changes(text, text + "x").other == ""


def test_list_indexes_are_left_open() -> None:
    assert generalised("/files/0/versions/12/at") == "/files/*/versions/*/at"
    assert generalised("/2026/a1/x") == "/*/a1/x"
    assert generalised("") == ""
