"""Values out of the sentences of results, and sums, products and names that stand deeper in them."""

from typing import Any

import pytest

from tests.provenance.test_origin_derived import origins
from toolgrad_dspy.provenance.origins import rederived

TWO_ORDERS = {"orders": [{"lines": [{"hours": 12}, {"hours": 9}]}, {"lines": [{"hours": 4}]}]}


@pytest.mark.parametrize(
    ("arguments", "result", "rule"),
    [
        ({"hours": 8}, {"notes": "Bake it for 8 hours at 54 °C, then let it cool."}, "number_in"),
        ({"temperature_celsius": 54}, {"notes": "Bake it for 8 hours at 54 °C, then let it cool."}, "number_in"),
        ({"wait_seconds": 15}, "Restart the node and wait 15 s before you call it.", "number_in"),
        ({"weight_kg": 2.5}, {"text": "The parcel has 2.5 kg and is 40 cm long."}, "number_in"),
        ({"due": "2026-10-19"}, {"body": "Please send us the list by 19 October 2026 at the latest."}, "date_of"),
        ({"due": "2027-05-02"}, {"body": "The rest is due on May 2nd, 2027, as agreed."}, "date_of"),
        ({"amount": 3.72}, {"cost": "EUR 3.72"}, "number_in"),
        ({"price": 0.05}, {"rate": "$0.05 per GB"}, "number_in"),
        ({"hours": 25}, TWO_ORDERS, "sum"),
        ({"amount": 84.5}, {"unit": 16.9, "quantity": 5}, "product"),
        ({"coach": "Lindqvist"}, {"coach": {"name": "Rosa Lindqvist"}}, "part_of_name"),
        ({"teacher": "Rosa"}, {"teachers": {"T-042": {"name": "Rosa Lindqvist"}}}, "part_of_name"),
    ],
)
def test_what_a_sentence_or_a_deeper_record_gives_is_derived_and_computes_again(
    arguments: dict[str, Any], result: Any, rule: str
) -> None:
    (origin,) = origins(arguments, result)
    assert (origin.kind, origin.match, origin.rule) == ("result", "derived", rule)
    (value,) = arguments.values()
    assert rederived(origin, value, {"s1": result})


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ({"hours": 8}, {"notes": "It may take up to 8 hours."}),
        ({"hours": 8}, {"notes": "It is checked every 8 hours."}),
        ({"guests": 8}, {"notes": "Bake it for 8 hours."}),
        ({"minutes": 8}, {"notes": "Bake it for 8 hours."}),
        ({"max_hours": 8}, {"notes": "Bake it for 8 hours."}),
        ({"due": "2026-10-19"}, {"body": "Please send us the list by 20 October 2026."}),
        ({"people": 5}, {"body": "In May 5 people come, and 2026 of them stay."}),
        ({"max_price": 3.72}, {"cost": "EUR 3.72"}),
        ({"guests": 25}, TWO_ORDERS),
        ({"days": 3}, {"terms": "Comes in 3 days."}),  # terms and wishes are often equal
        ({"celsius": 40}, {"days": [{"celsius": 21}, {"celsius": 19}]}),
        ({"title": "Rosa"}, {"street": "Rosa Street"}),
    ],
)
def test_what_only_looks_like_it_stays_the_users(arguments: dict[str, Any], result: Any) -> None:
    (origin,) = origins(arguments, result)
    assert origin.kind == "user"


def test_a_long_text_is_read_in_bounded_time() -> None:
    (origin,) = origins({"hours": 7}, {"log": "8 hours and 9 h at 54 °C on 19 October 2026. " * 40_000})
    assert origin.kind == "user"
