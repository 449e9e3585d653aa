"""Where argument values come from, leaf by leaf."""

import json
from typing import Any

import pytest
from pydantic import JsonValue

from toolgrad_dspy.provenance.origins import EarlierResult, trace_origins
from toolgrad_dspy.records import Observation, Origin, Tool


def tool(properties: dict[str, Any], **schema: Any) -> Tool:
    return Tool(
        name="act",
        source_name="act",
        description="Act.",
        parameters={"type": "object", "properties": properties, **schema},
        source="s",
        category="c",
    )


def earlier(*values: Any) -> list[EarlierResult]:
    """Results of s1, s2, ..."""
    observations = [
        Observation(text=value) if isinstance(value, str) else Observation(content=value, text=json.dumps(value))
        for value in values
    ]
    return [EarlierResult(f"s{number}", observation) for number, observation in enumerate(observations, 1)]


def traced(
    arguments: dict[str, Any], results: list[EarlierResult], properties: dict[str, Any] | None = None
) -> list[Origin]:
    return list(trace_origins(tool(properties or {}), arguments, {}, results))


def only(arguments: dict[str, Any], *results: Any, properties: dict[str, Any] | None = None) -> tuple[str, ...]:
    """The one origin of ``arguments``, as (kind, step, path, match) without what is not set."""
    (origin,) = traced(arguments, earlier(*results), properties)
    return tuple(part for part in (origin.kind, origin.step, origin.path, origin.match) if part is not None)


# References


def test_a_reference_keeps_its_step_and_every_leaf_below_it_has_its_own_path() -> None:
    place: JsonValue = {"id": "place_7", "at": {"lat": 1.5, "tags": ["old", "quiet"]}}
    origins = trace_origins(tool({}), {"place": place, "note": "hi"}, {"/place": ("s1", "/found/0")}, [])
    assert [(o.pointer, o.kind, o.step, o.path, o.match) for o in origins] == [
        ("/place/id", "result", "s1", "/found/0/id", "reference"),
        ("/place/at/lat", "result", "s1", "/found/0/at/lat", "reference"),
        ("/place/at/tags/0", "result", "s1", "/found/0/at/tags/0", "reference"),
        ("/place/at/tags/1", "result", "s1", "/found/0/at/tags/1", "reference"),
        ("/note", "user", None, None, None),
    ]


def test_a_reference_to_one_argument_does_not_cover_another_that_begins_alike() -> None:
    origins = trace_origins(tool({}), {"place": "x", "place_id": "y"}, {"/place": ("s1", "/x")}, [])
    assert [origin.kind for origin in origins] == ["result", "user"]


def test_even_an_empty_value_or_a_boolean_is_known_when_it_was_referred_to() -> None:
    references = {"/a": ("s1", "/a"), "/b": ("s1", "/b")}
    assert [o.kind for o in trace_origins(tool({}), {"a": [], "b": True}, references, [])] == ["result", "result"]


# Literals


@pytest.mark.parametrize(
    ("arguments", "result", "path"),
    [
        ({"book": "bk_0042"}, {"hits": [{"isbn": "x"}, {"id": "bk_0042"}]}, "/hits/1/id"),
        ({"amount": 1299}, {"total": 1299.0}, "/total"),
        ({"lat": 52.5170365}, {"at": {"latitude": 52.5170365}}, "/at/latitude"),
        ({"who": "Ada Lovelace"}, {"people": ["Ada Lovelace"]}, "/people/0"),
        ({"ids": ["ev_1001"]}, [{"a/b": {"c~d": "ev_1001"}}], "/0/a~1b/c~0d"),
        ({"id": "Zürich-HB"}, {"": "Zürich-HB"}, "/"),
    ],
)
def test_a_distinctive_value_is_found_in_an_earlier_result(arguments: Any, result: Any, path: str) -> None:
    assert only(arguments, result) == ("result", "s1", path, "literal")


def test_a_value_that_is_the_whole_result_is_found_at_its_root() -> None:
    assert only({"token": "AB-1234-CD"}, "AB-1234-CD") == ("result", "s1", "", "literal")


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ({"party_size": 4}, {"temperature": 4}),
        ({"party_size": 4}, {"rooms": [{"floor": 4}]}),
        ({"price": 2.5}, {"distance_km": 2.5}),
        ({"code": "NW"}, {"direction": "NW"}),
        ({"open": True}, {"open": True}),
        ({"page": 1}, {"open": True}),
        ({"flag": False}, {"count": 0}),
        ({"text": ""}, {"text": ""}),
        ({"end": None}, {"end": None}),
        ({"town": "ada"}, {"name": "Ada"}),
        ({"number": "12"}, {"count": 12}),
    ],
)
def test_a_coincidence_is_not_an_origin(arguments: Any, result: Any) -> None:
    kind, *rest = only(arguments, result)
    assert (kind, *rest) in {("user",), ("schema", "boolean"), ("schema", "empty")}


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ({"party_size": 4}, {"party_size": 4}),
        ({"floor": 4}, {"rooms": [{"floor": 4}]}),
        ({"from_zone": "NW"}, {"zone": "NW"}),
        ({"roomIds": [7]}, {"room_id": 7}),
    ],
)
def test_a_small_value_counts_when_both_are_called_the_same(arguments: Any, result: Any) -> None:
    assert only(arguments, result)[0] == "result"


def test_of_several_places_the_one_called_like_the_parameter_is_taken() -> None:
    result = {"owner": "user_77", "author_id": "user_77", "editor": "user_77"}
    assert only({"author_id": "user_77"}, result)[2] == "/author_id"


def test_the_latest_result_wins() -> None:
    results = ({"id": "ev_1001"}, {"event": "ev_1001"}, {"nothing": 0})
    assert only({"id": "ev_1001"}, *results)[:3] == ("result", "s2", "/event")


def test_a_json_text_is_searched_like_data() -> None:
    assert only({"id": "ev_1001"}, '{"events": [{"key": "ev_1001"}]}')[:3] == ("result", "s1", "/events/0/key")


# Parts of texts, and paths


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ann@example.org", "Write to ann@example.org, please."),
        ("REF-2031", "Your booking REF-2031 is confirmed"),
        ("Old Mill Road", "It stands in Old Mill Road, by the river."),
        ("report.md", "[FILE] report.md\n[DIR] notes"),
        ("notes/report.md", "[FILE] report.md\n[DIR] notes"),
        ("./notes/report.md", "[FILE] report.md\n[DIR] notes"),
    ],
)
def test_a_longer_text_in_a_result_is_a_part_of_it(value: str, text: str) -> None:
    kind, step, _, match = (*only({"target": value}, {"text": text}), "")[:4]
    assert (kind, step, match) == ("result", "s1", "part")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("park", "A quiet corner next to the park, with a view."),  # one plain word: chance puts it there
        ("Museum", "Museum of the town and its harbour"),
        ("REF-203", "Your booking REF-2031 is confirmed"),
        ("example.org", "Write to ann@myexample.org, please."),
        ("a b", "list a b c"),
        ("notes/other.md", "[FILE] report.md\n[DIR] notes"),
        ("----", "a ---- b"),
    ],
)
def test_a_text_that_a_result_has_only_by_chance_or_as_a_piece_of_a_word_is_the_users(value: str, text: str) -> None:
    assert only({"target": value}, {"text": text}) == ("user",)


# Schemas

COLOURS: dict[str, Any] = {"Colour": {"type": "string", "enum": ["crimson", "teal"]}}
TREE: dict[str, Any] = {
    "Node": {
        "type": "object",
        "properties": {
            "kind": {"const": "node"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            "parent": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        },
    },
    "Loop": {"anyOf": [{"$ref": "#/$defs/Loop"}, {"$ref": "#/$defs/Loop"}, {"$ref": "#/$defs/Loop"}]},
    "Json": {
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"$ref": "#/$defs/Json"}},
            {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}},
        ]
    },
}


@pytest.mark.parametrize(
    ("schema", "value", "keyword"),
    [
        ({"type": "integer", "default": 10}, 10, "default"),
        ({"const": "v2"}, "v2", "const"),
        ({"enum": ["day", "week"]}, "week", "enum"),
        ({"type": "boolean"}, False, "boolean"),
        ({"type": ["string", "null"]}, None, "null"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, None, "null"),
        ({"anyOf": [{"enum": ["day"]}, {"type": "null"}], "default": None}, "day", "enum"),
        ({"anyOf": [{"$ref": "#/$defs/Colour"}, {"type": "null"}]}, "teal", "enum"),
        ({"$ref": "#/$defs/Colour"}, "teal", "enum"),
        ({"$ref": "#/$defs/Colour", "default": "teal"}, "teal", "default"),
        ({"allOf": [{"$ref": "#/$defs/Colour"}]}, "teal", "enum"),
        ({"oneOf": [{"const": 3}, {"const": 5}]}, 5, "const"),
        ({"type": "array", "items": {"$ref": "#/$defs/Colour"}}, ["teal"], "enum"),
        ({"type": "array", "items": {"type": "array", "items": {"enum": [7]}}}, [[7]], "enum"),
        ({"type": "array", "prefixItems": [{"const": "x"}], "items": {"const": "y"}}, ["x"], "const"),
        ({"type": "object", "additionalProperties": {"enum": ["low"]}}, {"any": "low"}, "enum"),
        ({"type": "object", "properties": {"a/b~c": {"default": "z"}}}, {"a/b~c": "z"}, "default"),
        ({"type": "array"}, [], "empty"),
        ({"type": "object"}, {}, "empty"),
    ],
)
def test_a_value_that_the_schema_names_is_the_schemas(schema: dict[str, Any], value: Any, keyword: str) -> None:
    named = tool({"p": schema}, **{"$defs": COLOURS})
    (origin,) = trace_origins(named, {"p": value}, {}, [])
    assert (origin.kind, origin.match) == ("schema", keyword)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "default": 1}, True),
        ({"type": "string", "enum": ["day"]}, "Day"),
        ({"type": "string"}, None),
        ({"$ref": "https://example.org/schema.json"}, "x"),
        ({"$ref": "#/$defs/Nowhere"}, "x"),
        ({"$ref": "#anchor"}, "x"),
    ],
)
def test_a_value_that_the_schema_does_not_name_is_the_users(schema: dict[str, Any], value: Any) -> None:
    named = tool({"p": schema}, **{"$defs": COLOURS})
    (origin,) = trace_origins(named, {"p": value}, {}, [])
    assert origin.kind == "user"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "default": "Old Town"}, ("schema", "default")),
        ({"type": "string", "enum": ["Old Town", "Harbour"]}, ("schema", "enum")),
        ({"type": "string", "examples": ["Old Town"]}, ("user",)),
        ({"anyOf": [{"type": "string", "examples": ["Old Town"]}, {"type": "null"}]}, ("user",)),
        ({"type": "string"}, ("result", "s1", "/district", "literal")),
    ],
)
def test_a_literal_that_the_schema_offers_is_not_credited_to_a_result_that_has_it_too(
    schema: dict[str, Any], expected: tuple[str, ...]
) -> None:
    """Else the query would not have to state a value that nothing else tells the reader to use."""
    assert only({"district": "Old Town"}, {"district": "Old Town"}, properties={"district": schema}) == expected


def test_the_root_can_be_referred_to() -> None:
    named = tool({"unit": {"enum": ["km"]}, "inner": {"$ref": "#"}})
    (origin,) = trace_origins(named, {"inner": {"inner": {"unit": "km"}}}, {}, [])
    assert (origin.kind, origin.match) == ("schema", "enum")


@pytest.mark.parametrize("name", ["Node", "Loop", "Json"])
def test_schemas_that_refer_to_themselves_end(name: str) -> None:
    named = tool({"p": {"$ref": f"#/$defs/{name}"}}, **{"$defs": TREE})
    deep: Any = {"kind": "node"}
    for _ in range(24):
        deep = {"children": [deep], "parent": None}
    origins = trace_origins(named, {"p": deep}, {}, [])
    assert (origins[0].kind == "schema") is (name == "Node")


def test_a_property_called_like_a_very_long_number_is_no_list_index() -> None:
    assert only({"9" * 5000: "a value"}, properties={"x": {"type": "array"}}) == ("user",)


def test_arguments_are_traced_against_large_results() -> None:
    rows = [
        {
            "id": f"row_{number:05}",
            "title": f"Title of the row {number}",
            "text": "lorem ipsum dolor " * 8,
            "n": number,
        }
        for number in range(230)
    ]
    results = earlier(*([{**row, "result": index} for row in rows] for index in range(20)))
    assert 45_000 < len(json.dumps(rows)) < 70_000
    arguments: dict[str, JsonValue] = {
        f"p{index}": f"a text that stands nowhere, not in {index}" for index in range(8)
    }
    arguments |= {"row_id": "row_00042", "path": "lorem/nowhere/dolor"}
    origins = trace_origins(tool({}), arguments, {}, results)
    assert [origin.kind for origin in origins] == ["user"] * 8 + ["result", "user"]
