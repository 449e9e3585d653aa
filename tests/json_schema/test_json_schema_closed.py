"""Whether a schema leaves any object open."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from toolgrad_dspy.json_schema import is_closed

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        (CLOSED, True),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, True),
        ({"type": "string"}, True),
        ({}, True),
        ({"type": "object"}, False),
        ({"type": ["object", "null"]}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({**CLOSED, "additionalProperties": {"type": "string"}}, False),
        ({"type": "object", "properties": {"a": {"type": "object"}}}, False),
        ({"type": "object", "properties": {"a": True}}, False),
        ({"type": "array", "items": {"anyOf": [{"type": "null"}, {"type": "object"}]}}, False),
        ({"type": "object", "properties": {"type": {"const": "object"}}}, True),
        ({**CLOSED, "default": {"type": "object"}, "examples": [{"type": "object"}]}, True),
        ({"$ref": "#/$defs/C", "$defs": {"C": CLOSED}}, True),
        ({"$ref": "#/$defs/C", "$defs": {"C": {"type": "object"}}}, False),
        ({"$ref": "#/$defs/C", "$defs": {"C": {**CLOSED, "properties": {"a": {"$ref": "#/$defs/C"}}}}}, True),
        ({"$ref": "https://example.org/elsewhere"}, False),
        ({"$ref": "#/$defs/None"}, False),
    ],
)
def test_an_object_is_closed_when_it_names_its_properties(schema: dict[str, Any], closed: bool) -> None:
    assert is_closed(schema) is closed


def test_references_into_a_document_are_followed() -> None:
    document: Any = {"components": {"schemas": {"Open": {"type": "object"}, "Closed": CLOSED}}}
    assert is_closed({"$ref": "#/components/schemas/Closed"}, document)
    assert not is_closed({"$ref": "#/components/schemas/Open"}, document)


def test_models_of_pydantic_are_told_apart() -> None:
    class Inner(BaseModel):
        model_config = ConfigDict(extra="forbid")
        name: str | None = None

    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        inner: list[Inner]

    class Open(Closed):
        more: dict[str, Inner]

    assert is_closed(Closed.model_json_schema())
    assert not is_closed(Open.model_json_schema())
