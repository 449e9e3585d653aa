"""Walking a schema: where references lead, what describes a member, and that every walk ends."""

import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from toolgrad_dspy.json_schema import Schema, schema_at

STREET: Any = {"type": "string", "description": "A street."}
DRAFTS = (
    "http://json-schema.org/draft-03/schema#",
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
)
DEPTH = 40


def described(schema: Any, pointer: str, root: Any = None) -> list[Any]:
    """Every schema that says something of the value at ``pointer``, references followed."""
    return [option.contents for place in Schema.of(schema, root).at(pointer) for option in place.options()]


def diamond(compose: Callable[[dict[str, Any]], dict[str, Any]], last: dict[str, Any]) -> dict[str, Any]:
    """Definitions each of which refers to the next one, as ``compose`` puts it; the last is ``last``."""
    definitions = {f"d{level}": compose({"$ref": f"#/$defs/d{level + 1}"}) for level in range(DEPTH)}
    return {"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{DEPTH}": last}}


# References


@pytest.mark.parametrize("dialect", DRAFTS)
@pytest.mark.parametrize("container", ["definitions", "$defs"])
def test_a_pointer_leads_to_its_definition_in_every_draft(dialect: str, container: str) -> None:
    schema = {"$schema": dialect, "properties": {"a": {"$ref": f"#/{container}/S"}}, container: {"S": STREET}}
    assert STREET in described(schema, "/a")


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("#/$defs/a~1b", "a/b"),
        ("#/$defs/a~0b", "a~b"),
        ("#/$defs/a%20b", "a b"),
        ("#/$defs/a%25b", "a%b"),
        ("#/$defs/%C3%A4", "ä"),
        ("#/$defs/a%7E1b", "a/b"),
        ("#/$defs/", ""),
        ("#/$defs/0", "0"),
    ],
)
def test_a_pointer_may_be_escaped(reference: str, key: str) -> None:
    assert STREET in described({"properties": {"p": {"$ref": reference}}, "$defs": {key: STREET}}, "/p")


@pytest.mark.parametrize(
    ("dialect", "definition", "reference"),
    [
        (DRAFTS[5], {"$anchor": "street"}, "#street"),
        (DRAFTS[5], {"$dynamicAnchor": "street"}, "#street"),
        (DRAFTS[5], {"$id": "street.json"}, "street.json"),
        (DRAFTS[5], {"$id": "street.json"}, "https://example.org/schemas/street.json"),
        (DRAFTS[5], {"$id": "street.json", "$anchor": "top"}, "street.json#top"),
        (DRAFTS[5], {"$anchor": "street"}, "root.json#street"),
        (DRAFTS[5], {}, "https://example.org/schemas/root.json#/$defs/S"),
        (DRAFTS[4], {"$anchor": "street"}, "#street"),
        (DRAFTS[3], {"$id": "#street"}, "#street"),
        (DRAFTS[3], {"$id": "street.json"}, "street.json"),
        (DRAFTS[2], {"$id": "#street"}, "#street"),
        (DRAFTS[1], {"id": "#street"}, "#street"),
        (DRAFTS[0], {"id": "#street"}, "#street"),
    ],
)
def test_anchors_and_ids_are_found_as_the_dialect_writes_them(
    dialect: str, definition: dict[str, Any], reference: str
) -> None:
    place = "$defs" if dialect in DRAFTS[4:] else "definitions"
    base = "id" if dialect in DRAFTS[:2] else "$id"
    schema = {
        "$schema": dialect,
        base: "https://example.org/schemas/root.json",
        "properties": {"a": {"$ref": reference}},
        place: {"S": {**definition, **STREET}},
    }
    assert {**definition, **STREET} in described(schema, "/a")


def test_references_inside_of_an_id_are_relative_to_it() -> None:
    inner = {"$id": "https://example.org/inner", "$ref": "#/$defs/S", "$defs": {"S": STREET}}
    schema = {"$id": "https://example.org/outer", "properties": {"a": inner}, "$defs": {"S": {"type": "integer"}}}
    assert described(schema, "/a") == [inner, STREET]


def test_a_pointer_that_only_fits_the_root_is_taken_for_one_into_the_root() -> None:
    inner = {"$id": "https://example.org/inner", "$ref": "#/$defs/S"}
    assert STREET in described({"properties": {"a": inner}, "$defs": {"S": STREET}}, "/a")


def test_a_dynamic_reference_leads_to_the_outermost_anchor() -> None:
    """The extensible tree of JSON Schema 2020-12, Core, appendix C."""
    tree = {
        "$id": "https://example.org/tree",
        "$dynamicAnchor": "node",
        "properties": {"children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    }
    strict = {
        "$id": "https://example.org/strict-tree",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
        "$defs": {"tree": tree},
    }
    assert strict in described(strict, "/children/0")


def test_a_recursive_reference_leads_to_the_outermost_resource_that_recurs() -> None:
    """JSON Schema 2019-09, Core, section 8.2.4.2."""
    tree = {
        "$id": "https://example.org/tree",
        "$recursiveAnchor": True,
        "properties": {"children": {"items": {"$recursiveRef": "#"}}},
    }
    strict = {
        "$schema": DRAFTS[4],
        "$id": "https://example.org/strict-tree",
        "$recursiveAnchor": True,
        "$ref": "tree",
        "$defs": {"tree": tree},
    }
    assert strict in described(strict, "/children/0")


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_schemas_of_an_openapi_document_refer_into_its_components(version: str) -> None:
    pet = {"type": "object", "properties": {"address": {"$ref": "#/components/schemas/Address"}}}
    document = {
        "openapi": version,
        "paths": {"/pets": {"get": {}}},
        "components": {"schemas": {"Pet": pet, "Address": {"$anchor": "address", "properties": {"street": STREET}}}},
    }
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    assert described(listed, "/0/address/street", document) == [STREET]
    assert described({"$ref": "#address"}, "/street", document) == [STREET]


@pytest.mark.parametrize(
    "reference",
    [
        "#/$defs/None",
        "#none",
        "http://127.0.0.1:9/a.json",
        "other.json#/a",
        "#/properties/a/type/0",
        "http://[",
        "#%",
    ],
)
def test_what_leads_out_or_nowhere_may_be_anything_and_is_never_fetched(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    schema = Schema.of({"properties": {"a": {"type": "string", "$ref": reference}}})
    [place] = schema.at("/a")
    assert place.targets() == []
    assert place.leads_out()
    assert schema.at("/a/b") == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": 4, "properties": {"a": {"$ref": "#x"}}},
        {"$schema": ["x"], "properties": {"a": {"$ref": "#x"}}},
        {"allOf": ["x", 3], "$defs": [], "properties": {"a": {"$ref": "#x"}}},
        {"properties": {"a": {"$ref": "#/$defs/x/y"}}, "$defs": {"x": 5}},
    ],
)
def test_mistakes_in_a_schema_are_no_schemas(schema: Any) -> None:
    [place] = Schema.of(schema).at("/a")
    assert place.targets() == []


def test_words_in_values_are_no_references() -> None:
    schema = Schema.of({"default": {"$ref": "#/no"}, "enum": [{"$ref": "#/no"}], "properties": {"$ref": {}}})
    assert [inner.contents for inner in schema.subschemas()] == [schema.contents, {}]


# Members


@pytest.mark.parametrize(
    ("schema", "pointer", "expected"),
    [
        ({"properties": {"a": STREET}}, "/a", [STREET]),
        ({"properties": {"a/b": STREET}}, "/a~1b", [STREET]),
        ({"patternProperties": {"^x-": STREET}}, "/x-a", [STREET]),
        ({"patternProperties": {"^x-": STREET}}, "/a", []),
        ({"patternProperties": {"(": STREET}}, "/a", []),
        ({"properties": {"x-a": {}}, "patternProperties": {"^x-": STREET}}, "/x-a", [{}, STREET]),
        ({"properties": {"a": {}}, "additionalProperties": STREET}, "/b", [STREET]),
        ({"properties": {"a": {}}, "additionalProperties": STREET}, "/a", [{}]),
        ({"unevaluatedProperties": STREET}, "/b", [STREET]),
        ({"items": STREET}, "/7", [STREET]),
        ({"items": STREET}, "/name", []),
        ({"prefixItems": [{}, STREET], "items": {"type": "null"}}, "/1", [STREET]),
        ({"prefixItems": [{}, STREET], "items": {"type": "null"}}, "/2", [{"type": "null"}]),
        ({"items": [{}, STREET], "additionalItems": {"type": "null"}}, "/1", [STREET]),
        ({"items": [{}, STREET], "additionalItems": {"type": "null"}}, "/2", [{"type": "null"}]),
        ({"properties": {"0": STREET}}, "/0", [STREET]),
        ({"additionalProperties": STREET}, "/0", [STREET]),
        ({"allOf": [{"properties": {"a": STREET}}, {"properties": {"a": {}}}]}, "/a", [STREET, {}]),
        ({"if": {"properties": {"a": {"const": 1}}}, "then": {"properties": {"a": STREET}}}, "/a", [STREET]),
        ({"dependentSchemas": {"b": {"properties": {"a": STREET}}}}, "/a", [STREET]),
        ({"extends": {"properties": {"a": STREET}}}, "/a", [STREET]),
        ({"type": ["string", {"properties": {"a": STREET}}]}, "/a", [STREET]),
        ({"not": {"properties": {"a": STREET}}}, "/a", []),
        ({"properties": {"a": True}}, "/a", [True]),
        (True, "/a", []),
        ("no schema", "/a", []),
    ],
)
def test_a_member_is_described_by_what_the_keywords_say_of_it(schema: Any, pointer: str, expected: list[Any]) -> None:
    assert [place.contents for place in Schema.of(schema).at(pointer)] == expected


def test_what_applies_together_is_told_from_what_may_be_chosen() -> None:
    base, left, right = {"title": "base"}, {"title": "left"}, {"title": "right"}
    contents: Any = {"$ref": "#/$defs/base", "allOf": [{"anyOf": [left, right]}], "$defs": {"base": base}}
    schema = Schema.of(contents)
    assert [part.contents for part in schema.parts()] == [contents, base, contents["allOf"][0]]
    [choice] = [group for part in schema.parts() for group in part.alternatives()]
    assert [option.contents for option in choice] == [left, right]
    assert [option.contents for option in schema.options()] == [
        *(part.contents for part in schema.parts()),
        left,
        right,
    ]


def test_the_end_of_a_chain_of_references_is_what_they_stand_for() -> None:
    schema = Schema.of(
        {
            "allOf": [{"$ref": "#/$defs/A"}],
            "description": "A reference as OpenAPI 3.0 describes one.",
            "$defs": {"A": {"$ref": "#/$defs/B"}, "B": STREET},
        }
    )
    assert Schema.of({**schema.keywords, "$ref": "#/$defs/A"}).resolved.contents == STREET
    assert Schema.of({"allOf": [{"$ref": "#/$defs/A"}]}, schema.contents).resolved.contents == STREET
    assert Schema.of(STREET).resolved.contents == STREET


# The subschema of an argument


@pytest.mark.parametrize(
    ("schema", "pointer", "expected"),
    [
        ({"properties": {"a": STREET}}, "/a", {**STREET, "anyOf": [STREET]}),
        ({"properties": {"a": STREET}}, "/b", None),
        ({"properties": {"a": True}}, "/a", None),
        (
            {"properties": {"a": {"title": "A", "$ref": "#/$defs/S"}}, "$defs": {"S": STREET}},
            "/a",
            {"title": "A", "$ref": "#/$defs/S", "anyOf": [{"title": "A", "$ref": "#/$defs/S"}, STREET]},
        ),
        (
            {"properties": {"a": {"anyOf": [STREET, {"type": "null"}], "description": "Own."}}},
            "/a",
            {
                "description": "Own.",
                "anyOf": [{"anyOf": [STREET, {"type": "null"}], "description": "Own."}, STREET, {"type": "null"}],
            },
        ),
        (
            {"properties": {"a": {"type": "string", "nullable": True}}},
            "/a",
            {"type": "string", "nullable": True, "anyOf": [{"type": "string", "nullable": True}, {"type": "null"}]},
        ),
    ],
)
def test_an_argument_has_its_own_keywords_and_every_schema_behind_them(
    schema: dict[str, Any], pointer: str, expected: dict[str, Any] | None
) -> None:
    assert schema_at(schema, pointer) == expected


# Ends


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_shared_definitions_are_visited_once(word: str) -> None:
    schema = Schema.of(diamond(lambda following: {word: [dict(following), dict(following)]}, STREET))
    # The root, and of each level the definition and its two references; the last has none.
    assert len(schema.options()) == 1 + 3 * DEPTH + 1
    assert len(schema.subschemas()) == 1 + 3 * DEPTH + 1


def test_members_of_shared_definitions_are_listed_once() -> None:
    schema = Schema.of(
        diamond(lambda following: {"properties": {"a": {"anyOf": [dict(following), dict(following)]}}}, STREET)
    )
    [last] = schema.at("/a" * DEPTH)
    assert STREET in [option.contents for option in last.options()]


@pytest.mark.parametrize(
    ("schema", "size"),
    [
        ({"$ref": "#"}, 1),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, 3),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}, 3),
        ({"allOf": [{"$ref": "#"}], "anyOf": [{"$ref": "#"}], "properties": {"a": {"$ref": "#"}}}, 4),
    ],
)
def test_schemas_inside_of_themselves_end(schema: dict[str, Any], size: int) -> None:
    walked = Schema.of(schema)
    assert len(walked.subschemas()) == size
    assert walked.chain()
    assert walked.at("/a/a/0/0/a") is not None


def test_a_long_chain_needs_no_deep_stack() -> None:
    length = 3 * sys.getrecursionlimit()
    links: Any = {f"d{link}": {"$ref": f"#/$defs/d{link + 1}"} for link in range(length)}
    schema = Schema.of({"$ref": "#/$defs/d0", "$defs": {**links, f"d{length}": STREET}})
    assert schema.resolved.contents == STREET


def test_the_libraries_are_loaded_only_when_they_are_needed() -> None:
    code = (
        "import sys, toolgrad_dspy.json_schema as js\n"
        "schema = {'properties': {'a': {'$ref': '#/$defs/A'}}, '$defs': {'A': {'type': 'string'}}}\n"
        "assert js.sketch(schema) == {'a': 'string'} and js.schema_at(schema, '/a')\n"
        "heavy = {'jsonschema_rs', 'referencing', 'jsonschema_specifications'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
