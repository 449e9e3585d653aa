"""JSON Schemas as servers write them."""

import socket
from typing import Any

import pytest
from pydantic import JsonValue

from toolgrad_dspy.json_schema import accepts, adapt, argument_problem, compile_schema, schema_problem


def problem(schema: dict[str, Any], **arguments: Any) -> str | None:
    return argument_problem(compile_schema(schema), arguments)


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ({"type": "object", "properties": []}, "/properties: [] is not of type 'object'"),
        ({"properties": {"a": {"type": "datetime"}}}, "/properties/a/type: 'datetime' is not valid under any"),
        ({"required": "a"}, "/required: 'a' is not of type 'array'"),
        ({"$schema": 5}, "/$schema: 5 is not of type 'string'"),
        ({"$schema": "http://["}, ""),
        ({"properties": {"a": {"$ref": "#/$defs/None"}}}, "\"$ref\" '#/$defs/None' leads nowhere"),
        ({"properties": {"a": {"$ref": "#none"}}}, "\"$ref\" '#none' leads nowhere"),
        ({"properties": {"a": {"$dynamicRef": "#none"}}}, "\"$dynamicRef\" '#none' leads nowhere"),
        (
            {"$id": "https://example.org/a", "properties": {"a": {"$ref": "a#/$defs/None"}}},
            "\"$ref\" 'a#/$defs/None' leads nowhere",
        ),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(schema: dict[str, Any], line: str) -> None:
    told = schema_problem(schema)
    assert told is not None
    assert told.startswith(line)


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
    schema: Any = {"type": "object", "properties": {"a": {"items": [{"type": "string"}], "required": ["b"]}}}
    assert adapt(schema) == schema


def test_references_within_the_schema_are_followed() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/N"}}, "$defs": {"N": {"type": "integer"}}}
    assert problem(schema, a="x") == "/a: 'x' is not of type 'integer'"


def test_references_to_elsewhere_are_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    schema: Any = {
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
    told = problem({"properties": {"a": {"type": "integer"}}}, a="x" * 10_000)
    assert told is not None
    assert len(told) < 220


@pytest.mark.parametrize(
    "reference", ["#/$defs/A", "#a", "#/$defs/A/properties/b~1c", "#", "other.json#none", "urn:example:a", "b.json"]
)
def test_what_leads_somewhere_or_out_is_no_problem(reference: str) -> None:
    definition = {"$anchor": "a", "properties": {"b/c": {}}}
    schema: Any = {
        "properties": {"p": {"$ref": reference}, "$ref": {"const": "#/no"}},
        "$defs": {"A": definition, "B": {"$id": "b.json"}},
        "default": {"$ref": "#/no"},
    }
    assert schema_problem(schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer"},
        {"type": ["integer", "boolean"]},
        {"type": "integer", "enum": [1, 2]},
        {"const": 1},
        {"$ref": "#/$defs/N"},
        {"allOf": [{"$ref": "#/$defs/N"}], "description": "As OpenAPI 3.0 writes it."},
        {"type": "integer", "allOf": [{"minimum": 0}]},
        {"anyOf": [{"type": "integer"}]},
        {"minimum": 0},
    ],
)
def test_nullable_of_openapi_adds_null(schema: dict[str, Any]) -> None:
    """OpenAPI 3.0.3, section 4.7.24.1; beside a reference or a composition it is meant so too."""
    whole: Any = {"properties": {"a": {**schema, "nullable": True}}, "$defs": {"N": {"type": "integer"}}}
    assert schema_problem(whole) is None
    assert problem(whole, a=None) is None
    assert problem(whole, a=1) is None
    assert problem(whole, a=-1.5) is not None
    plain = {"properties": {"a": {**schema, "nullable": False}}, "$defs": {"N": {"type": "integer"}}}
    assert ("minimum" in schema) is (problem(plain, a=None) is None)


def test_what_refers_into_a_nullable_schema_still_leads_there() -> None:
    schema: Any = {
        "properties": {"a": {"$ref": "#/$defs/N/properties/b"}},
        "$defs": {"N": {"nullable": True, "allOf": [{}], "properties": {"b": {"type": "integer"}}}},
    }
    assert schema_problem(schema) is None
    assert problem(schema, a="x") is not None


@pytest.mark.parametrize(
    ("schema", "accepted", "refused"),
    [
        ({"properties": {"a": {"minimum": 0, "exclusiveMinimum": True}}}, {"a": 0.1}, {"a": 0}),
        ({"properties": {"a": {"type": "any"}}}, {"a": [1]}, None),
    ],
)
def test_what_an_old_draft_writes_is_read_as_it_says(
    schema: dict[str, Any], accepted: dict[str, Any], refused: dict[str, Any] | None
) -> None:
    old = {"$schema": "http://json-schema.org/draft-04/schema#", **schema}
    assert schema_problem(old) is None
    assert problem(old, **accepted) is None
    assert refused is None or problem(old, **refused) is not None


def test_a_requirement_inside_of_a_property_holds_in_draft_3() -> None:
    schema = {"properties": {"a": {"type": "string", "required": True}}}
    assert problem({"$schema": "http://json-schema.org/draft-03/schema#", **schema}) is not None
    assert problem(schema) is None


def test_arguments_are_checked_against_a_part_of_a_document() -> None:
    document: Any = {
        "openapi": "3.0.3",
        "components": {"schemas": {"Pet": {"properties": {"age": {"type": "integer", "nullable": True}}}}},
    }
    validator = compile_schema({"properties": {"pet": {"$ref": "#/components/schemas/Pet"}}}, document)
    assert argument_problem(validator, {"pet": {"age": None}}) is None
    assert argument_problem(validator, {"pet": {"age": "x"}}) == "/pet/age: 'x' is not of type 'integer', 'null'"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$schema": "http://json-schema.org/draft-07/schema#", "anyOf": [{"$ref": "#"}]},
        {
            "$ref": "#/$defs/d0",
            "$defs": {
                **{f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(40)},
                "d40": {"type": "object"},
            },
        },
    ],
)
def test_a_check_without_end_is_given_up_and_the_value_accepted(schema: dict[str, Any]) -> None:
    assert problem(schema, a=1) is None
    assert accepts(compile_schema(schema), {"a": 1})


@pytest.mark.parametrize("keyword", ["oneOf", "contains", "not", "if"])
def test_the_last_of_many_items_is_checked_where_checks_are_left_at_the_first_error(keyword: str) -> None:
    choices: Any = [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]
    item: Any = {
        "oneOf": {"oneOf": choices},
        "contains": {"contains": choices[0]},
        "not": {"not": choices[0]},
        "if": {"if": choices[0], "else": choices[1]},
    }[keyword]
    accepted: Any = {"oneOf": "x", "contains": [1, "x"]}.get(keyword, 1)
    refused: Any = {"contains": [1], "not": "x"}.get(keyword, True)
    schema = {"items": item, "$defs": {"A": {"type": "string"}, "B": {"type": "integer"}}}
    validator = compile_schema(schema)
    assert accepts(validator, [accepted] * 200)
    assert not accepts(validator, [*[accepted] * 200, refused])


# A schema that cannot be checked, and a value for which it would have to be.
UNUSABLE: list[tuple[dict[str, Any], JsonValue]] = [
    ({"$ref": "http://example.org/a.json"}, 1),
    ({"$ref": "http://example.org/a.json#/definitions/a"}, 1),
    ({"$ref": "http://example.org/a.json", "unevaluatedProperties": False}, {"c": 1}),
    ({"$dynamicRef": "http://example.org/a.json#a"}, 1),
    ({"properties": {"c": {"$ref": "http://example.org/a.json"}}}, {"c": 1}),
]


@pytest.mark.parametrize(("unusable", "value"), UNUSABLE)
def test_beside_what_cannot_be_checked_everything_else_is(unusable: dict[str, Any], value: JsonValue) -> None:
    schema = {"properties": {"a": unusable, "b": {"type": "integer"}}}
    assert problem(schema, a=value, b=1) is None
    told = problem(schema, a=value, b="x")
    assert told is not None
    assert told.startswith("/b: ")


@pytest.mark.parametrize(("unusable", "value"), UNUSABLE)
@pytest.mark.parametrize("deciding", ["not", "oneOf", "if", "contains"])
def test_no_value_is_refused_because_another_schema_could_not_be_checked(
    deciding: str, unusable: dict[str, Any], value: JsonValue
) -> None:
    schemas: dict[str, dict[str, Any]] = {
        "not": {"not": unusable},
        "oneOf": {"oneOf": [unusable, unusable]},
        "if": {"if": unusable, "then": False},
        "contains": {"contains": unusable, "maxContains": 0},
    }
    schema = schemas[deciding]
    inside: JsonValue = [value] if deciding == "contains" else value
    assert problem({"properties": {"a": schema}}, a=inside) is None
    assert problem({"properties": {"a": {"not": {"anyOf": [schema, False]}}}}, a=inside) is None


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (r"^\p{L}+$", "Zoë", "x1"),
        (r"^(?<year>\d{4})-(?<month>\d{2})$", "2026-05", "May"),
        (r"^\d+$", "12", "\u0661\u0662"),  # the digits of ECMA-262 are ASCII's
        ("^a$", "a", "a\n"),
        (r"^(?=.*\d)(?!.*\s).{4,}$", "abc1", "abcd"),
        # Written for Python, or for the old syntax of ECMA-262.
        (r"^(?P<year>\d{4})\Z", "2026", "2026-05"),
        (r"^[\w-\.]+@[\w-]+$", "ada-l@example", "ada l@example"),
        (r"^{[0-9a-f]{4}}$", "{00ff}", "00ff"),
    ],
)
def test_expressions_are_those_of_ecma_262(pattern: str, matching: str, other: str) -> None:
    schema: dict[str, Any] = {"properties": {"a": {"pattern": pattern}, "b": {"patternProperties": {pattern: False}}}}
    assert schema_problem(schema) is None
    assert problem(schema, a=matching, b={other: 1}) is None
    for arguments in ({"a": other}, {"b": {matching: 1}}, {"a": None, "b": {matching: 1}}):
        told = problem(schema, **arguments)
        assert told is not None
        assert told.startswith(("/a: ", "/b/"))


@pytest.mark.parametrize("pattern", ["((", "[a", "*.md", "a{2,1}", r"\2(a)", "(?<=a+", "a" * 10_000_000])
def test_what_is_no_expression_is_told_with_its_place(pattern: str) -> None:
    schemas: list[Any] = [{"pattern": pattern}, {"patternProperties": {pattern: {}}}]
    for schema in schemas:
        told = schema_problem({"properties": {"a": {"items": schema}}})
        assert told is not None
        assert told.startswith(("/properties/a/items", "the schema: more than"))


@pytest.mark.parametrize("pattern", ["^(a+)+$", r"^(a+)+\1$", "^(?=a)(a+)+$", "^(a|aa)+$", "(?=a)(x+x+)+y"])
def test_no_expression_is_waited_for(pattern: str) -> None:
    """One that takes too many steps is not checked: what else is wrong is told all the same."""
    schema = {"properties": {"a": {"pattern": pattern}, "b": {"type": "integer"}}}
    text = "a" * 30_000 + "x" * 30_000
    assert (problem(schema, a=text, b="x") or "").startswith(("/a: ", "/b: "))
    assert (problem(schema, a="b", b=1) or "").startswith("/a: ")


def test_schemas_hundreds_deep_are_a_problem_and_no_crash() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(600):
        schema = {"items": schema}
    assert schema_problem(schema) is not None


def test_any_value_can_be_checked() -> None:
    validator = compile_schema({"type": "array", "items": {"type": "integer"}})
    assert accepts(validator, [1, 2])
    assert not accepts(validator, [1, "2"])
    assert not accepts(validator, {})
