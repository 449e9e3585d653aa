"""What a parameter's name and schema say about how its values are stated."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.statements import About, states

STATED: list[tuple[str, Any, About]] = [
    # Dates
    ("Kommt bitte am vierzehnten Mai vorbei", "2026-05-14", About("date")),
    ("le quatorze juillet, à vingt heures", "2026-07-14T20:00", About("when")),
    ("del 3 al 7 de agosto", "2026-08-07", About("end_date")),
    ("from the 3rd to the 7th of August", "2026-08-03", About("start")),
    ("il primo maggio", "2026-05-01", About("date")),
    ("the week of Sep 7th, 2026", "2026-09-07", About("date")),
    ("5月14日から16日まで", "2026-05-16", About("date")),
    ("五月十四日", "2026-05-14", About("date")),
    ("on the 2nd of Feb '26", "2026-02-02", About("date")),
    ("in May 2026", "2026-05", About("month")),
    ("on May 3, 5 and 7.", "2026-05-05", About("date")),
    ("entre o dia 10 e 12 de março", "2026-03-12", About("date")),
    ("by Jan 5", "01/05/2026", About("date")),
    ("starting on May 14", "2026-05-14T00:00:00", About("from")),
    ('from "2026-05-12" on', "2026-05-12", About("first")),
    ("Today is Tuesday the 3rd of June 2025, come tomorrow", "2025-06-04", About("date")),
    ("It's Sunday 12 October here; the day after tomorrow", "2025-10-14", About("date")),
    ("Heute ist der 30. Dezember 2025, wir kommen übermorgen", "2026-01-01", About("date")),
    ("Nous sommes le 14 mai 2026, je pars dans trois jours", "2026-05-17", About("date")),
    ("They marry on Christmas Eve", "2026-12-24", About("date")),
    ("bis Silvester", "2026-12-31", About("until")),
    ("born nov 9 '81", "1981-11-09", About("birthdate")),
    ("today is 5 May 2026, and it broke two weeks ago", "2026-04-21", About("date")),
    # Times
    ("um viertel nach drei nachmittags", "15:15", About("time")),
    ("um dreiviertel acht", "07:45", About("time")),
    ("at ten past four pm", "16:10", About("time")),
    ("at five to five", "16:55", About("time")),
    ("at 6:45 this evening", "18:45", About("time")),
    ("alle sette e mezza di sera", "19:30", About("time")),
    ("às oito e meia da noite", "20:30", About("time")),
    ("a las cinco y cuarto de la tarde", "17:15", About("time")),
    ("à minuit", "00:00", About("time")),
    ("seven-thirty in the morning", "07:30", About("time")),
    ("from 9 to 10 in the morning", "09:00", About("time")),
    ("午後3時半", "15:30", About("time")),
    # Durations and other units
    ("for two and a half hours", 150, About("duration_min")),
    ("for 1h30", 90, About("duration", {"description": "Duration in minutes"})),
    ("2 hours 15 minutes", 135, About("minutes")),
    ("pendant deux heures et demie", 150, About("minutes")),
    ("durante tres cuartos de hora", 45, About("minutes")),
    ("eine Dreiviertelstunde", 45, About("minutes")),
    ("mezz'ora", 30, About("minutes")),
    ("for a fortnight", 14, About("days")),
    ("we keep them for a decade", 10, About("retention_years")),
    ("the dough rests a day and a half", "PT36H", About("rest")),
    ("a timer for 90 sec", "PT1M30S", About("duration")),
    ("32 degrees Fahrenheit", 0, About("celsius")),
    ("nineteen dollars and ninety-nine cents", 19.99, About("price_usd")),
    ("three years", 36, About("months")),
    ("within 500 m", 0.5, About("radius_km")),
    ("within three miles", 3, About("distance", {"description": "Distance in miles"})),
    ("a 10k run", 10, About("distance_km")),
    # Numbers
    ("a pair of tickets", 2, About("tickets")),
    ("half a dozen eggs", 6, About("quantity")),
    ("une demi-douzaine de croissants", 6, About("quantity")),
    ("ein halbes Dutzend Eier", 6, About("quantity")),
    ("media docena de huevos", 6, About("quantity")),
    ("mil quinientas personas", 1500, About("people")),
    ("dreieinhalb Sterne", 3.5, About("rating")),
    ("zweihundertfünfzig Euro", 250, About("budget")),
    ("0,5 Liter", 0.5, About("litres")),
    ("２５人", 25, About("people")),
    ("二十五人", 25, About("people")),
    ("٤ أشخاص", 4, About("people")),
    ("a quarter of it", 0.25, About("share")),
    ("fifty percent", 0.5, About("share")),
    ("2.5m views", 2_500_000, About("views")),
    ("€ 1 200", 1200, About("price", {"description": "Price in EUR"})),
    ("1'250 Franken", 1250, About("price")),
    ("twelve hundred dollars", 1200, About("budget")),
    ("twelve dollars fifty", 12.5, About("price_usd")),
    ("40 cents", 40, About("amount_cents")),
    ("the third floor", 3, About("floor")),
    ("book me a table", 1, About("tables")),
    ("in two thousand and twenty-six", "2026", About("year")),
    # Languages, currencies, countries, cities
    ("auf Französisch", "fr", About("language")),
    ("en allemand", "deu", About("lang")),
    ("in Mandarin Chinese", "zh", About("language")),
    ("a French-speaking guide", "fr", About("guide_language")),
    ("用日语", "ja", About("lang")),
    ("in British English", "en-GB", About("locale")),
    ("in simplified Chinese", "zh-CN", About("locale")),
    ("auf Chinesisch (traditionell)", "zh-Hant", About("locale")),
    ("Übersetze das ins Französische", "fr", About("target_lang")),
    ("ein Text aus dem Spanischen", "es", About("source_lang")),
    ("set the language to de", "de", About("lang")),
    ("¿cuánto es en dólares?", "USD", About("currency")),
    ("pay in pounds", "GBP", About("currency")),
    ("how much is £30 worth", "GBP", About("from_currency")),
    ("to the States", "US", About("country")),
    ("in Deutschland", "DEU", About("country")),
    ("en España", "Spain", About("country")),
    ("I'm a German citizen", "DE", About("nationality")),
    ("nach Wien", "Vienna", About("city")),
    ("in LA", "Los Angeles", About("city")),
    ("We land in D.C. at nine", "Washington, D.C.", About("city")),
    ("to Central London on Monday", "London", About("city")),
    ("in Boston, Massachusetts", "Boston, MA", About("location")),
    # Other texts
    ("12 Oak Avenue", "12 Oak Ave", About("address")),
    ("quarterly-report final v3.pdf", "quarterly_report_final_v3.pdf", About("filename")),
    ("restaurants that are vegan", "vegan restaurant", About("query")),
    ("museums of modern art", "modern art museum", About("query")),
    ("order A-1042", "A1042", About("order_id")),
    ("IBAN DE89 3704 0044 0532 0130 00", "DE89370400440532013000", About("iban")),
    ("call (415) 555-0199", "+14155550199", About("phone")),
    ("no onions, please", "onions", About("exclude_ingredients")),
]

NOT_STATED: list[tuple[str, Any, About]] = [
    ("May 13-15", "2026-05-14", About("date")),
    ("on the 14th", "2026-05-14", About("date")),
    ("14 people in May", "2026-05-14", About("date")),
    ("they march 14 miles, and may 14 people come?", "2026-03-14", About("date")),
    ("and may 14 people come?", "2026-05-14", About("date")),
    ("it costs 19.30", "19:30", About("time")),
    ("at half past seven in the morning", "19:30", About("time")),
    ("from 9 to 10 in the morning", "21:00", About("time")),
    ("halb acht", "08:30", About("time")),
    ("a table for seven", "07:00", About("time")),
    ("two weeks", 2, About("days")),
    ("90 minutes", 90, About("hours")),
    ("an hour and a half", 60, About("minutes")),
    ("a dozen", 10, About("count")),
    ("1.5k", 1.5, About("count")),
    ("2 million", 2, About("count")),
    ("12 people at 8 pm", 8, About("party_size")),
    ("on May 14 for six", 14, About("party_size")),
    ("the report is due on Friday", 2, About("count")),
    ("a room near the harbour", 1, About("guests")),
    ("the first of May", 1, About("guests")),
    ("$40", 40, About("max_price_eur")),
    ("5 miles", 5, About("radius_km")),
    ("40%", 40, About("price_usd")),
    ("Mi casa es de madera", "de", About("lang")),
    ("a German restaurant", "de", About("lang")),
    ("do it for me", "it", About("lang")),
    ("90 Canadian dollars", "USD", About("currency")),
    ("350 degrees F", 350, About("oven_celsius")),
    ("add the song 'Fourth of July' to my list", "2026-07-04", About("date")),
    ("the Halloween party on the 20th", "2026-10-31", About("date")),
    ("add 127 Hours to my watchlist", 127, About("hours")),
    ("un vélo neuf pour ma fille", 9, About("quantite")),
    ("gib acht: zwei Pakete", 8, About("pakete")),
    ("a desk 2 m long and 80 cm wide", 200, About("width_cm")),
    ("it's $45 a head", 45, About("total_usd")),
    ("we're on BA117, 8 of us", "BA1178", About("flight")),
    ("lose 10 pounds", "GBP", About("currency")),
    ("tell us more", "US", About("country")),
    ("who plays in the Euros semi-final?", "EUR", About("currency")),
    ("I'm off to Guinea-Bissau", "Guinea", About("country")),
    ("im französischen Lokal", "fr", About("lang")),
    ("Order the Jack London box set", "London", About("city")),
    ("The train goes through Washington state", "Washington, D.C.", About("city")),
    ("Mark the last three mails as read", "Mark", About("sender")),
    ("Rob us of an hour, will it?", "Rob", About("name")),
    ("come tomorrow, not on the 3rd of June 2025", "2025-06-04", About("date")),
    ("North Korea", "KR", About("country")),
    ("la reunión", "Los Angeles", About("city")),
    ("not in Paris", "Paris", About("city")),
    ("sin cebolla", "cebolla", About("topping")),
    ("everything except onions", "onions", About("topping")),
    ("anything but Thai", "Thai", About("cuisine")),
    ("Can you mark it? Will you?", "Will", About("name")),
    ("from Paris to London", "London to Paris", About("route")),
    ("red wine and no cheese", "red cheese", About("query")),
    ("a 12 year old", "A12", About("table")),
    ("my_notes.txt", "notes.txt", About("filename")),
]


@pytest.mark.parametrize(("text", "value", "about"), STATED, ids=[row[0] for row in STATED])
def test_what_is_known_of_the_parameter_tells_how_its_value_is_said(text: str, value: Any, about: About) -> None:
    assert states(text, value, about)


@pytest.mark.parametrize(("text", "value", "about"), NOT_STATED, ids=[row[0] for row in NOT_STATED])
def test_the_same_words_for_something_else_are_no_statement(text: str, value: Any, about: About) -> None:
    assert not states(text, value, about)


@pytest.mark.parametrize(
    ("name", "description", "dimension"),
    [
        ("duration_minutes", "", "duration"),
        ("length", "How long, in hours", "duration"),
        ("max_price_usd", "", "money:USD"),
        ("price", "Price in EUR", "money:EUR"),
        ("weight_kg", "", "mass"),
        ("months", "", "months"),
    ],
)
def test_a_unit_is_in_the_name_or_in_the_description(name: str, description: str, dimension: str) -> None:
    unit = About(name, {"description": description}).unit
    assert unit is not None
    assert unit.dimension == dimension


@pytest.mark.parametrize("name", ["min_area", "party_size", "m", "in", "check_in"])
def test_a_name_that_only_looks_like_a_unit_has_none(name: str) -> None:
    assert About(name).unit is None
