"""How people say times, amounts, companies, periods and choices every day, and what only looks like it."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.statements import About, conveys, mentions

_TEXT: dict[str, Any] = {"type": "string"}
_DATE: dict[str, Any] = {"type": "string", "format": "date"}
_NUMBER: dict[str, Any] = {"type": "number"}
_YES_OR_NO: dict[str, Any] = {"type": "boolean"}


def _one_of(*options: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(options)}


_SORTS = _one_of("rating_desc", "rating_asc", "date_desc")
_CABINS = _one_of("economy", "business", "first")
_LEVELS = _one_of("low", "medium", "high")
_OFTEN = _one_of("daily", "weekly", "biweekly", "monthly", "quarterly", "yearly", "weekdays")
_SERVICES = _one_of("takeaway", "dine_in")
_SIDES = _one_of("portrait", "landscape")
_POUNDS = {"type": "number", "description": "Amount in pounds"}

Row = tuple[str, Any, str, dict[str, Any]]

SAID: list[Row] = [
    # Times
    ("Get me a cab for 1745, please", "17:45", "pickup", {"type": "string", "format": "time"}),
    ("Wake me at 0630", "06:30", "time", _TEXT),
    ("The meeting runs from 0900 to 1030", "09:00", "start_time", _TEXT),
    ("The meeting runs from 0900 to 1030", "10:30", "end_time", _TEXT),
    ("Move it to seven fifteen", "19:15", "time", _TEXT),
    ("at seven forty-five please", "07:45", "time", _TEXT),
    ("at 7ish", "19:00", "time", _TEXT),
    ("Metti la sveglia alle sette meno venti di mattina", "06:40", "alarm", _TEXT | {"description": "time HH:MM"}),
    ("Metti la sveglia alle sette e venti di mattina", "07:20", "alarm", _TEXT | {"description": "time HH:MM"}),
    ("às vinte para as sete da manhã", "06:40", "time", _TEXT),
    ("um fünf nach halb acht abends", "19:35", "time", _TEXT),
    ("um fünf vor halb acht morgens", "07:25", "time", _TEXT),
    # Days reckoned from others, months and quarters
    ("Today's Monday 2 March 2026. Book it for this Friday.", "2026-03-06", "date", _DATE),
    ("the first Monday in June 2026", "2026-06-01", "date", _DATE),
    ("the last Friday in May", "2026-05-29", "date", _DATE),
    ("New Year's Day 2027", "2027-01-01", "date", _DATE),
    ("by the end of March 2026", "2026-03-31", "due_date", _DATE),
    ("the last day of February 2028", "2028-02-29", "date", _DATE),
    ("from June 3rd for five nights", "2026-06-08", "check_out", _DATE),
    ("from June 3rd for five nights", "2026-06-03", "check_in", _DATE),
    ("for a week from the 10th of May 2026", "2026-05-17", "end_date", _DATE),
    ("arriving May 30, staying three nights", "2026-06-02", "checkout_date", _DATE),
    ("8th Aug, returning on the 15th", "2026-08-15", "return_date", _DATE),
    ("28 December 2026, returning on the 3rd", "2027-01-03", "return_date", _DATE),
    ("the March figures for 2026", "2026-03", "period", _TEXT),
    ("in Q2 2026", "2026-Q2", "quarter", _TEXT),
    ("the second quarter", "2026-Q2", "quarter", _TEXT),
    # Amounts
    ("Houses up to three quarters of a million dollars", 750000, "price_max", _NUMBER),
    ("about a quarter of a million", 250000, "budget", _NUMBER),
    ("We can spend half a million", 500000, "budget", _NUMBER),
    ("a million and a half at most", 1500000, "budget", _NUMBER),
    ("two million and a half", 2500000, "budget", _NUMBER),
    ("one and a half million", 1500000, "budget", _NUMBER),
    ("two and a half thousand", 2500, "budget", _NUMBER),
    ("a couple hundred", 200, "budget", _NUMBER),
    ("a couple of thousand", 2000, "budget", _NUMBER),
    ("a grand, tops", 1000, "budget", _NUMBER),
    ("send her 20 quid", 20, "amount", _POUNDS),
    ("I owe Lee £5.35, pay him", 5.35, "amount", _POUNDS),
    ("the marathon had 3,200 starters", 3200, "starters", _NUMBER),
    ("take it three times a day", 3, "times_per_day", _NUMBER),
    ("ring the bell twice", 2, "repeat_times", _NUMBER),
    ("siamo in sei", 6, "people", _NUMBER),
    # Companies
    ("Wir sind zu dritt und suchen eine Wohnung auf Rügen", 3, "guests", _NUMBER),
    ("just me", 1, "guests", _NUMBER),
    ("my wife and I would like to come", 2, "guests", _NUMBER),
    ("me and my husband", 2, "guests", _NUMBER),
    ("both of us", 2, "party_size", _NUMBER),
    # Names and units
    ("Leave a voicemail for Zoë", "Zoe", "contact", _TEXT),
    ("Write to Bjoern", "Björn", "contact", _TEXT),
    ("only Dutch suppliers", "NL", "supplier_country", _TEXT),
    ("The box is 40 cm long, 30 wide and 20 high", 30, "width_cm", _NUMBER),
    ("Pon el temporizador en hora y media", 90, "minutes", _NUMBER),
    ("the recipe's in ounces, give me grams instead", "g", "to_unit", _one_of("g", "kg", "oz", "lb")),
    # Choices
    ("extra hot, please", "hot", "spice", _one_of("mild", "medium", "hot")),
    ("the black one", "black", "color", _one_of("black", "white")),
    ("cheapest first", "price", "sort_by", _one_of("price", "rating")),
    ("let me know when it is done", True, "notify", _YES_OR_NO),
    ("no notifications", False, "notify", _YES_OR_NO),
    ("a one way ticket", False, "return_trip", _YES_OR_NO),
    ("delete it for good", True, "permanent", _YES_OR_NO),
    ("keep the old one too", False, "overwrite", _YES_OR_NO),
    ("it repeats every week", True, "recurring", _YES_OR_NO),
    ("we'd rather not sit outside", False, "outdoor", _YES_OR_NO),
    ("Reviews please, and start with the ones people liked best", "rating_desc", "sort", _SORTS),
    ("best ones on top", "rating_desc", "sort", _SORTS),
    ("We'd rather stretch out, put us in business", "business", "cabin", _CABINS),
    ("in coach", "economy", "cabin", _CABINS),
    ("that typo can wait", "low", "priority", _LEVELS),
    ("whenever you get round to it", "low", "priority", _LEVELS),
    ("this cannot wait", "high", "priority", _LEVELS),
    ("drop everything, fix this", "high", "priority", _LEVELS),
    ("water the orchids every seven days", "weekly", "frequency", _OFTEN),
    ("every morning", "daily", "frequency", _OFTEN),
    ("every Monday", "weekly", "recurrence", _OFTEN),
    ("on Tuesdays", "weekly", "recurrence", _OFTEN),
    ("jeden Freitag", "weekly", "recurrence", _OFTEN),
    ("tous les mois", "monthly", "recurrence", _OFTEN),
    ("on the 1st of each month", "monthly", "recurrence", _OFTEN),
    ("every other week", "biweekly", "frequency", _OFTEN),
    ("alle zwei Wochen", "biweekly", "frequency", _OFTEN),
    ("every three months", "quarterly", "frequency", _OFTEN),
    ("every 12 months", "yearly", "frequency", _OFTEN),
    ("each weekday", "weekdays", "repeat", _OFTEN),
    ("Quiero el café para llevar", "takeaway", "service", _SERVICES),
    ("two coffees to go", "takeaway", "service", _SERVICES),
    ("we'll eat here", "dine_in", "service", _SERVICES),
    ("Turn the poster on its side so that it's wider than tall", "landscape", "orientation", _SIDES),
    ("Wrap it up nicely, it's for my niece's birthday", True, "gift_wrap", _YES_OR_NO),
    ("Just the instrumental version", False, "vocals", _YES_OR_NO),
    ("do a trial run of the migration first", True, "dry_run", _YES_OR_NO),
    ("Die Wohnung sollte möbliert sein", True, "furnished", _YES_OR_NO),
    ("switch the porch light off", False, "on", _YES_OR_NO),
    ("switch the porch light on", True, "on", _YES_OR_NO),
    ("only what is on sale", True, "on_sale", _YES_OR_NO),
    ("Turn shuffle off and play the album", False, "shuffle", _YES_OR_NO),
    ("Mietwagen mit Vollkasko, aber ohne Navi", False, "navigation", _YES_OR_NO),
    ("I'd rather take the train than fly or drive", "train", "mode", _one_of("train", "plane", "car")),
    ("com cartão de crédito, por favor", "credit_card", "payment", _one_of("credit_card", "cash")),
    ("No me mandes el recibo en papel", False, "paper_receipt", _YES_OR_NO),
]

NOT_SAID: list[Row] = [
    ("Ship it to 1745 Elm Street", "17:45", "time", _TEXT),
    ("It was built in 1745.", "17:45", "time", _TEXT),
    ("Order 1745 screws", "17:45", "time", _TEXT),
    ("kurz vor acht", "07:25", "time", _TEXT),
    ("move it to 7 15 people are coming", "19:15", "time", _TEXT),
    ("mid-June", "2026-06-15", "date", _DATE),
    ("the first Monday in June 2026", "2026-06-08", "date", _DATE),
    ("the last Friday in May", "2026-05-22", "date", _DATE),
    ("Today's Monday 2 March 2026. Book it for this Friday.", "2026-03-13", "date", _DATE),
    ("8th Aug, returning on the 15th", "2026-08-15", "departure_date", _DATE),
    ("8th Aug, and back to the 15th floor", "2026-08-15", "return_date", _DATE),
    ("from June 3rd for five people", "2026-06-08", "check_out", _DATE),
    ("from June 3rd for five nights", "2026-06-07", "check_out", _DATE),
    ("the figures of 2026, and march on", "2026-03", "period", _TEXT),
    ("the March figures for 2025", "2026-03", "period", _TEXT),
    ("a quarter of the 2026 budget", "2026-Q1", "quarter", _TEXT),
    ("the second quarter of 2025", "2026-Q2", "quarter", _TEXT),
    ("switch the porch light off", True, "on", _YES_OR_NO),
    ("Let me know what the store says", True, "notify", _YES_OR_NO),
    ("Turn shuffle off and play the album", True, "shuffle", _YES_OR_NO),
    ("Dutch cheese from a supplier", "NL", "supplier_country", _TEXT),
    ("The box is 40 cm long, 30 wide and 20 high", 20, "width_cm", _NUMBER),
    ("How many baht is 90 euros?", "EUR", "to_currency", _TEXT),
    ("It isn't due on May 20 any more.", "2026-05-20", "due_date", _DATE),
    ("Bake for 40 minutes, then let it rest for 15 before slicing.", 40, "rest_minutes", _NUMBER),
    ("3 parcels are on their way", "3", "tracking_number", _TEXT),
    ("take the 'wontfix' label off", "wontfix", "labels_to_add", _TEXT),
    ("remove the address column, keep the name", "name", "columns_to_remove", _TEXT),
    ("down from Jan 8 at 23:00 to Jan 9 at 02:00", "2026-01-08T23:00", "end", _TEXT),
    ("80 of us at the reception", 80, "budget", _NUMBER),
    ("Forward Ivan's report to Katrin", "Ivan", "recipient", _TEXT),
    ("print pages 3 to 9", 3, "copies", _NUMBER),
    ("la chambre 204 comme la dernière fois", 204, "nights", _NUMBER),
    ("4-star hotels in Bath", 4, "guests", _NUMBER),
    ("Ask Florence if she comes", "Florence", "city", _TEXT),
    ("Der Zug fährt höchstens 120 km/h", 120, "distance_km", _NUMBER),
    ("a quarter of an hour, and a million thanks", 250000, "budget", _NUMBER),
    ("a few hundred", 300, "budget", _NUMBER),
    ("a grand hotel", 1000, "budget", _NUMBER),
    ("the marathon had 3,200 starters", 3.2, "starters", _NUMBER),
    ("twice as many as last time", 2, "repeat_times", _NUMBER),
    ("twice a week I call her", 2, "price", _NUMBER),
    ("tu sei gentile", 6, "people", _NUMBER),
    ("my wife and I and the kids", 2, "guests", _NUMBER),
    ("our friends, my wife and I", 2, "guests", _NUMBER),
    ("my wife and I", 2, "children", _NUMBER),
    ("just me and my sister", 1, "guests", _NUMBER),
    ("the recipe's in ounces, give me grams instead", "oz", "to_unit", _one_of("g", "kg", "oz", "lb")),
    ("we have a business to run", "business", "cabin", _CABINS),
    ("she is away on a business trip", "business", "cabin", _CABINS),
    ("it is our first flight", "first", "cabin", _CABINS),
    ("this cannot wait", "low", "priority", _LEVELS),
    ("I can't wait to see you", "high", "priority", _LEVELS),
    ("I can wait for you at the station", "low", "priority", _LEVELS),
    ("every other week", "weekly", "frequency", _OFTEN),
    ("every two weeks", "weekly", "frequency", _OFTEN),
    ("every three months", "monthly", "frequency", _OFTEN),
    ("every other Monday", "weekly", "frequency", _OFTEN),
    ("we want to go", "takeaway", "service", _SERVICES),
    ("a place to go tonight", "takeaway", "service", _SERVICES),
    ("it stands upright on its side table", "landscape", "orientation", _SIDES),
    ("we'd rather not sit outside", True, "outdoor", _YES_OR_NO),
    ("Is there a black cat in the white one?", "black", "color", _one_of("black", "white")),
    ("Wrap the meeting up by five", True, "gift_wrap", _YES_OR_NO),
    ("go for a run when it is dry", True, "dry_run", _YES_OR_NO),
    ("Die Wohnung ist unmöbliert", True, "furnished", _YES_OR_NO),
    ("Mándame el recibo en papel", False, "paper_receipt", _YES_OR_NO),
    ("No olvides mandarme el recibo en papel", False, "paper_receipt", _YES_OR_NO),
]  # fmt: skip


def _stated(text: str, value: Any, name: str, schema: dict[str, Any]) -> bool:
    about = About(name, schema)
    if "enum" in schema or schema["type"] == "boolean":
        return conveys(text, value, about) is not None
    return bool(mentions(text, value, about))


@pytest.mark.parametrize("row", SAID, ids=[f"{name}-{text}" for text, _, name, _ in SAID])
def test_what_people_say_every_day_is_understood(row: Row) -> None:
    assert _stated(*row)


@pytest.mark.parametrize("row", NOT_SAID, ids=[f"{name}-{text}" for text, _, name, _ in NOT_SAID])
def test_what_only_looks_like_it_is_not(row: Row) -> None:
    assert not _stated(*row)
