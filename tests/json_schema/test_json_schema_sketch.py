"""The shape of a schema as prompts show it."""

import asyncio
import hashlib
import json
from typing import Any

import pytest

from toolgrad_dspy.json_schema import sketch
from toolgrad_dspy.records import leaves
from toolgrad_dspy.world import WorldSource

NULL = {"type": "null"}
TEXT: Any = {"type": "string"}
WHOLE = {"type": "integer"}
PET: Any = {"type": "object", "properties": {"name": TEXT}}


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        # Objects, lists and plain types
        (TEXT, "string"),
        ({"properties": {"id": TEXT, "n": WHOLE}}, {"id": "string", "n": "integer"}),
        ({"type": "array", "items": {"type": "number"}}, ["number"]),
        ({"prefixItems": [TEXT, WHOLE]}, ["string", "integer"]),
        ({"items": [TEXT, WHOLE]}, ["string", "integer"]),
        ({"type": "array"}, "array"),
        ({"type": "object"}, "object"),
        ({"type": "object", "properties": {}}, "object"),
        ({"type": "object", "properties": {}, "additionalProperties": False}, {}),
        ({"properties": {"a": TEXT, "b": False}}, {"a": "string"}),
        ({}, "any"),
        (True, "any"),
        (None, "any"),
        # Maps
        ({"type": "object", "additionalProperties": WHOLE}, {"<key>": "integer"}),
        ({"type": "object", "patternProperties": {"^x-": PET}}, {"<key>": {"name": "string"}}),
        ({"type": "object", "additionalProperties": True}, "object"),
        ({"type": "object", "additionalProperties": {}}, "object"),
        # Several types
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": ["null", "integer", "string"]}, "integer | string | null"),
        ({"type": "string", "nullable": True}, "string | null"),
        ({"nullable": True, "allOf": [TEXT]}, "string | null"),
        ({**PET, "type": ["object", "null"]}, {"name": "string"}),
        ({**PET, "nullable": True}, {"name": "string"}),
        ({"type": ["array", "null"], "items": TEXT}, ["string"]),
        # Values stand for their types
        ({"enum": ["a", "b"]}, "string"),
        ({"enum": ["a", 1, None]}, "string | integer | null"),
        ({"const": True}, "boolean"),
        ({"type": "string", "enum": ["a", "b"]}, "string"),
        ({"pattern": "^a"}, "string"),
        ({"minimum": 1}, "number"),
        # Alternatives
        ({"anyOf": [NULL, TEXT]}, "string"),
        ({"anyOf": [TEXT, WHOLE, NULL]}, "string | integer"),
        ({"oneOf": [NULL]}, "null"),
        ({"oneOf": [PET, TEXT]}, {"name": "string"}),
        ({"oneOf": [TEXT, PET]}, "string | object"),
        ({"anyOf": [{"anyOf": [TEXT, WHOLE]}, {"type": "boolean"}]}, "string | integer | boolean"),
        ({"type": "string", "anyOf": [{"format": "date"}, {"format": "time"}]}, "string"),
        ({**PET, "anyOf": [{"required": ["name"]}, {"required": []}]}, {"name": "string"}),
        ({**PET, "oneOf": [{"properties": {"bark": WHOLE}}, TEXT]}, {"name": "string", "bark": "integer"}),
        # What holds together
        ({"allOf": [PET, {"properties": {"age": WHOLE}}]}, {"name": "string", "age": "integer"}),
        ({"allOf": [PET, {"properties": {"name": {"description": "More."}}}]}, {"name": "string"}),
        (
            {"allOf": [{"properties": {"k": PET}}, {"properties": {"k": {"properties": {"x": TEXT}}}}]},
            {"k": {"name": "string", "x": "string"}},
        ),
        ({"allOf": [{"type": "number"}, WHOLE]}, "integer"),
        ({"extends": PET, "properties": {"age": WHOLE}}, {"age": "integer", "name": "string"}),
        # References
        ({"$defs": {"P": PET}, "items": {"$ref": "#/$defs/P"}}, [{"name": "string"}]),
        ({"definitions": {"P": PET}, "$ref": "#/definitions/P"}, {"name": "string"}),
        ({"$ref": "#pet", "$defs": {"P": {**PET, "$anchor": "pet"}}}, {"name": "string"}),
        (
            {"$ref": "#/$defs/P", "properties": {"age": WHOLE}, "$defs": {"P": PET}},
            {"age": "integer", "name": "string"},
        ),
        ({"$ref": "#/$defs/Nowhere"}, "any"),
        ({"$ref": "https://example.org/elsewhere"}, "any"),
    ],
)
def test_a_schema_is_sketched_as_an_example_like_value(schema: Any, shape: Any) -> None:
    assert sketch(schema) == shape


def test_a_schema_of_an_api_is_sketched_from_its_document() -> None:
    document: Any = {
        "openapi": "3.0.3",
        "components": {
            "schemas": {
                "Pet": {"allOf": [{"$ref": "#/components/schemas/New"}, {"properties": {"id": WHOLE}}]},
                "New": {"type": "object", "properties": {"name": TEXT, "tag": {"type": "string", "nullable": True}}},
            }
        },
    }
    listed: Any = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    assert sketch(listed, document) == [{"name": "string", "tag": "string | null", "id": "integer"}]


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        (
            {
                "$ref": "#/$defs/Node",
                "$defs": {"Node": {"properties": {"id": TEXT, "next": {"$ref": "#/$defs/Node"}}}},
            },
            {"id": "string", "next": "Node"},
        ),
        ({"properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}, {"children": ["..."]}),
        ({"title": "Tree", "properties": {"up": {"$ref": "#"}}}, {"up": "Tree"}),
        (
            {
                "$ref": "#/$defs/A",
                "$defs": {
                    "A": {"properties": {"b": {"$ref": "#/$defs/B"}}},
                    "B": {"properties": {"a": {"anyOf": [{"$ref": "#/$defs/A"}, NULL]}}},
                },
            },
            {"b": {"a": "A"}},
        ),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, TEXT]}}}, "A | string"),
        ({"$ref": "#"}, "any"),
    ],
)
def test_a_schema_inside_of_itself_ends_in_its_name(schema: dict[str, Any], shape: Any) -> None:
    assert sketch(schema) == shape


def nested(levels: int, inner: dict[str, Any]) -> dict[str, Any]:
    for _ in range(levels):
        inner = {"type": "object", "properties": {"a": inner}}
    return inner


def test_what_lies_too_deep_is_anything_but_plain_types_are_told() -> None:
    assert sketch(nested(6, {"type": "number"})) == {"a": {"a": {"a": {"a": {"a": {"a": "number"}}}}}}
    assert sketch(nested(6, PET)) == {"a": {"a": {"a": {"a": {"a": {"a": "any"}}}}}}
    assert sketch(nested(5, {"type": "array", "items": TEXT})) == {"a": {"a": {"a": {"a": {"a": ["string"]}}}}}


def test_an_object_of_many_keys_says_how_many_are_not_shown() -> None:
    shape = sketch({"properties": {f"p{number}": TEXT for number in range(120)}})
    assert isinstance(shape, dict)
    assert len(shape) == 51
    assert shape["…"] == "70 more"


def test_a_large_schema_is_shown_less_deep() -> None:
    levels: Any = {
        f"d{level}": {"properties": {f"p{key}": {"$ref": f"#/$defs/d{level + 1}"} for key in range(9)}}
        for level in range(40)
    }
    shape = sketch({"$ref": "#/$defs/d0", "$defs": {**levels, "d40": TEXT}})
    assert len(list(leaves(shape))) <= 250
    assert isinstance(shape, dict)
    assert set(shape) == {f"p{key}" for key in range(9)}


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_shared_alternatives_do_not_double(word: str) -> None:
    following = [{"$ref": f"#/$defs/d{level + 1}"} for level in range(40)]
    levels: Any = {f"d{level}": {word: [dict(one), dict(one)]} for level, one in enumerate(following)}
    shape = sketch({"$ref": "#/$defs/d0", "$defs": {**levels, "d40": TEXT}})
    assert shape == ("string" if word == "allOf" else "any")


# The sketches of the bundled world's tools are part of every prompt, and so decide which answers are cached.
WORLD = "a50e22ba31e42c2983fb3355a80da6ddaf0149c3ee50fbfcc45c309c17d6af40"


def test_the_tools_of_the_bundled_world_are_sketched_as_ever() -> None:
    async def tools() -> list[Any]:
        async with WorldSource() as world:
            return [[tool.name, sketch(tool.returns)] for tool in await world.tools()]

    sketches = asyncio.run(tools())
    assert len(sketches) == 48
    by_name = dict(sketches)
    assert by_name["list_calendar"]["entries"][0]["reminder"] == "any"
    assert by_name["get_menu"]["dishes"] == [
        {"course": "string", "name": "string", "price": "number", "diets": ["string"]}
    ]
    assert hashlib.sha256(json.dumps(sketches, ensure_ascii=False).encode()).hexdigest() == WORLD
