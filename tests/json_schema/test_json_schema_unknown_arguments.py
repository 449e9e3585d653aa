"""Arguments that no schema names: refused, unless the schema leaves them free."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.real_schemas import DATA, Real, tool_schemas
from toolgrad_dspy.json_schema import Plain, Schema, adapt, example, unknown_argument

TEXT = {"type": "string"}


def problem(schema: dict[str, Any], arguments: dict[str, Any]) -> str | None:
    return unknown_argument(Schema.of(adapt(schema)), arguments)


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_an_unknown_argument_is_named_with_the_known_ones() -> None:
    found = problem(of(city=TEXT, days={"type": "integer"}), {"city": "Oslo", "include_history": True})
    assert found == "arguments: there is no 'include_history'; known: city, days"


def test_of_a_misspelling_the_nearest_name_is_told() -> None:
    assert problem(of(city=TEXT, days=TEXT), {"ctiy": "Oslo"}) == (
        "arguments: there is no 'ctiy'; did you mean 'city'? known: city, days"
    )


def test_a_tool_that_lists_no_parameters_takes_none() -> None:
    for schema in ({"type": "object"}, of(), {"$ref": "#/$defs/none", "$defs": {"none": of()}}):
        assert problem(schema, {"page": 2}) == "arguments: there is no 'page'; it takes none"
        assert problem(schema, {}) is None


@pytest.mark.parametrize(
    ("schema", "arguments", "place"),
    [
        (of(at=of(street=TEXT)), {"at": {"stret": "x"}}, "/at"),
        (of(at={"type": "array", "items": of(id=TEXT)}), {"at": [{"id": "1"}, {"key": "2"}]}, "/at/1"),
        (of(**{"a/b": of(c=TEXT)}), {"a/b": {"d": 1}}, "/a~1b"),
        (of(at={"anyOf": [of(a=TEXT), {"type": "null"}]}), {"at": {"b": 1}}, "/at"),
        (
            {**of(at={"$ref": "#/$defs/place"}), "$defs": {"place": of(id=TEXT)}},
            {"at": {"name": "x"}},
            "/at",
        ),
    ],
)
def test_nested_objects_are_looked_at_as_well(schema: dict[str, Any], arguments: dict[str, Any], place: str) -> None:
    found = problem(schema, arguments)
    assert found is not None
    assert found.partition(": ")[0] == place


@pytest.mark.parametrize(
    "schema",
    [
        {**of(a=TEXT), "additionalProperties": True},
        {**of(a=TEXT), "additionalProperties": {"type": "integer"}},
        {**of(a=TEXT), "unevaluatedProperties": True},
        {**of(a=TEXT), "patternProperties": {"^x-": {}}},
        {**of(a=TEXT), "propertyNames": {"pattern": "^[a-z]+$"}},
        {**of(a=TEXT), "$ref": "https://example.org/schema.json"},
        {"allOf": [of(a=TEXT), {"additionalProperties": {}}]},
        {"anyOf": [of(a=TEXT), {"type": "object", "minProperties": 1}]},
        {"oneOf": [of(a=TEXT), {"type": "object"}]},
        {"anyOf": [of(a=TEXT), True]},
        {"anyOf": [of(a=TEXT), {}]},
        True,
        {},
    ],
)
def test_what_the_schema_leaves_free_is_free(schema: Any) -> None:
    assert problem(of(at=schema), {"at": {"whatever": {"is": "meant"}}}) is None


def test_an_object_without_named_properties_is_free_below_the_arguments() -> None:
    for schema in (
        {"type": "object"},
        of(),
        {"type": "object", "required": ["id"]},
        {"type": "object", "minProperties": 1},
    ):
        assert problem(of(filters=schema), {"filters": {"status": "open"}}) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [of(a=TEXT), of(b=TEXT)]},
        {"anyOf": [of(a=TEXT), of(b=TEXT)]},
        {"oneOf": [of(a=TEXT), {"allOf": [{"$ref": "#/$defs/b"}]}]},
        {**of(a=TEXT), "if": {"required": ["a"]}, "then": of(b=TEXT)},
        {**of(a=TEXT), "required": ["b"]},
        {**of(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {**of(a=TEXT, b=TEXT), "anyOf": [{"type": "object", "description": "either"}, {"not": {"required": ["b"]}}]},
        {**of(a=TEXT), "dependentSchemas": {"a": of(b=TEXT)}},
    ],
)
def test_whatever_a_schema_is_composed_of_is_known(schema: dict[str, Any]) -> None:
    document = {**schema, "$defs": {"b": of(b=TEXT)}}
    assert problem(document, {"a": "1", "b": "2"}) is None
    assert problem(document, {"a": "1", "c": "2"}) is not None


def test_long_lists_of_names_and_long_names_stay_one_short_line() -> None:
    found = problem(of(**{f"parameter_{n}": TEXT for n in range(500)}), {"x\n" * 3_000: 1})
    assert found is not None
    assert "\n" not in found
    assert len(found) < 400


def test_hostile_schemas_and_values_end() -> None:
    loop: dict[str, Any] = {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, of(a={"$ref": "#/$defs/a"})]}}}
    loop["$ref"] = "#/$defs/a"
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    assert problem(loop, deep) is None
    assert problem(loop, {"a": {"b": 1}}) is not None
    assert problem({"properties": [], "type": 7, "anyOf": "x"}, {"a": 1}) is None


@pytest.fixture(scope="module")
def tools() -> list[Real]:
    if not DATA.exists():
        pytest.skip("the data beside the repository is not there")
    return [real for real in tool_schemas() if real.place.rpartition("/")[2] in ("input_schema", "inputSchema")]


def test_no_call_that_a_real_tools_schema_describes_is_refused(tools: list[Real]) -> None:
    assert len(tools) > 1_500
    for real in tools:
        schema = Schema.of(adapt(real.schema))
        # An example of the schema, and one of the form that models' answers are held to.
        for arguments in (example(real.schema), example(Plain().of(real.schema, "t"))):
            assert isinstance(arguments, dict)
            assert unknown_argument(schema, arguments) is None, real.place


def test_an_invented_argument_of_a_real_tool_is_refused(tools: list[Real]) -> None:
    passed = [real.place for real in tools if problem(real.schema, {"invented_by_nobody": 1}) is None]
    assert passed == []


# The types that BFCL writes in place of JSON Schema's.
_TYPES = {"dict": "object", "float": "number", "tuple": "array"}


def _as_schema(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: _TYPES.get(v, v) if k == "type" and isinstance(v, str) else _as_schema(v) for k, v in value.items()
        }
    return [_as_schema(item) for item in value] if isinstance(value, list) else value


def bfcl_cases() -> Iterator[tuple[dict[str, Any], list[str | None]]]:
    """BFCL's predictions with its own verdict, and what is said of the arguments of each of their known calls."""
    functions: dict[str, dict[str, Schema]] = {}
    for path in sorted((DATA / "bfcl").glob("BFCL_v4_*.json")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            functions[row["id"]] = {f["name"]: Schema.of(adapt(_as_schema(f["parameters"]))) for f in row["function"]}
    for case in map(json.loads, (DATA / "bfcl/derived/ast_cases.jsonl").read_text(encoding="utf-8").splitlines()):
        known = functions.get(case["id"], {})
        calls = [(name, given) for one in case["prediction"] for name, given in one.items() if name in known]
        yield case, [unknown_argument(known[name], given) for name, given in calls]


def test_what_bfcls_checker_says_of_unexpected_parameters_is_said_here() -> None:
    if not DATA.exists():
        pytest.skip("the data beside the repository is not there")
    counted = 0
    for case, problems in bfcl_cases():
        if case["valid"]:
            assert not any(problems), (case["id"], problems)
        if case["kind"] == "unexpected_param":
            counted += 1
            assert any(problems), case["id"]
    assert counted >= 1_000
