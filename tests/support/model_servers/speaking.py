"""Answers where the rehearsal model has none: a greeting, an instance of a schema, a tool call."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.support.model_servers.brain import PROSE, Asked, Called, Said

_VALUES: Mapping[str, Any] = {
    "string": "fine",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "array": [],
    "null": None,
}


def filled_in(asked: Asked, said: Said) -> Said:
    """``said``, or an answer of the kind that was asked for if it is empty or of another kind."""
    if asked.tools and (asked.forced or not said.text):
        name, schema = next(iter(asked.tools.items()))
        return replace(said, text="", called=Called(name, instance(schema)))
    if asked.as_json and not _is_object(said.text):
        return replace(said, text=json.dumps({"greeting": PROSE} if asked.schema is None else instance(asked.schema)))
    if "json_object" in asked.ignored and not said.text:
        return replace(said, text=f'```json\n{{"greeting": "{PROSE}"}}\n```')
    if (asked.ignored or asked.logprobs) and not said.text:
        return replace(said, text=PROSE)
    return said


def instance(schema: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> Any:
    """A value that is valid under ``schema``, as far as that has types, values, alternatives and definitions."""
    definitions = schema.get("$defs", {}) if definitions is None else definitions
    if "$ref" in schema:
        return instance(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("anyOf"):
        return instance(schema["anyOf"][0], definitions)
    kind = str(schema.get("type", "object")).lower()  # Google writes types in capitals
    if kind == "object":
        properties = schema.get("properties") or {}
        return {name: instance(properties[name], definitions) for name in schema.get("required", properties)}
    return _VALUES[kind]


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
