"""JSON Schemas as servers write them."""

import socket
from typing import Any

import pytest

from toolgrad_dspy.json_schema import adapt, argument_problem, compile_schema, schema_problem


def problem(schema: dict[str, Any], **arguments: Any) -> str | None:
    return argument_problem(compile_schema(schema), arguments)


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ({"type": "object", "properties": []}, "/properties: [] is not of type 'object'"),
        ({"properties": {"a": {"type": "datetime"}}}, "/properties/a/type: 'datetime' is not valid under any"),
        ({"required": "a"}, "/required: 'a' is not of type 'array'"),
        ({"properties": {"a": {"$ref": "#/$defs/None"}}}, "\"$ref\" '#/$defs/None' leads nowhere"),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(schema: dict[str, Any], line: str) -> None:
    found = schema_problem(schema)
    assert found is not None
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("schema", "accepted", "refused"),
    [
        ({"properties": {"a": {"type": "any"}}}, {"a": [1]}, None),
        ({"properties": {"a": {"minimum": 0, "exclusiveMinimum": True}}}, {"a": 0.1}, {"a": 0}),
        ({"properties": {"a": {"maximum": 9, "exclusiveMaximum": False}}}, {"a": 9}, {"a": 9.1}),
        ({"properties": {"a": {"items": {"required": True, "type": "string"}}}}, {"a": ["x"]}, {"a": [1]}),
        ({"anyOf": [{"properties": {"a": {"type": "any"}}}]}, {"a": 1}, None),
        (
            {"properties": {"type": {"enum": ["any"]}, "required": {"type": "boolean"}}},
            {"type": "any"},
            {"type": "x"},
        ),
        (
            {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"const": 1}}},
            {"a": 1},
            {"a": 2},
        ),
        ({"$schema": "https://example.org/own", "properties": {"a": {"const": 1}}}, {"a": 1}, {"a": 2}),
    ],
)
def test_habits_of_real_servers_are_understood(
    schema: dict[str, Any], accepted: dict[str, Any], refused: dict[str, Any] | None
) -> None:
    assert schema_problem(schema) is None
    assert problem(schema, **accepted) is None
    assert refused is None or problem(schema, **refused) is not None


def test_a_schema_without_such_habits_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": {"items": [{"type": "string"}], "required": ["b"]}}}
    assert adapt(schema) == schema


def test_references_within_the_schema_are_followed() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/N"}}, "$defs": {"N": {"type": "integer"}}}
    assert problem(schema, a="x") == "/a: 'x' is not of type 'integer'"


def test_references_to_elsewhere_are_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    schema = {
        "properties": {
            "a": {"$ref": "http://example.org/a.json"},
            "b": {"$ref": "http://example.org/b.json#/definitions/b"},
            "c": {"type": "integer"},
        }
    }
    assert schema_problem(schema) is None
    assert problem(schema, a=1, b=1) is None
    assert problem(schema, a=1, c="x") == "/c: 'x' is not of type 'integer'"


def test_a_long_value_is_cut_in_the_message() -> None:
    found = problem({"properties": {"a": {"type": "integer"}}}, a="x" * 10_000)
    assert found is not None
    assert len(found) < 220
