"""Of several values of a kind, the one that the parameter's name is said of."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.statements import About, mentions

_DATE = {"type": "string", "format": "date"}

# What a text says, one value of it, and a parameter that it is of and one that it is not.
ROWS: list[tuple[str, Any, str, str]] = [
    ("Yoga starts at 5:45 pm, remind me at 5 pm to pack.", "17:00", "remind_at", "start_time"),
    ("Yoga starts at 5:45 pm, remind me at 5 pm to pack.", "17:45", "start_time", "remind_at"),
    ("Apre alle 8 e chiude alle 18.", "18:00", "closing_time", "opening_time"),
    ("Apre alle 8 e chiude alle 18.", "08:00", "opening_time", "closing_time"),
    ("The office opens at 8:30 and closes at 17:00.", "17:00", "closes_at", "opens_at"),
    ("We leave on 26 July at 17:20 and land at 19:05.", "2026-07-26T19:05", "arrival", "departure"),
    ("We leave on 26 July at 17:20 and land at 19:05.", "2026-07-26T17:20", "departure", "arrival"),
    ("The hall on 9 April from 1 to 2 pm.", "2026-04-09T14:00", "end", "start"),
    ("We fly on the 5th of May and come home on the 15th.", "2026-05-15", "return_date", "departure_date"),
    ("We fly on the 5th of May and come home on the 15th.", "2026-05-05", "date", "return_date"),
    ("A 20 minute workout with 5 minutes of stretching.", 5, "stretching_minutes", "workout_minutes"),
    ("A 20 minute workout with 5 minutes of stretching.", 20, "workout_minutes", "stretching_minutes"),
    ("I slept 7 hours and had a nap of 40 minutes.", 40, "nap_minutes", "sleep_minutes"),
    ("I ran 8 km and then cycled 20 km.", 20, "cycling_km", "running_km"),
    ("Ich bin 8 km gelaufen und 20 km Rad gefahren.", 8, "running_km", "bike_km"),
    ("The laptop was $1,099 and the bag $45.", 1099, "laptop_price", "bag_price"),
    ("The laptop was $1,099 and the bag $45.", 45, "bag_price", "laptop_price"),
    ("O jantar custou 80 euros e deixámos 10 de gorjeta.", 10, "tip", "deposit"),
    ("Two adults and three kids for the aquarium.", 3, "children", "adults"),
    ("Retry it up to 4 times, waiting 30 seconds in between.", 4, "max_retries", "wait_seconds"),
    ("On booking K9M3TT, change my seat to 14A.", "K9M3TT", "booking_reference", "seat_number"),
    ("On booking K9M3TT, change my seat to 14A.", "14A", "seat_number", "booking_reference"),
    ("Tell Angela that Marcus has approved it.", "Angela", "recipient", "author_id"),
    ("Reassign it from Yusuf to Ines.", "Ines", "assignee", "previous_from"),
    ("Swap 120 pounds for Danish kroner.", "DKK", "to_currency", "from_currency"),
    ("Swap 120 dollars for Danish kroner.", "USD", "from_currency", "to_currency"),
    ("Rechne 90 US-Dollar in Euro um.", "EUR", "target_currency", "source_currency"),
    ("I brought it from Chile to Australia.", "AU", "entry_country", "origin_country"),
    ('Call it Book club, with "bring snacks" in the description.', "bring snacks", "description", "title"),
]


@pytest.mark.parametrize(("text", "value", "name", "other"), ROWS)
def test_a_value_is_that_of_the_parameter_it_is_said_of(text: str, value: Any, name: str, other: str) -> None:
    assert mentions(text, value, About(name))


@pytest.mark.parametrize(
    ("text", "value", "name", "other"),
    [
        row
        for row in ROWS
        if row[3] not in ("author_id", "previous_from", "source_currency", "deposit", "workout_minutes")
    ],
)
def test_and_not_of_another_one(text: str, value: Any, name: str, other: str) -> None:
    assert not mentions(text, value, About(other))


@pytest.mark.parametrize(
    ("text", "value", "name"),
    [
        ("Tell Angela that Marcus has approved it.", "Marcus", "recipient"),
        ("Reassign it from Yusuf to Ines.", "Yusuf", "assignee"),
        ("Rechne 90 US-Dollar in Euro um.", "USD", "target_currency"),
        ("O jantar custou 80 euros e deixámos 10 de gorjeta.", 80, "tip"),
        ("A 20 minute workout with 5 minutes of stretching.", 20, "stretching_minutes"),
        ("Retry it up to 4 times, waiting 30 seconds in between.", 30, "max_retries"),
        ("The laptop was $1,099 and the bag $45.", 45, "laptop_price"),
        ("Take the eggs off my list and add rice.", "eggs", "add_items"),
        ("All of Europe, but leave Italy out.", "IT", "country"),
        ("Das Sofa darf 2,20 m breit sein.", 200, "max_width_cm"),
        ("I live in the US.", "USD", "currency"),
    ],
)
def test_what_is_said_of_something_else_or_taken_out_is_not_given(text: str, value: Any, name: str) -> None:
    assert not mentions(text, value, About(name))


@pytest.mark.parametrize(
    ("text", "value", "name"),
    [
        # One value, or the words of no role: nothing is taken from it.
        ("Remind me about yoga, it starts at 5 pm.", "17:00", "remind_at"),
        ("A table at 7 pm or 8 pm.", "19:00", "time"),
        ("Between 50 and 60 euros of rent.", 60, "max_rent"),
        ("Closed from 9:00 to 10:00 for cleaning.", "10:00", "closed_until"),
        ("A flat with a pair of bathrooms, three bedrooms and a lift.", 2, "bathrooms"),
        ("Ticket AB-12 blocks AB-13.", "AB-13", "ticket_id"),
        ("Remove the eggs from my list.", "eggs", "items"),
        ("Das Sofa darf 2,20 m breit sein.", 220, "max_width_cm"),
    ],
)
def test_joined_values_and_single_ones_stay_what_they_are(text: str, value: Any, name: str) -> None:
    assert mentions(text, value, About(name))
