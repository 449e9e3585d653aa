"""From MCP's types to records."""

import base64

import pytest
from mcp import types

from toolgrad_dspy.tools.mcp.convert import observation_from_mcp, tool_from_mcp

SCHEMA = {
    "type": "object",
    "properties": {"at": {"anyOf": [{"$ref": "#/$defs/Point"}, {"type": "null"}]}, "mode": {"enum": ["a", None, 3]}},
    "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number", "exclusiveMinimum": 0}}}},
    "x-vendor": {"kept": [1, None]},
}


def text(*lines: str) -> list[types.ContentBlock]:
    return [types.TextContent(text=line) for line in lines]


def test_schemas_are_kept_as_they_are() -> None:
    tool = tool_from_mcp(types.Tool(name="a", input_schema=SCHEMA, output_schema=SCHEMA), source="s")
    assert tool.parameters == SCHEMA
    assert tool.returns == SCHEMA


def test_hints_become_annotations_and_hints_that_are_not_given_stay_unknown() -> None:
    hints = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
    tool = tool_from_mcp(types.Tool(name="a", input_schema={}, annotations=hints), source="s")
    assert tool.annotations.model_dump() == {
        "read_only": True,
        "destructive": None,
        "idempotent": None,
        "open_world": False,
    }
    assert not tool.writes
    assert tool_from_mcp(types.Tool(name="a", input_schema={}), source="s").writes


@pytest.mark.parametrize(
    ("meta", "given", "category"),
    [
        ({"toolgrad/category": "Shops"}, "Other", "Shops"),
        ({"toolgrad/category": 3}, "Other", "Other"),
        (None, None, "the-source"),
    ],
)
def test_the_category_is_the_servers_else_the_one_given_else_the_source(
    meta: dict[str, object] | None, given: str | None, category: str
) -> None:
    tool = types.Tool(name="a", input_schema={}, _meta=meta)
    assert tool_from_mcp(tool, source="the-source", category=given).category == category


def test_a_name_is_made_valid_and_the_servers_own_is_kept() -> None:
    tool = tool_from_mcp(types.Tool(name="files/read.all", input_schema={}), source="s", name="x_files/read.all")
    assert (tool.name, tool.source_name) == ("x_files_read_all", "files/read.all")


def test_blocks_other_than_text_are_shown_by_type_and_size() -> None:
    data = base64.b64encode(b"\0" * 3500).decode()
    result = types.CallToolResult(
        content=[
            *text("Here:"),
            types.ImageContent(data=data, mime_type="image/png"),
            types.AudioContent(data=data, mime_type="audio/wav"),
            types.ResourceLink(name="doc", uri="file:///a.txt"),
            types.EmbeddedResource(resource=types.TextResourceContents(uri="demo://1", text="inside")),
            types.EmbeddedResource(resource=types.BlobResourceContents(uri="demo://2", blob=data)),
        ]
    )
    assert observation_from_mcp(result, 0.5).text.splitlines() == [
        "Here:",
        "[image image/png, 4 kB]",
        "[audio audio/wav, 4 kB]",
        "[link file:///a.txt]",
        "inside",
        "[resource demo://2 binary, 4 kB]",
    ]


@pytest.mark.parametrize("content", [{"a": [1, None]}, [], 0, "text"])
def test_structured_content_is_kept_and_is_the_text_where_there_is_no_other(content: object) -> None:
    result = types.CallToolResult(content=[], structured_content=content)
    observation = observation_from_mcp(result, 0.5)
    assert observation.content == content
    assert observation.text
    assert observation.latency == 0.5


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            "MCP error -32602: Input validation error: Invalid arguments for tool echo: Invalid input",
            "invalid_arguments",
        ),
        ("Input validation error: 'timezone' is a required property", "invalid_arguments"),
        ("Error executing tool add: 1 validation error for addArguments\na\n  Input should be", "invalid_arguments"),
        ("2 validation errors for call[search]\nquery\n  Missing required argument", "invalid_arguments"),
        ("Unknown tool: nope", "unknown_tool"),
        ("MCP error -32602: Tool nope not found", "unknown_tool"),
        ("Error executing tool convert_time: Invalid timezone: 'Nowhere'", "tool"),
        ("Error executing tool load: 1 validation error for Config\nport\n  Input should be", "tool"),
        ("The log says: Input validation error", "tool"),
        ("ENOENT: no such file or directory", "tool"),
        ("", "tool"),
    ],
)
def test_an_error_is_of_the_kind_that_its_sdk_words(message: str, kind: str) -> None:
    observation = observation_from_mcp(types.CallToolResult(content=text(message), is_error=True), 0.0)
    assert observation.error is not None
    assert observation.error.kind == kind
    assert observation.error.message


def test_a_text_like_an_error_is_no_error_unless_the_server_says_so() -> None:
    result = types.CallToolResult(content=text("Input validation error: quoted"))
    assert observation_from_mcp(result, 0.0).error is None
