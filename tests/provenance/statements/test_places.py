"""Where a text states a value, and what the parsers find in a text."""

from toolgrad_dspy.provenance.statements import (
    About,
    Clock,
    Day,
    Mention,
    dates_in,
    mentions,
    numbers_in,
    times_in,
)


def said(text: str, found: list[Mention]) -> list[str]:
    return [text[mention.start : mention.end] for mention in found]


def test_every_separate_place_is_given_in_order() -> None:
    text = "A table for four on May 14, and another for 4 on May 21."
    assert said(text, mentions(text, 4)) == ["four", "4"]


def test_a_mention_tells_the_form() -> None:
    assert [m.rule for m in mentions("twenty-five of them", 25)] == ["number_words"]
    assert [m.rule for m in mentions("in German", "de", About("lang"))] == ["language"]


def test_places_are_those_of_the_text_as_it_was_written() -> None:
    text = "Zu\u0308rich, ２５ Personen, 2½ Stunden, İstanbul, fünfundzwanzig"
    assert said(text, mentions(text, 25)) == ["２５", "fünfundzwanzig"]
    assert said(text, mentions(text, 2.5)) == ["2½"]
    assert said(text, mentions(text, "Zürich")) == ["Zu\u0308rich"]


def test_a_denied_mention_is_none_and_another_one_stays() -> None:
    text = "Not Thai today; yesterday's Thai was great."
    assert said(text, mentions(text, "Thai")) == ["Thai"]
    assert mentions(text, "Thai")[0].start > text.index("yesterday")


def test_nothing_is_mentioned_of_nothing() -> None:
    assert mentions("", 4) == []
    assert mentions("anything", "") == []
    assert mentions("anything", True) == []
    assert mentions("anything", None) == []


def test_digits_with_more_than_one_reading_keep_them_all() -> None:
    assert [n.values for n in numbers_in("Das kostet 1.500 im Monat, or 1.500 if you ask")] == [(1.5, 1500)] * 2
    assert [n.values for n in numbers_in("It costs 1,500 a month")] == [(1500,)]
    assert [d.values for d in dates_in("on 4/5/2026")] == [(Day(2026, 5, 4), Day(2026, 4, 5))]
    assert [t.values for t in times_in("at half past seven")] == [(Clock(7, 30), Clock(19, 30))]


def test_a_range_has_both_its_ends_and_no_day_between() -> None:
    days = {day for dated in dates_in("May 14-16, 2026") for day in dated.values}
    assert days == {Day(2026, 5, 14), Day(2026, 5, 16)}


def test_a_number_of_something_else_ends_a_list_of_days() -> None:
    assert [d.values for d in dates_in("May 14 and 2 people")] == [(Day(None, 5, 14),)]


def test_an_impossible_month_is_no_date() -> None:
    assert dates_in("2026-13-40") == ()


def test_a_time_is_read_once() -> None:
    text = "at half past seven in the evening, or 20:15"
    assert [(text[t.start : t.end], t.values) for t in times_in(text)] == [
        ("half past seven in the evening", (Clock(19, 30),)),
        ("20:15", (Clock(20, 15),)),
    ]


def test_hours_of_a_duration_and_amounts_of_money_are_no_times() -> None:
    assert times_in("for 2 hours, $19.30, 4 to 6 people, 2時間") == ()
