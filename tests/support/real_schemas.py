"""The schemas of real servers and APIs, from the data that lies beside the repository."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# Where media types, parameters and headers of an OpenAPI document have their schema.
_KEYWORD = "schema"
# Where a document has those that others refer to; the second is Swagger 2.0's.
_SHARED = ("/components/schemas", "/definitions")


class Real(NamedTuple):
    """A schema, the document that its references lead into, and where it stands."""

    place: str
    schema: Any
    root: Any


def tool_schemas() -> Iterator[Real]:
    """The argument and result schemas of tools that MCP servers listed."""
    for path in sorted((DATA / "mcp_tool_lists").glob("*.json")) + sorted((DATA / "mcp_recorded").glob("*.json")):
        for tool in _tools(json.loads(path.read_text(encoding="utf-8"))):
            for key in ("input_schema", "inputSchema", "output_schema", "outputSchema"):
                if isinstance(tool.get(key), dict):
                    yield Real(f"{path.stem}#{tool['name']}/{key}", tool[key], tool[key])


def api_schemas() -> Iterator[Real]:
    """Every schema of the OpenAPI documents: of parameters, requests, responses, and the shared ones."""
    for path in sorted((DATA / "openapi").rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and ("openapi" in document or "swagger" in document):
            for place, schema in _schemas(document, ""):
                yield Real(f"{path.relative_to(DATA / 'openapi')}#{place}", schema, document)


def _tools(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("name"), str) and ("input_schema" in value or "inputSchema" in value):
            yield value
        else:
            for item in value.values():
                yield from _tools(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tools(item)


def _schemas(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            at = f"{place}/{key}"
            if place in _SHARED or (key == _KEYWORD and isinstance(item, dict)):
                yield at, item
            elif key not in ("example", "examples"):
                yield from _schemas(item, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _schemas(item, f"{place}/{index}")
