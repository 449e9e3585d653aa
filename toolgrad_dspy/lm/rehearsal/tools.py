"""Reading the tools in a prompt: a line each, in the notation of signatures, or as JSON with the full schema.

The notation is that of ``json_schema/signature.py``: ``list_departures(stop_id, limit? = 10) -> {stop_id, …}``.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from toolgrad_dspy.lm.rehearsal.prompt import objects

Tool = dict[str, Any]

_NAME = re.compile(r"[A-Za-z0-9_$-]+")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_BLANK = re.compile(r"\s*")
_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array"})
_DECODER = json.JSONDecoder()


def tools_in(text: str) -> Iterator[Tool]:
    """Every tool in a section of a prompt: ``name``, ``description``, ``parameters`` as a JSON schema, and
    ``returns`` as a shape if the line tells it. Lines in neither notation are skipped.
    """
    for line in text.split("\n"):
        if line.startswith("{"):
            yield from objects(line)
        elif (tool := _tool(line)) is not None:
            yield tool


@lru_cache(maxsize=4096)
def _tool(line: str) -> Tool | None:
    reader = _Reader(line)
    try:
        return reader.tool()
    except (ValueError, IndexError):
        return None


class _Reader:
    """Reads a line from left to right. Raises ValueError where it is not in the notation."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0

    def tool(self) -> Tool:
        name = self._match(_NAME)
        self._expect("(")
        tool = {"name": name, "parameters": self._members(")"), "description": ""}
        if self._skip("->"):
            tool["returns"] = self._shape()
        if self._skip("#"):
            tool["description"] = self._line[self._at :].strip()
        return tool

    def _members(self, close: str) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required = []
        while not self._skip(close):
            if not self._skip("…"):
                name, optional, schema = self._member()
                properties[name] = schema
                if not optional:
                    required.append(name)
            self._skip(",")
        return {"type": "object", "properties": properties, "required": required}

    def _member(self) -> tuple[str, bool, dict[str, Any]]:
        name = self._json() if self._peek('"') else self._match(_NAME)
        optional = self._skip("?")
        schema: dict[str, Any] = {"type": "string"}
        if self._skip(":"):
            schema = self._described()
        if self._skip("="):
            default = self._json()
            schema = {**(schema if schema != {"type": "string"} else {"type": _type_of(default)}), "default": default}
        return name, optional, schema

    def _described(self) -> dict[str, Any]:
        """What stands behind a colon: a type, an example or a hint, or the first and one of the others."""
        schema: dict[str, Any] = {}
        if not self._peek("e.g. ") and not self._peek("("):
            schema = self._type()
        if self._skip("e.g. "):
            example = self._json()
            schema = {"type": _type_of(example), **schema, "examples": [example]}
        if self._skip("("):
            end = self._line.index(")", self._at)
            schema = {"type": "string", **schema, "description": self._line[self._at : end]}
            self._at = end + 1
        return schema

    def _type(self) -> dict[str, Any]:
        options = [self._option()]
        while self._skip("|"):
            options.append(self._option())
        values = [option["const"] for option in options if "const" in option]
        if values:
            return {"type": _type_of(values[0]), "enum": values}
        return options[0]

    def _option(self) -> dict[str, Any]:
        if self._skip("…"):
            return {}
        if self._skip("["):
            items = {} if self._peek("]") else self._type()
            self._expect("]")
            return {"type": "array", "items": items}
        if self._skip("{"):
            return self._members("}")
        if self._peek("e.g."):
            raise ValueError
        word = _WORD.match(self._line, self._at)
        if word and word[0] not in ("true", "false", "null"):
            self._at = word.end()
            return {"type": word[0]} if word[0] in _TYPES else {"type": "string"} if word[0] != "any" else {}
        return {"const": self._json()}

    def _shape(self) -> Any:
        """The outline of a result: objects and lists, with a word for what is neither."""
        if self._skip("["):
            inner = [] if self._peek("]") else [self._shape()]
            self._expect("]")
            return inner
        self._expect("{")
        shape: dict[str, Any] = {}
        while not self._skip("}"):
            if not self._skip("…"):
                name = self._json() if self._peek('"') else self._match(_NAME)
                shape[name] = self._shape() if self._skip(":") else "value"
            self._skip(",")
        return shape

    def _blank(self) -> None:
        blank = _BLANK.match(self._line, self._at)
        self._at = blank.end() if blank else self._at

    def _peek(self, text: str) -> bool:
        self._blank()
        return self._line.startswith(text, self._at)

    def _skip(self, text: str) -> bool:
        found = self._peek(text)
        if found:
            self._at += len(text)
        return found

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise ValueError

    def _match(self, pattern: re.Pattern[str]) -> str:
        self._blank()
        found = pattern.match(self._line, self._at)
        if found is None:
            raise ValueError
        self._at = found.end()
        return found[0]

    def _json(self) -> Any:
        self._blank()
        value, self._at = _DECODER.raw_decode(self._line, self._at)
        return value


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "string"
