"""What the scripted judge reads out of a query for a blank."""

from typing import Any

import pytest

from toolgrad_dspy.lm.rehearsal.reading import read_value
from toolgrad_dspy.lm.rehearsal.requesting import clauses, served

NUMBER = {"type": "integer"}


@pytest.mark.parametrize(
    ("sentence", "blank", "said"),
    [
        ("Book a table with party size 4, date 2026-05-14.", {"parameter": "party_size"}, "4"),
        ('Leave the note "Back at six, Ann" there.', {"parameter": "note"}, "Back at six, Ann"),
        ("A table for four on May 14 at 7:30 pm.", {"parameter": "party_size", **NUMBER}, "four"),
        ("A table for four on May 14 at 7:30 pm.", {"parameter": "date"}, "May 14"),
        ("A table for four on May 14 at 7:30 pm.", {"parameter": "time"}, "7:30 pm"),
        ("A table on the 14 May 2026, please.", {"parameter": "when", "format": "date"}, "14 May 2026"),
        ("Please find the place called Green Ladle.", {"parameter": "query"}, "Green Ladle"),
        ("Show the tram stops.", {"parameter": "kind", "options": ["bus_stop", "tram_stop"]}, "tram_stop"),
        ("Show the ferry stops.", {"parameter": "kind", "options": ["bus_stop", "tram_stop"]}, None),
        ("Show the next tram stop.", {"parameter": "kind", "options": ["bus_stop", "tram_stop"]}, "tram_stop"),
        ("Only step free ones.", {"parameter": "step_free", "options": [True, False]}, "true"),
        ("It need not be step free.", {"parameter": "step_free", "options": [True, False]}, "false"),
        ("With step free no.", {"parameter": "step_free", "options": [True, False]}, "false"),
        ("Show the stops.", {"parameter": "step_free", "options": [True, False]}, None),
        ("Show the stops.", {"parameter": "limit", **NUMBER}, None),
    ],
)
def test_a_value_is_read_by_its_name_or_by_what_it_looks_like(
    sentence: str, blank: dict[str, Any], said: str | None
) -> None:
    assert read_value(f"Hello. {sentence}", [sentence], blank) == said


def test_of_several_numbers_the_one_beside_the_parameters_name_is_its_own() -> None:
    sentence = "For 3 nights, in a room with beds for 2 and floor above 7."
    assert [read_value(sentence, [sentence], {"parameter": name, **NUMBER}) for name in ("nights", "floor")] == [
        "3",
        "7",
    ]


def test_the_digits_of_a_date_are_no_number_beside_the_parameters_name() -> None:
    sentence = "Show the tables that are free for that party size on 15 May 2026, for 2."
    assert read_value(sentence, [sentence], {"parameter": "party_size", **NUMBER}) == "2"


def test_the_sentence_that_speaks_of_a_call_is_found_by_its_words_and_then_by_its_place() -> None:
    said = clauses(
        'I have some errands. Leave the note "Back at six." there. List two parcels. And track that parcel.'
    )
    assert [clause.asks for clause in said] == [False, True, True, True]
    calls = [("list_parcels", "List the parcels."), ("track_parcel", "Where a parcel is.")]
    assert served(said, calls) == [None, None, 0, 1]
    assert served(said, [("track_parcel", "")]) == [None, None, None, 0]
    assert served(said, [("get_forecast", "The weather forecast")]) == [None] * 4
    assert served([], calls) == []
    assert served(said, []) == [None] * 4


def test_what_only_looks_like_the_value_is_not_taken_out_of_another_calls_sentence() -> None:
    query = "Book a table for four. Then list the trams."
    assert read_value(query, ["Then list the trams."], {"parameter": "limit", **NUMBER}) is None


ODD_TEXTS = ["", "\ud800", "date 1 " * 20_000, "date x\n" * 20_000, "date 2026-05-14 " * 5_000]
ODD_TEXTS += [sign * 30_000 for sign in '"-A']
ODD_BLANKS: list[dict[str, Any]] = [{}, {"parameter": ""}, {"parameter": "date", "options": []}, {"parameter": "a.b"}]


@pytest.mark.parametrize("query", ODD_TEXTS, ids=lambda text: ascii(text[:8]))
@pytest.mark.parametrize("blank", [*ODD_BLANKS, {"parameter": "date", **NUMBER}], ids=str)
def test_no_text_and_no_blank_is_too_odd_to_read(query: str, blank: dict[str, Any]) -> None:
    assert read_value(query, [query], blank) is None or query
