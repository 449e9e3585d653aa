"""Values made from schemas, checked by the schemas."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft3Validator, Draft4Validator, Draft202012Validator
from jsonschema.validators import validator_for

from toolgrad_dspy.json_schema import MADE_UP, example

PET: Any = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def checked(schema: dict[str, Any]) -> Any:
    """The example, which has to be valid by the library's own validator for the dialect."""
    value = example(schema)
    errors = [
        error.message for error in validator_for(schema, default=Draft202012Validator)(schema).iter_errors(value)
    ]
    assert errors == [], value
    assert example(schema) == value
    return value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, MADE_UP),
        ({"type": "integer"}, 1234),
        ({"type": "number"}, 1234.5),
        ({"type": "boolean"}, True),
        ({"type": "array"}, []),
        ({"type": "object"}, {}),
        ({"type": "null"}, None),
        ({}, MADE_UP),
        ({"const": 3}, 3),
        ({"const": None}, None),
        ({"enum": ["km", "mi"]}, "km"),
        ({"type": "string", "examples": ["plc_1", "plc_2"]}, "plc_1"),
        ({"type": "string", "example": "plc_1"}, "plc_1"),
        ({"type": "integer", "default": 10}, 10),
        ({"type": ["string", "null"], "default": None}, MADE_UP),
        ({"type": ["null", "integer"]}, 1234),
        ({"anyOf": [{"enum": ["km", "mi"]}, {"type": "null"}]}, "km"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ({"items": {"type": "string"}}, [MADE_UP]),
        ({"properties": {"a": {"type": "string"}, "b": {"const": 1}}}, {"a": MADE_UP, "b": 1}),
        ({"$ref": "#/$defs/P", "$defs": {"P": PET}}, {"name": MADE_UP}),
        ({"$ref": "#p", "$defs": {"P": {**PET, "$anchor": "p"}}}, {"name": MADE_UP}),
        ({"$ref": "https://example.org/elsewhere"}, MADE_UP),
    ],
)
def test_an_example_is_what_the_schema_gives_or_a_plain_value(schema: dict[str, Any], value: Any) -> None:
    assert example(schema) == value


@pytest.mark.parametrize(
    "schema",
    [
        # What the schema gives is taken only where it is valid.
        {"type": "integer", "examples": ["none", 7]},
        {"type": "string", "maxLength": 3, "default": "too long", "example": "too long"},
        {"type": "string", "enum": [1, "a"]},
        {"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]},
        # Numbers
        {"type": "integer", "minimum": 5, "maximum": 9},
        {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
        {"type": "integer", "minimum": 5000},
        {"type": "integer", "maximum": -5},
        {"type": "integer", "multipleOf": 7, "minimum": 100, "maximum": 110},
        {"type": "integer", "minimum": 1.5, "maximum": 2.5},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "number", "exclusiveMinimum": 0.1, "maximum": 0.2},
        {"type": "number", "multipleOf": 0.01},
        {"type": "number", "multipleOf": 0.25, "maximum": 3},
        {"type": "number", "minimum": 1e20},
        {"minimum": 10},
        # Texts
        {"type": "string", "minLength": 30},
        {"type": "string", "maxLength": 4},
        {"type": "string", "minLength": 4, "maxLength": 4},
        {"type": "string", "maxLength": 0},
        {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
        {"type": "string", "pattern": r"^\d{4}-\d{2}$"},
        {"type": "string", "pattern": "^(foo|bar)_[a-f0-9]+$", "minLength": 12},
        {"type": "string", "pattern": r"^[^\s@]+@[^\s@]+\.[a-z]{2,}$"},
        {"type": "string", "pattern": r"^https?:\/\/[\w.-]+(?:\/.*)?$"},
        {"type": "string", "pattern": "^(?!x)[a-z]+$"},
        {"type": "string", "pattern": "^.{20,30}$"},
        {"type": "string", "pattern": "[äöü]"},
        {"type": "string", "pattern": r"^(?P<year>\d{4})(-(?:0[1-9]|1[0-2]))?\Z"},
        {"pattern": "^#[0-9a-fA-F]{6}$"},
        # Lists
        {"type": "array", "items": {"type": "integer"}, "minItems": 3},
        {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
        {"type": "array", "items": False},
        {"type": "array", "prefixItems": [{"type": "string"}, {"const": 2}], "items": False},
        {"type": "array", "prefixItems": [{"type": "string"}], "minItems": 3},
        {"type": "array", "contains": {"const": 7}},
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 9000}, "minContains": 2},
        {"type": "array", "prefixItems": [{"type": "string"}], "contains": {"const": 7}, "minItems": 2},
        # Objects
        {"type": "object", "required": ["a", "b"]},
        {"type": "object", "required": ["a"], "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
        {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"], "maxProperties": 1},
        {"type": "object", "patternProperties": {"^x-[a-z]+$": {"type": "integer"}}, "additionalProperties": False},
        {"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "required": ["x-a"]},
        {"type": "object", "propertyNames": {"pattern": "^[A-Z]$"}, "additionalProperties": {"type": "string"}},
        {"properties": {"a": {}}, "dependentRequired": {"a": ["b"]}},
        {"properties": {"a": {}}, "dependentSchemas": {"a": {"required": ["b"]}}},
        {"properties": {"a": False, "b": {"type": "string"}}},
        {"properties": {"a": {"type": "string"}}, "unevaluatedProperties": False},
        # Compositions
        {"allOf": [PET, {"properties": {"age": {"type": "integer", "minimum": 1, "maximum": 9}}}]},
        {"allOf": [{"type": "integer", "minimum": 5}, {"type": "integer", "maximum": 5}]},
        {"allOf": [{"type": ["string", "integer"]}, {"type": ["integer", "null"]}]},
        {"allOf": [{"properties": {"name": {}}}, {"properties": {"age": {}}, "additionalProperties": False}]},
        {"oneOf": [{"type": "integer"}, {"type": "number"}]},
        {"oneOf": [{"type": "number", "multipleOf": 5}, {"type": "number", "multipleOf": 3}]},
        {"oneOf": [PET, {**PET, "required": ["name", "age"], "properties": {"age": {"type": "integer"}}}]},
        {"anyOf": [False, {"type": "integer"}]},
        {"anyOf": [{"type": "string", "pattern": "a(?=b)c"}, {"type": "integer"}]},
        {"type": "object", "properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"type": "string", "not": {"const": MADE_UP}},
        {"not": {"type": "string"}, "type": ["string", "integer"]},
        {
            "properties": {"kind": {"enum": ["a", "b"]}},
            "required": ["kind"],
            "if": {"properties": {"kind": {"const": "a"}}},
            "then": {"required": ["size"], "properties": {"size": {"type": "integer"}}},
            "else": {"required": ["name"]},
        },
        # Old drafts
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "items": [{"type": "integer"}],
            "additionalItems": False,
        },
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "dependencies": {"a": ["b"]}},
        {"$schema": "http://json-schema.org/draft-06/schema#", "type": "integer", "exclusiveMinimum": 1234},
        {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1234, "exclusiveMinimum": True},
        {"$schema": "http://json-schema.org/draft-04/schema#", "id": "#a", "type": "array", "minItems": 1},
        {
            "$schema": "http://json-schema.org/draft-03/schema#",
            "properties": {"a": {"type": "any", "required": True}},
        },
        {
            "$schema": "http://json-schema.org/draft-03/schema#",
            "type": "integer",
            "divisibleBy": 5,
            "extends": {"minimum": 1},
        },
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "items": [{"type": "integer"}], "minItems": 2},
        # The drafts' own schemas
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"$ref": "https://json-schema.org/draft/2019-09/schema"},
        {"$ref": "http://json-schema.org/draft-07/schema#"},
    ],
    ids=lambda schema: json.dumps(schema, ensure_ascii=False)[:70],
)
def test_an_example_is_valid(schema: dict[str, Any]) -> None:
    checked(schema)


@pytest.mark.parametrize(
    "name",
    [
        "date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "uuid",
        "json-pointer", "regex",
    ],
)  # fmt: skip
def test_an_example_has_the_format_asked_for(name: str) -> None:
    schema = {"type": "string", "format": name}
    value = checked(schema)
    assert (value == MADE_UP) is (name == "regex")
    # Of some formats the library knows nothing unless more is installed, and accepts all.
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def test_nullable_of_openapi_is_understood() -> None:
    document: Any = {
        "openapi": "3.0.3",
        "components": {"schemas": {"Pet": {**PET, "nullable": True}, "Tag": {"type": "string", "nullable": True}}},
    }
    assert example({"$ref": "#/components/schemas/Pet"}, document) == {"name": MADE_UP}
    assert example({"type": "array", "items": {"$ref": "#/components/schemas/Tag"}}, document) == [MADE_UP]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (
            {
                "$ref": "#/$defs/Node",
                "$defs": {
                    "Node": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "integer"},
                            "next": {"$ref": "#/$defs/Node"},
                            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                        },
                        "required": ["id"],
                    }
                },
            },
            {"id": 1234, "children": [{"id": 1234}]},
        ),
        ({"type": "object", "properties": {"a": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}}}, {"a": {}}),
        ({"$ref": "#"}, MADE_UP),
    ],
)
def test_what_leads_back_into_itself_has_only_what_is_required(schema: dict[str, Any], value: Any) -> None:
    assert example(schema) == value


def test_what_is_required_is_followed_until_an_alternative_ends_it() -> None:
    schema = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["next"],
    }
    value = checked(schema)
    while value is not None:
        value = value["next"]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, dict),
        ({"type": "object", "properties": {"a": False}, "required": ["a"]}, dict),
        ({"type": "array", "items": False, "minItems": 1}, list),
        ({"type": "integer", "minimum": 5, "maximum": 4}, int),
        ({"type": "array", "minItems": 10**9}, list),
        (False, str),
        ({"type": 5, "properties": [], "$id": 4, "allOf": ["x"]}, dict),
    ],
)
def test_where_nothing_is_valid_the_shape_is_right(schema: Any, kind: type) -> None:
    assert isinstance(example(schema), kind)


def diamond(compose: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    levels = {f"d{level}": compose({"$ref": f"#/$defs/d{level + 1}"}) for level in range(40)}
    return {"$ref": "#/$defs/d0", "$defs": {**levels, "d40": {"type": "integer"}}}


def size(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(size, inner))


@pytest.mark.parametrize(
    "compose",
    [
        lambda following: {"allOf": [dict(following), dict(following)]},
        lambda following: {"anyOf": [dict(following), dict(following)]},
        lambda following: {"oneOf": [dict(following), dict(following)]},
        lambda following: {"type": "object", "properties": {"l": dict(following), "r": dict(following)}},
        lambda following: {"type": "object", "properties": {"l": following, "r": following}, "required": ["l", "r"]},
        lambda following: {"type": "array", "minItems": 2, "items": {"anyOf": [dict(following), dict(following)]}},
        lambda following: {"if": dict(following), "then": dict(following), "else": dict(following)},
        lambda following: {"not": {"allOf": [dict(following), dict(following)]}},
    ],
)
def test_shared_definitions_forty_levels_deep_end(compose: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    assert size(example(diamond(compose))) <= 5_000


def test_a_wide_schema_is_filled_in_less_deep() -> None:
    levels = {
        f"d{level}": {
            "type": "object",
            "properties": {f"p{key}": {"$ref": f"#/$defs/d{level + 1}"} for key in range(12)},
        }
        for level in range(9)
    }
    value = checked({"$ref": "#/$defs/d0", "$defs": {**levels, "d9": {"type": "string"}}})
    assert set(value) == {f"p{key}" for key in range(12)}
    assert size(value) <= 400


def test_an_example_shares_nothing_with_the_schema() -> None:
    schema: Any = {"properties": {"a": {"examples": [{"b": [1]}]}}}
    value = example(schema)
    assert isinstance(value, dict)
    value["a"] = value["a"]["b"].append(2)  # type: ignore[index,call-overload,union-attr]
    assert example(schema) == {"a": {"b": [1]}}


def test_the_validators_of_the_old_drafts_are_used() -> None:
    """The same words mean different things: a boolean bound, and a requirement inside of a property."""
    draft4 = {"$schema": Draft4Validator.META_SCHEMA["$schema"], "maximum": 5, "exclusiveMaximum": True}
    draft3 = {"$schema": Draft3Validator.META_SCHEMA["$schema"], "properties": {"a": {"required": True}}}
    assert checked({**draft4, "type": "integer"}) < 5
    assert "a" in checked({**draft3, "type": "object"})


@pytest.mark.parametrize("written", ["1e999", "-1e999", "NaN", "1e-306"])
@pytest.mark.parametrize("keyword", ["minItems", "minProperties", "maxItems", "minLength", "multipleOf", "maximum"])
def test_a_bound_that_is_no_number_to_count_with_still_leaves_an_example(keyword: str, written: str) -> None:
    for kind in ("array", "object", "string", "number", "integer"):
        schema = json.loads(f'{{"type": "{kind}", "{keyword}": {written}, "minimum": 1e299}}')
        assert example(schema) == example(schema)
