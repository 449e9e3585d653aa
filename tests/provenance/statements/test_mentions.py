"""Whether a query states a value the way a person would say it."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.statements import contains, states

STATED: list[tuple[str, Any]] = [
    # Dates
    ("Book it for 2026-05-01.", "2026-05-01"),
    ("Book it for May 1.", "2026-05-01"),
    ("Book it for May 1st, 2026.", "2026-05-01"),
    ("Book it for the 1st of May.", "2026-05-01"),
    ("Book it for 1 May 2026!", "2026-05-01"),
    ("Book it for 01/05/2026.", "2026-05-01"),
    ("Book it for 5/1/2026.", "2026-05-01"),
    ("on Dec 24", "2026-12-24"),
    # Times
    ("at 19:30", "19:30"),
    ("at 19.30", "19:30"),
    ("at 7:30 pm", "19:30"),
    ("at 7:30 P.M.", "19:30"),
    ("at 7pm", "19:00"),
    ("at 7 pm", "19:00"),
    ("at 7 o'clock", "19:00"),
    ("at noon", "12:00"),
    ("at midnight", "00:00"),
    ("at 12 am", "00:00"),
    ("at 12:30 pm", "12:30"),
    ("at 9:05", "09:05"),
    ("on May 14 at 7:30 pm", "2026-05-14T19:30:00Z"),
    ("2026-05-14 19:30", "2026-05-14T19:30"),
    # Numbers
    ("a table for 4", 4),
    ("a table for four", 4),
    ("a table for one", 1),
    ("a single room", 1),
    ("It costs 1,500 euros", 1500),
    ("It costs 1500.00 euros", 1500),
    ("It costs $2.50", 2.5),
    ("within 3.0 km", 3),
    ("25 % off", 0.25),
    ("25 percent off", 0.25),
    ("at -5 degrees", -5),
    ("a 12-day trip", 12),
    ("rooms 1,2 and 3", 2),
    ("Room 12?", "12"),
    ("in 2026", "2026"),
    ("the year of 2026-05-01", "2026"),
    # Words
    ("meet at the city hall", "city_hall"),
    ("I love sci-fi", "sci_fi"),
    ("a Vegan Friendly place", "vegan-friendly"),
    ("some museums", "museum"),
    ("open README.md please", "readme.md"),
    ("open the readme md", "readme.md"),
    # Texts
    ("Tell her that I will be twenty minutes late, please start the dinner without me.",
     "I'll be twenty minutes late, please start dinner without me then"),
    ('Write "ok".', "ok"),
    ("with the pattern *", "*"),
    # Addresses
    ("mail ann.lee@example.org", "ann.lee@example.org"),
    ("mail <Ann.Lee@Example.org>", "ann.lee@example.org"),
    ("call +44 1632 960733", "+44 1632 960733"),
    ("call 555-123-4567", "5551234567"),
    ("see https://example.org/a?b=1.", "https://example.org/a?b=1"),
    ("in src/app/main.py", "src/app/main.py"),
    (r"in C:\temp\x.txt", r"C:\temp\x.txt"),
    # Other scripts
    ("nach Zurich", "Zürich"),  # as it is typed where the keyboard has no umlauts
    ("nach Zürich", "Zürich"),
    ("nach Zu\u0308rich", "Zürich"),
    ("ein Café in der Größenstraße", "größenstraße"),
    ("我想去北京旅游", "北京"),
    ("東京タワーに行きたい", "東京タワー"),
    ("хочу в Москву, улица Ленина", "Улица Ленина"),
    ("party 🎉!", "🎉"),
    # Nothing to state
    ("anything", ""),
    ("anything", "  "),
    ("anything", None),
    ("anything", True),
    ("anything", []),
    ("anything", {}),
]  # fmt: skip

NOT_STATED: list[tuple[str, Any]] = [
    ("on May 11", "2026-05-01"),
    ("on May 1, 2025", "2026-05-01"),
    ("on March 2", "2026-03-12"),
    ("on 12 March", "2026-03-02"),
    ("on 2026-05-11", "2026-05-01"),
    ("on 2025-05-01", "2026-05-01"),
    ("maybe 1", "2026-05-01"),
    ("at 9:30", "19:30"),
    ("at 19:30", "9:30"),
    ("at 7:30", "19:30"),
    ("at 7:30 pm", "07:30"),
    ("at 7:30 am", "19:30"),
    ("at 12:30 am", "12:30"),
    ("at 12:30 pm", "00:30"),
    ("at 7 pm", "07:00"),
    ("at 7:30 pm", "19:00"),
    ("in the afternoon", "12:00"),
    ("on May 14", "2026-05-14T19:30"),
    ("at 19:30", "2026-05-14T19:30"),
    ("120 people", 12),
    ("12.5 km", 12),
    ("12 km", 12.5),
    ("1.25 km", 25),
    ("at 12:30", 12),
    ("on 2026-05-12", 12),
    ("rooms 1,2", 12),
    ("at -5 degrees", 5),
    ("5 degrees", -5),
    ("4000", 400),
    ("someone", 1),
    ("fourteen", 4),
    ("2.5", 0.25),
    ("at 19:30", "30"),
    ("room 123", "12"),
    ("party planning", "art"),
    ("city", "city_hall"),
    ("mail joann@example.org", "ann@example.org"),
    ("mail ann@example.organic", "ann@example.org"),
    ("call +44 1632 9607331", "+44 1632 960733"),
    ("call 5551234567", "555-123-456"),
    ("see https://example.org/ab", "https://example.org/a"),
    ("in src/app/main.pyc", "src/app/main.py"),
    ("in app/main.py", "src/app/main.py"),
    ("我想去南京旅游", "北京"),
    ("Tell her I am late", "I'll be twenty minutes late, please start dinner without me then"),
    ("", "x"),
    ("many", 10**400),
    ("many", float("inf")),
    ("x" * 1000, "y" * 300_000),
]


@pytest.mark.parametrize(("text", "value"), STATED)
def test_a_reader_finds_the_value_in_the_text(text: str, value: Any) -> None:
    assert states(text, value)


@pytest.mark.parametrize(("text", "value"), NOT_STATED, ids=lambda item: repr(item)[:40])
def test_a_near_miss_is_not_a_statement(text: str, value: Any) -> None:
    assert not states(text, value)


@pytest.mark.parametrize(
    ("text", "value", "leaks"),
    [
        ("for st_12, please", "st_12", True),
        ("for ST-12, please", "st_12", True),
        ("for st_123", "st_12", False),
        ("for ist_12", "st_12", False),
        ("anything", "--", False),
        ("order 4711", 4711, True),
        ("order 47112", 4711, False),
    ],
)
def test_an_internal_value_leaks_word_for_word_only(text: str, value: Any, leaks: bool) -> None:
    assert contains(text, value) is leaks
