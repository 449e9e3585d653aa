"""Schemas of every draft, in the one form that dialects are written from."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.real_schemas import Real, tool_schemas
from toolgrad_dspy.json_schema import (
    JsonSchema,
    Plain,
    TooLargeError,
    accepts,
    compile_schema,
    example,
    schema_problem,
)


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """The plain form with its definitions."""
    form = Plain()
    node = form.of(schema, "t")
    return {**node, "$defs": form.definitions} if form.definitions else node


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        ({}, {}),
        ({"description": "anything"}, {}),
        ({"type": "any"}, {}),
        ({"type": "object"}, closed()),
        ({"type": "object", "additionalProperties": True}, {**closed(), "additionalProperties": {}}),
        (
            {"type": ["string", "null"], "maxLength": 3},
            {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
        ),
        ({"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (
            {"oneOf": [{"const": "a"}, {"type": "null"}]},
            {"anyOf": [{"type": "string", "const": "a"}, {"type": "null"}]},
        ),
        (
            {"enum": ["a", "b", 1]},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "integer", "enum": [1]}]},
        ),
        ({"type": "integer", "enum": [2.0, 3]}, {"type": "integer", "enum": [2, 3]}),
        ({"minimum": 1, "type": "integer", "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 1}),
        ({"type": "integer", "maximum": float("inf")}, {"type": "integer"}),
        ({"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "maxItems": 2},
        ),
        (
            {
                "type": "array",
                "prefixItems": [{"type": "string"}, {"type": "integer"}],
                "minItems": 2,
                "items": False,
            },
            {
                "type": "array",
                "prefixItems": [{"type": "string"}, {"type": "integer"}],
                "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "minItems": 2,
                "maxItems": 2,
            },
        ),
        ({"properties": {"a": {"type": "null"}, "never": False}}, closed(a={"type": "null"})),
        (
            {"properties": {"a": {"type": "null"}}, "required": ["a", "b"]},
            {**closed(a={"type": "null"}), "required": ["a"]},
        ),
        (
            {"type": "object", "patternProperties": {"^x-": {"type": "integer"}}},
            {**closed(), "additionalProperties": {"type": "integer"}},
        ),
        ({"$ref": "https://example.org/elsewhere"}, {}),
    ],
)
def test_a_schema_has_one_plain_form(schema: dict[str, Any], form: dict[str, Any]) -> None:
    assert plain(schema) == form


def test_what_holds_at_the_same_time_is_one_object() -> None:
    person = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    schema = {
        "$defs": {"person": person},
        "allOf": [{"$ref": "#/$defs/person"}],
        "properties": {"age": {"type": "integer"}},
    }
    form = plain(schema)
    node = form["$defs"]["td1"] if "$ref" in form else form
    assert node["properties"] == {"age": {"type": "integer"}, "name": {"type": "string"}}
    assert node["required"] == ["name"]


def test_alternatives_that_only_say_what_is_required_are_no_shapes() -> None:
    both = {"a": {"type": "string"}, "b": {"type": "string"}}
    schema = {"type": "object", "properties": both, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert plain(schema) == closed(**both)


def test_properties_beside_alternatives_belong_to_each_of_them() -> None:
    options = [{"properties": {"street": {"type": "string"}}}, {"properties": {"box": {"type": "integer"}}}]
    form = plain({"type": "object", "properties": {"town": {"type": "string"}}, "anyOf": options})
    assert [list(option["properties"]) for option in form["anyOf"]] == [["town", "street"], ["town", "box"]]


def test_definitions_are_shared_and_a_circle_stays_one() -> None:
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}
    assert plain(tree)["properties"]["children"]["items"] == {"$ref": "#/$defs/td1"}
    point = {"type": "object", "properties": {"x": {"type": "number"}}}
    form = plain(
        {"definitions": {"a/b": point}, "properties": {n: {"$ref": "#/definitions/a~1b"} for n in ("from", "to")}}
    )
    assert form["properties"] == {name: {"$ref": "#/$defs/td1"} for name in ("from", "to")}
    assert list(form["$defs"]) == ["td1"], "once, under a name that no server has to escape"


def test_documents_share_definitions_without_sharing_names() -> None:
    form = Plain()
    schema: JsonSchema = {"$defs": {"p": closed(x={"type": "number"})}, "properties": {"p": {"$ref": "#/$defs/p"}}}
    first, second = form.of(schema, "a"), form.of(schema, "b")
    assert (first["properties"], second["properties"]) == (
        {"p": {"$ref": "#/$defs/ad1"}},
        {"p": {"$ref": "#/$defs/bd1"}},
    )
    assert set(form.definitions) == {"ad1", "bd1"}


def test_values_may_be_wrapped_at_any_depth() -> None:
    form = Plain().of(
        {"properties": {"a": {"items": {"properties": {"b": {"type": "null"}}}}}}, "t", lambda node: {"anyOf": [node]}
    )
    items = form["properties"]["a"]["anyOf"][0]["items"]  # type: ignore[index,call-overload]
    assert items["anyOf"][0]["properties"] == {"b": {"anyOf": [{"type": "null"}]}}  # type: ignore[index,call-overload]


@pytest.mark.parametrize("deep", [{"items": {}}, {"allOf": [{}]}, {"anyOf": [{}, {"type": "string"}]}])
def test_a_schema_nested_without_measure_is_too_large(deep: dict[str, Any]) -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(3000):
        name, value = next(iter(deep.items()))
        schema = {name: schema if isinstance(value, dict) else [schema, *value[1:]]}
    with pytest.raises(TooLargeError):
        Plain().of(schema, "t")


def test_definitions_that_compose_themselves_forty_times_end() -> None:
    defs: dict[str, Any] = {
        f"d{n}": closed(a={"$ref": f"#/$defs/d{n + 1}"}, b={"$ref": f"#/$defs/d{n + 1}"}) for n in range(40)
    }
    defs["d40"] = closed(end={"type": "null"})
    assert len(plain({"$defs": defs, "$ref": "#/$defs/d0"})["$defs"]) == 41
    mixed = {name: {"allOf": [{"$ref": f"#/$defs/{name}x"}], "title": name} for name in defs}
    both = {**mixed, **{f"{name}x": node for name, node in defs.items()}}
    assert len(plain({"$defs": both, "$ref": "#/$defs/d0"})["$defs"]) == 41


def test_a_schema_that_composes_only_itself_ends() -> None:
    assert plain({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}) == {}
    twisted = {"allOf": [{"$ref": "#/$defs/b"}], "anyOf": [{"properties": {"x": {}}}, {"$ref": "#/$defs/b"}]}
    assert isinstance(plain({"$defs": {"b": twisted}, "$ref": "#/$defs/b"}), dict)


@pytest.fixture(scope="module")
def tools() -> Sequence[Real]:
    found = list(tool_schemas())
    if not found:
        pytest.skip("the data beside the repository is not there")
    return found


def test_every_schema_of_a_real_tool_has_a_plain_form_that_its_examples_fit(tools: Sequence[Real]) -> None:
    for real in tools:
        form = plain(real.schema)
        assert schema_problem(form) is None, real.place
        made = example(real.schema)
        if accepts(compile_schema(real.schema), made):
            assert accepts(compile_schema(form), made), (real.place, made)
