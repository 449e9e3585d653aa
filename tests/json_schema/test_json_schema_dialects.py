"""What each kind of model server is sent, and why some schemas are not sent."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.support.real_schemas import Real, tool_schemas
from toolgrad_dspy.json_schema import (
    DIALECTS,
    Dialect,
    JsonSchema,
    Plain,
    Refusal,
    accepts,
    compile_schema,
    convert,
    example,
)
from toolgrad_dspy.json_schema.dialects.anthropic import ALTERNATIVES, OPTIONAL
from toolgrad_dspy.json_schema.dialects.openai import (
    CHARACTERS,
    CHARACTERS_OF_MANY,
    LEVELS,
    MANY_VALUES,
    PROPERTIES,
    VALUES,
)
from toolgrad_dspy.json_schema.dialects.texts import portable_pattern

TEXT = {"type": "string"}


def answer(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    """A schema of an answer with these properties, in the plain form."""
    form = Plain()
    schema: JsonSchema = {"type": "object", "properties": properties, "required": [*required]}
    node = form.of(schema, "t")
    return {**node, "$defs": form.definitions} if form.definitions else node


def converted(document: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    result = convert(document, dialect)
    assert not isinstance(result, Refusal), result
    return result


def reason(document: dict[str, Any], dialect: Dialect) -> str | None:
    result = convert(document, dialect)
    return result.reason if isinstance(result, Refusal) else None


def test_openai_demands_every_property_and_takes_null_for_what_may_be_absent() -> None:
    schema = converted(answer(["a"], a=TEXT, b={"type": "integer"}, c={"type": ["boolean", "null"]}), "openai")
    assert schema["required"] == ["a", "b", "c"]
    assert schema["properties"] == {
        "a": TEXT,
        "b": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "c": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    }
    assert schema["additionalProperties"] is False


def test_only_a_grammar_tells_the_places_of_a_tuple_apart() -> None:
    tuple_of_two = {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "minItems": 2, "maxItems": 2}
    either = {"anyOf": [TEXT, {"type": "integer"}]}
    sent = {dialect: converted(answer(["a"], a=tuple_of_two), dialect)["properties"]["a"] for dialect in DIALECTS}
    assert sent == {
        "openai": {"type": "array", "items": either, "minItems": 2, "maxItems": 2},
        "gemini": {"type": "array", "items": either, "minItems": 2, "maxItems": 2},
        "anthropic": {"type": "array", "items": either, "minItems": 1},
        "grammar": tuple_of_two,
    }


def test_anthropic_and_gemini_leave_out_what_they_document_no_word_for() -> None:
    bounded = answer(
        n={"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "multipleOf": 2},
        t={"type": "string", "pattern": "^a$", "minLength": 1, "format": "email"},
        l={"type": "array", "items": TEXT, "minItems": 3, "maxItems": 4},
        e={"const": "x"},
    )
    assert converted(bounded, "anthropic")["properties"] == {
        "n": {"type": "integer"},
        "t": {"type": "string", "format": "email"},
        "l": {"type": "array", "items": TEXT, "minItems": 1},
        "e": {"type": "string", "const": "x"},
    }
    assert converted(bounded, "gemini")["properties"] == {
        "n": {"type": "integer", "minimum": 1},
        "t": TEXT,
        "l": {"type": "array", "items": TEXT, "minItems": 3, "maxItems": 4},
        "e": {"type": "string", "enum": ["x"]},
    }


@pytest.mark.parametrize(
    ("schema", "held"),
    [
        ({"type": "integer", "minimum": 0.5, "exclusiveMaximum": 9}, {"type": "integer", "minimum": 1, "maximum": 8}),
        ({"type": "integer", "minimum": 9, "maximum": 1}, {"type": "integer"}),
        ({"type": "integer", "minimum": -1e300, "maximum": 2**53}, {"type": "integer"}),
        ({"type": "number", "minimum": 1, "multipleOf": 0.1}, {"type": "number"}),
        ({"type": "string", "maxLength": 512}, {"type": "string", "maxLength": 512}),
        ({"type": "string", "maxLength": 513}, TEXT),
        ({"type": "string", "minLength": 5, "maxLength": 4}, TEXT),
        ({"type": "string", "pattern": "^x_\\d{4}$", "maxLength": 9}, {"type": "string", "pattern": "^x_[0-9]{4}$"}),
        (
            {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\d$", "format": "date"},
            {"type": "string", "format": "date"},
        ),
        ({"type": "string", "pattern": "(?=a)", "format": "uri"}, TEXT),
        ({"type": "array", "items": True, "maxItems": 64}, {"type": "array", "items": {}, "maxItems": 64}),
        ({"type": "array", "items": True, "maxItems": 65, "uniqueItems": True}, {"type": "array", "items": {}}),
        ({"type": "string", "const": "a"}, {"type": "string", "const": "a"}),
        ({"not": {"type": "string"}}, {}),
    ],
)
def test_a_grammar_gets_what_it_can_hold_an_answer_to(schema: dict[str, Any], held: dict[str, Any]) -> None:
    assert converted(answer(a=schema), "grammar")["properties"] == {"a": held}


@pytest.mark.parametrize(
    ("pattern", "portable"),
    [
        ("^(note|event)_\\d+$", "^(note|event)_[0-9]+$"),
        ("^([01]\\d|2[0-3]):[0-5]\\d$", "^([01][0-9]|2[0-3]):[0-5][0-9]$"),
        ("^[\\w-]{1,64}$", "^[A-Za-z0-9_-]{1,64}$"),
        ("^v\\.\\d$", "^v[.][0-9]$"),
        ("^(?:a|b)$", "^(a|b)$"),
        ("^a{65}$", None),
        ("^a|b$", None),
        ("^.*$", None),
        ("^a**$", None),
        ("^(a$", None),
        ("^a)(b$", None),
        ("^[^@]+$", None),
        ("^(?!a)b$", None),
        ("abc", None),
        ("^$", None),
        ("^", None),
        ("", None),
    ],
)
def test_an_expression_is_portable_or_left_out(pattern: str, portable: str | None) -> None:
    assert portable_pattern(pattern) == portable
    if portable:
        re.compile(portable)


FREE = {"type": "object", "additionalProperties": True}
TREE = {"$ref": "#/$defs/t"}


def tree(required: bool) -> dict[str, Any]:
    """A tree, whose children may have to be there."""
    node: dict[str, Any] = {
        "type": "object",
        "properties": {"child": {"$ref": "#/$defs/t"}},
        "required": ["child"] if required else [],
        "additionalProperties": False,
    }
    document = {"type": "object", "properties": {"a": TREE}, "required": ["a"], "additionalProperties": False}
    return {**document, "$defs": {"t": node}}


@pytest.mark.parametrize(
    ("document", "reasons"),
    [
        (answer(a=FREE), {"openai": "open_object", "gemini": "open_object", "anthropic": "open_object"}),
        (
            answer(a={"type": "object", "additionalProperties": TEXT}),
            {"openai": "open_object", "anthropic": "open_object"},
        ),
        (answer(a={}), {"openai": "untyped_value", "gemini": "untyped_value", "anthropic": "untyped_value"}),
        (tree(required=False), {"anthropic": "circular"}),
        (tree(required=True), {"anthropic": "circular", "gemini": "circular"}),
    ],
)
def test_what_a_dialect_cannot_say_is_refused_with_its_reason(
    document: dict[str, Any], reasons: dict[str, str]
) -> None:
    found = {dialect: why for dialect in DIALECTS if (why := reason(document, dialect))}
    assert found == reasons


def test_openai_cannot_tell_alternatives_apart_that_begin_alike() -> None:
    def begins(**first: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"kind": first, "x": TEXT}, "required": ["kind"]}

    told = answer(["a"], a={"anyOf": [begins(const="p"), begins(const="q")]})
    same = answer(["a"], a={"anyOf": [begins(const="p"), begins(enum=["p", "q"])]})
    any_text = answer(["a"], a={"anyOf": [begins(type="string"), begins(const="q", type="string")]})
    assert [reason(document, "openai") for document in (told, same, any_text)] == [
        None,
        "same_first_key",
        "same_first_key",
    ]


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


def values(count: int, length: int = 1) -> dict[str, Any]:
    return {"enum": [f"{number:0{length}}" for number in range(count)]}


@pytest.mark.parametrize(
    ("fits", "exceeds", "why"),
    [
        (nested(LEVELS - 1), nested(LEVELS), "too_deep"),
        (
            {"type": "object", "properties": {f"{n:x}": {"type": "null"} for n in range(PROPERTIES - 1)}},
            {"type": "object", "properties": {f"{n:x}": {"type": "null"} for n in range(PROPERTIES)}},
            "too_many_properties",
        ),
        (values(VALUES, 4), values(VALUES + 1, 4), "too_many_values"),
        (
            values(MANY_VALUES, CHARACTERS_OF_MANY // MANY_VALUES + 1),
            values(MANY_VALUES + 1, CHARACTERS_OF_MANY // MANY_VALUES),
            "too_many_characters",
        ),
        ({"const": "x" * (CHARACTERS - 1)}, {"const": "x" * CHARACTERS}, "too_many_characters"),
    ],
)
def test_openais_limits_bind_where_they_are(fits: dict[str, Any], exceeds: dict[str, Any], why: str) -> None:
    assert reason(answer(["a"], a=fits), "openai") is None
    assert reason(answer(["a"], a=exceeds), "openai") == why


def test_a_definition_is_as_deep_as_what_it_leads_to() -> None:
    document = {**answer(["a"], a=TEXT), "$defs": {"deep": answer(["b"], b=nested(LEVELS - 1))}}
    document["properties"] = {"a": {"$ref": "#/$defs/deep"}}
    assert reason(document, "openai") == "too_deep"
    assert reason(tree(required=False), "openai") is None, "a circle is gone round once"


def test_anthropics_limits_bind_where_they_are() -> None:
    optional: dict[str, Any] = {f"p{n}": TEXT for n in range(OPTIONAL)}
    assert reason(answer(**optional), "anthropic") is None
    assert reason(answer(**optional, more=TEXT), "anthropic") == "too_many_optional"
    unions = {f"p{n}": {"type": ["string", "null"]} for n in range(ALTERNATIVES)}
    assert reason(answer(list(unions), **unions), "anthropic") is None
    assert (
        reason(answer([*unions, "more"], **unions, more={"type": ["string", "null"]}), "anthropic")
        == "too_many_alternatives"
    )


# The keywords that each dialect's documents know.
KNOWN: dict[Dialect, set[str]] = {
    "openai": {"pattern", "format", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"}
    | {"minItems", "maxItems", "const"},
    "gemini": {"format", "minItems", "maxItems", "minimum", "maximum"},
    "anthropic": {"format", "minItems", "const"},
    "grammar": {"pattern", "format", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "const"},
}
ALWAYS = {"$ref", "type", "enum", "items", "anyOf", "properties", "additionalProperties", "required"}


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    inner = [*node.get("properties", {}).values(), *node.get("anyOf", ()), *node.get("$defs", {}).values()]
    inner += [node[keyword] for keyword in ("items", "additionalProperties") if isinstance(node.get(keyword), dict)]
    for part in inner:
        yield from nodes(part)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_real_tool_converts_or_has_a_reason_and_what_converts_keeps_the_rules(dialect: Dialect) -> None:
    tools: list[Real] = list(tool_schemas())
    if not tools:
        pytest.skip("the data beside the repository is not there")
    for real in tools:
        result = convert(answer(["value"], value=real.schema), dialect)
        if isinstance(result, Refusal):
            assert dialect != "grammar", real.place
            continue
        for node in nodes(result):
            assert node.keys() - {"$defs"} <= ALWAYS | KNOWN[dialect], real.place
            if dialect in ("openai", "anthropic") and node.get("type") == "object":
                assert node["additionalProperties"] is False
            if dialect == "openai" and node.get("type") == "object":
                assert node["required"] == list(node["properties"])
            if "$ref" in node:
                assert re.fullmatch(r"#/\$defs/\w+", node["$ref"])
        made = example(real.schema)
        if dialect == "anthropic" and accepts(compile_schema(real.schema), made):
            assert accepts(compile_schema(result), {"value": made}), (real.place, made)
        json.dumps(result)
