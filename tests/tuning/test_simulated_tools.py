"""What tools would answer: values made from a schema."""

import json
from typing import Any

from toolgrad_dspy.tuning.recorded.simulated_tools import example_of


def test_an_example_is_made_of_what_a_schema_says() -> None:
    schema: dict[str, Any] = {
        "$defs": {
            "Place": {"properties": {"place_id": {"type": "string", "examples": ["plc_1"]}, "n": {"const": 3}}}
        },
        "properties": {
            "places": {"type": "array", "items": {"$ref": "#/$defs/Place"}},
            "unit": {"anyOf": [{"enum": ["km", "mi"]}, {"type": "null"}]},
            "total": {"type": "integer"},
            "note": {},
        },
    }
    made = example_of(schema, schema)
    assert made == {
        "places": [{"place_id": "plc_1", "n": 3}],
        "unit": "km",
        "total": 1234,
        "note": "simulated",
    }
    loop: dict[str, Any] = {"$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}, "$ref": "#/$defs/A"}
    assert "simulated" in json.dumps(example_of(loop, loop))
