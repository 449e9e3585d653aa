"""Parameters and results in the notation of prompts: one line, short, and read back as they are."""

import asyncio
import json
from random import Random
from typing import Any

import pytest

from tests.support.real_schemas import DATA, Real, api_schemas, tool_schemas
from toolgrad_dspy.json_schema import Schema, key_outline, parameter_list
from toolgrad_dspy.json_schema.signature import CHARS, VALUES, WIDTH
from toolgrad_dspy.lm.rehearsal.tools import tools_in
from toolgrad_dspy.records import Tool
from toolgrad_dspy.rendering import UsefulKeys, signature_line
from toolgrad_dspy.tools import Library
from toolgrad_dspy.world import WorldSource

# Characters that one parameter can take at most, its name aside, where it is no object.
ONE = VALUES * (CHARS + 1) + 2 * CHARS
real_data = pytest.mark.skipif(not DATA.exists(), reason="the data beside the repository is not there")


def parameters(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


def read(text: str) -> Any:
    """The parameters as the rehearsal model reads them."""
    (tool,) = tools_in(f"t{text}")
    return tool["parameters"]


# The notation


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string"}, "a?"),
        ({"type": "integer"}, "a?: integer"),
        ({"type": "string", "format": "date"}, "a?: date"),
        ({"type": "string", "enum": ["x", "y"]}, 'a?: "x"|"y"'),
        ({"enum": [1, None]}, "a?: 1"),
        ({"const": "x"}, 'a?: "x"'),
        ({"type": "integer", "default": 3}, "a? = 3"),
        ({"type": "integer", "default": 0}, "a? = 0"),
        ({"type": "boolean", "default": False}, "a? = false"),
        ({"type": "number", "default": 3}, "a?: number = 3"),
        ({"type": "string", "examples": ["x"]}, 'a?: e.g. "x"'),
        ({"type": "number", "examples": [3]}, "a?: number e.g. 3"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "a?: integer"),
        ({"type": ["null", "integer"]}, "a?: integer"),
        ({"type": "array", "items": {"type": "string"}}, "a?: [string]"),
        ({"type": "array", "items": {"enum": ["x"]}}, 'a?: ["x"]'),
        ({"type": "object"}, "a?: object"),
        ({"type": "object", "properties": {"b": {}}, "required": ["b"]}, "a?: {b: any}"),
        ({}, "a?: any"),
        (True, "a?: any"),
        ({"type": "null"}, "a?: null"),
        ({"type": "string", "description": "Some text."}, "a?"),
    ],
)
def test_a_parameter_that_may_be_left_out(schema: Any, shown: str) -> None:
    assert parameter_list(parameters(a=schema)) == f"({shown})"


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string"}, "a"),
        ({"type": "string", "description": "The city (in full)."}, "a: (The city [in full])"),
        ({"type": "string", "examples": ["x"], "description": "The city."}, 'a: e.g. "x"'),
        ({"type": "integer", "description": "How\n  many."}, "a: integer (How many)"),
    ],
)
def test_a_required_parameter_is_explained_where_nothing_else_explains_it(schema: Any, shown: str) -> None:
    assert parameter_list(parameters(["a"], a=schema)) == f"({shown})"
    assert "(" not in parameter_list(parameters(["a"], a=schema), lambda name: True)[1:]


def test_the_examples_of_a_required_parameter_change_with_the_variant() -> None:
    schema = parameters(["a"], a={"type": "string", "examples": ["x", "y", "z" * 100]})
    assert [parameter_list(schema, variant=number) for number in range(4)] == ['(a: e.g. "x")', '(a: e.g. "y")'] * 2


def test_what_is_left_out_is_marked_and_never_what_is_required() -> None:
    names = [f"p{number}" for number in range(300)]
    texts: dict[str, Any] = {name: {"type": "string"} for name in names}
    optional = parameter_list(parameters(None, **texts))
    assert optional.count("?") == WIDTH
    assert optional.endswith("…)")
    assert len(optional) < 200
    last = parameter_list(parameters(names[-1:], **texts))
    assert last.startswith("(p299, ")
    everything = read(parameter_list(parameters(names, **texts)))
    assert everything["required"] == names


def test_values_too_long_or_too_many_are_left_out_with_a_mark() -> None:
    many = parameter_list(parameters(a={"enum": [f"v{number}" for number in range(VALUES + 1)]}))
    assert many.endswith('"v7"|…)')
    assert parameter_list(parameters(a={"enum": ["x" * 5000, "y"]})) == '(a?: "y"|…)'
    for keyword in ("const", "default"):
        assert len(parameter_list(parameters(a={"type": "string", keyword: "x" * 5000}))) < 20
    assert len(parameter_list(parameters(["a"], a={"type": "string", "description": "word " * 999}))) < 2 * CHARS


def test_a_schema_inside_of_itself_ends() -> None:
    node: dict[str, Any] = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/n"}, "value": {"type": "integer"}},
    }
    text = parameter_list({**parameters(a={"$ref": "#/$defs/n"}), "$defs": {"n": node}})
    assert text == "(a?: {next?: object, value?: integer})"


@pytest.mark.parametrize("word", ["a\nb", "a)b", "a # b", "a -> b", "a|b", "a\u2028b", 'a"b', "…"])
@pytest.mark.parametrize(
    "keyword", ["format", "description", "title", "default", "const", "examples", "enum", "pattern", "$comment"]
)
def test_no_text_of_a_schema_breaks_the_line(keyword: str, word: str) -> None:
    value = [word] if keyword in ("examples", "enum") else word
    schema = parameters(["a", word], a={"type": "string", keyword: value}, **{word: {"type": "integer"}}, z={})
    text = parameter_list(schema)
    assert "\n" not in text
    back = read(text)
    assert list(back["properties"]) == ["a", word, "z"]
    assert back["required"] == ["a", word]
    assert (back["properties"]["a"]["type"], back["properties"][word]["type"]) == ("string", "integer")


# Results


def test_the_outline_of_a_result_keeps_the_way_to_what_is_useful_within_its_limit() -> None:
    row = {"type": "object", "properties": {f"k{n}": {"type": "string"} for n in range(30)} | {"row_id": {}}}
    schema: Any = {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": row}, "total": {"type": "integer"}},
    }
    text = key_outline(schema, lambda key: key == "row_id", 60)
    assert "row_id" in text
    assert len(text) <= 60
    assert key_outline({"type": "string"}, lambda key: True, 60) == ""


# Generated schemas


def generated(rng: Random, level: int = 0) -> dict[str, Any]:
    """A schema with a type, whose texts are hard to write on one line."""
    texts = ["x", "two words", "a\nb", 'q"uote', "(b)", "é", "…", "", "null", "12"]
    kind = rng.choice(["string", "integer", "number", "boolean", *(["array", "object"] if level < 3 else [])])
    schema: dict[str, Any] = {"type": kind}
    if rng.random() < 0.4:
        schema["description"] = rng.choice(texts) * rng.randint(1, 40)
    if kind == "string" and rng.random() < 0.3:
        schema[rng.choice(["enum", "examples"])] = rng.sample(texts, rng.randint(1, 4))
    if kind == "integer" and rng.random() < 0.3:
        schema["default"] = rng.randint(-5, 5)
    if kind == "array":
        schema["items"] = generated(rng, level + 1)
    if kind == "object":
        schema |= generated_object(rng, level + 1)
    return schema


def generated_object(rng: Random, level: int) -> dict[str, Any]:
    names = rng.sample(
        ["id", "place_id", "in", "a b", "a\nb", "$ref-x", "ü", "true", "7", "x.y", "e.g."], rng.randint(0, 6)
    )
    return parameters(
        [name for name in names if rng.random() < 0.5], **{name: generated(rng, level) for name in names}
    )


@pytest.mark.parametrize("seed", range(300))
def test_any_schema_is_written_on_one_line_and_read_back_with_its_names_marks_and_types(seed: int) -> None:
    schema = generated_object(Random(seed), 0)
    text = parameter_list(schema)
    assert "\n" not in text
    same(read(text), schema)


def same(back: Any, schema: dict[str, Any]) -> None:
    """``back``, read from a prompt, tells of ``schema`` what a call needs."""
    assert back["type"] == schema["type"]
    if "enum" in schema and all(len(json.dumps(value)) <= CHARS for value in schema["enum"][:VALUES]):
        assert back["enum"] == schema["enum"][:VALUES]
    if back["type"] == "array" and back["items"]:
        same(back["items"], schema["items"])
    if back["type"] == "object" and "properties" in back:
        assert set(back["properties"]) == set(schema["properties"])
        assert set(back["required"]) == set(schema["required"])
        for name, inner in back["properties"].items():
            same(inner, schema["properties"][name])


# The town, and real servers


def town() -> tuple[Tool, ...]:
    async def listed() -> tuple[Tool, ...]:
        async with Library([WorldSource()]) as library:
            return library.tools

    return asyncio.run(listed())


def test_the_tools_of_the_town_are_read_back_with_names_required_marks_enums_and_types() -> None:
    tools = town()
    assert len(tools) == 48
    useful = UsefulKeys(tools)
    for tool in tools:
        for variant in range(4):
            line = signature_line(tool, useful, variant)
            assert "\n" not in line
            assert len(line) < 520
            (back,) = tools_in(line)
            assert back["name"] == tool.name
            assert back["description"]
            required: Any = tool.parameters.get("required", [])
            declared = Schema.of(tool.parameters)
            names = [name for part in declared.parts() for name in part.names("properties")]
            assert sorted(back["parameters"]["properties"]) == sorted(names)
            assert sorted(back["parameters"]["required"]) == sorted(required)
            for name, shown in back["parameters"]["properties"].items():
                options = [o.keywords for member in declared.member(name) for o in member.options()]
                kinds = {option.get("type") for option in options} - {"null"}
                assert shown["type"] in kinds, (tool.name, name)
                enums = [option["enum"] for option in options if "enum" in option]
                if enums and shown["type"] != "object":  # of alternatives, the first is shown
                    assert shown["enum"] == enums[0][:VALUES], (line, name)  # type: ignore[index]


@pytest.fixture(scope="module")
def real() -> list[Real]:
    return [tool for tool in tool_schemas() if "nput" in tool.place.rpartition("/")[2]]


@real_data
def test_the_parameters_of_real_tools_stand_on_one_line_and_are_read_back(real: list[Real]) -> None:
    assert len(real) > 1_500
    sizes = []
    for place, schema, _ in real:
        text = parameter_list(schema)
        sizes.append(len(text))
        assert "\n" not in text, place
        back = read(text)
        names = set(schema.get("properties") or {})
        required = names & set(schema.get("required") or ())
        assert set(back["properties"]) <= names, place
        assert set(back["required"]) == required, place
        assert len(back["properties"]) == len(names) or len(back["properties"]) >= WIDTH, place
    assert max(sizes) < 2_000
    assert sorted(sizes)[len(sizes) // 2] < 60


@real_data
def test_the_parameters_and_results_of_real_apis_stand_on_one_line() -> None:
    for place, schema, _ in api_schemas():
        text = parameter_list(schema)
        outline = key_outline(schema, lambda key: key.endswith("id"), 60)
        assert "\n" not in text + outline, place
        assert len(text) < 4_000, place
