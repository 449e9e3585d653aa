"""Filling a tool's arguments: from earlier results, from its schema, or with placeholders."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolgrad_dspy.lm.rehearsal.prompt import objects
from toolgrad_dspy.records import last_key, leaves

PLACEHOLDERS: dict[str, Any] = {"string": "example", "integer": 1, "number": 1.0, "boolean": True, "null": None}
# Keys that do not identify a value: a "name" here and a "name" there are different things.
_TOO_GENERAL = frozenset(
    {"name", "title", "text", "description", "status", "type", "kind", "note", "message"}
    | {"limit", "page", "offset", "total", "count", "content", "result"}
)
_BOUNDS = ("max_", "min_")
# Most schemas of real servers have no examples, but descriptions that say "(e.g., 'Europe/London')".
_INTRODUCED = re.compile(r"e\.g\.|for example|such as|examples?:", re.IGNORECASE)
_QUOTED = re.compile(r"""(?<!\w)['"`]([^'"`\n]{1,80})['"`](?!\w)""")
_FORMATS = {"YYYY-MM-DD": "2026-05-14", "HH:MM": "14:30"}
# The chance that an optional parameter is given, if there is a value for it.
OPTIONAL = 0.3
# The deepest nesting of arguments: a schema may refer to itself.
DEPTH = 5


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value in a result: the step that returned it, its JSON Pointer and its name there."""

    step: str
    path: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills arguments: with values ``known`` from earlier results (``reuse``), with those that the schema names
    (``concrete``), and with placeholders.
    """

    known: tuple[KnownValue, ...]
    reuse: bool
    concrete: bool
    rng: random.Random

    def arguments(self, tool: dict[str, Any]) -> dict[str, Any]:
        """Arguments for a call of ``tool``."""
        schema = tool["parameters"]
        return self._object(_plain(schema, schema), schema, 0)

    def _object(self, schema: dict[str, Any], root: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        filled = {}
        for name, inner in schema.get("properties", {}).items():
            if name in required:
                filled[name] = self._value(name, inner, root, depth)
            elif (value := self._optional(name, inner, root)) is not None:
                filled[name] = value
        return filled

    def _optional(self, name: str, schema: Any, root: dict[str, Any]) -> Any:
        """A value for an optional parameter, or None to leave it out."""
        if not isinstance(schema, dict):
            return None
        plain = _plain(schema, root)
        matches = self._matches(name, plain) if self.reuse else ()
        wanted = self.rng.random() < OPTIONAL
        if matches:
            return self._reference(matches)
        if wanted and self.concrete and ("enum" in plain or "examples" in schema or "examples" in plain):
            return self._value(name, schema, root, 0)
        return None

    def _value(self, name: str, schema: Any, root: dict[str, Any], depth: int) -> Any:
        plain = _plain(schema, root)
        matches = self._matches(name, plain) if self.reuse else ()
        if matches:
            return self._reference(matches)
        if self.concrete and (named := concrete_values(schema, plain)):
            return self.rng.choice(named)
        kind = plain.get("type", "string")
        if kind == "object" and plain.get("properties") and depth < DEPTH:
            return self._object(plain, root, depth + 1)
        if kind == "array":
            return [self._value(name, plain.get("items", {}), root, depth + 1)] if depth < DEPTH else []
        return PLACEHOLDERS.get(kind, {} if kind == "object" else "example")

    def _matches(self, name: str, schema: dict[str, Any]) -> list[KnownValue]:
        return matching(name, schema, self.known)

    def _reference(self, matches: list[KnownValue]) -> dict[str, str]:
        chosen = self.rng.choice(matches[:4])  # the latest ones
        return {"$from": chosen.step, "$path": chosen.path}


def matching(name: str, schema: dict[str, Any], known: tuple[KnownValue, ...]) -> list[KnownValue]:
    """The known values whose name and type fit the parameter, in their order: the latest step first."""
    if name.lower() in _TOO_GENERAL:
        return []
    kind = schema.get("type")
    fitting = [value for value in known if fits(name, value.key) and _has_type(value.value, kind)]
    return [value for value in fitting if "enum" not in schema or value.value in schema["enum"]]


@lru_cache(maxsize=65536)
def fits(parameter: str, key: str) -> bool:
    """``stop_id`` fits ``stop_id`` and ``from_stop_id``; a bare ``id`` fits nothing by its name alone."""
    a, b = parameter.lower(), key.lower()
    # A highest price is no price: whoever asks for it sets it.
    if b in _TOO_GENERAL or b == "id" or a.startswith(_BOUNDS):
        return False
    return a == b or a.endswith("_" + b) or (a.rstrip("s") == b and a != b)


@lru_cache(maxsize=16384)
def fits_any(parameter: str, keys: frozenset[str]) -> bool:
    """Whether a value with one of the names ``keys`` fits ``parameter``."""
    return any(fits(parameter, key) for key in keys)


def concrete_values(schema: Any, plain: dict[str, Any]) -> list[Any]:
    """The values that a schema names for a parameter: constant, enum, examples, default, or in its description."""
    own: dict[str, Any] = schema if isinstance(schema, dict) else {}
    for place in (own, plain):
        if "const" in place:
            return [place["const"]]
        for word in ("enum", "examples"):
            if place.get(word):
                return [value for value in place[word] if value is not None]
    default = own.get("default", plain.get("default"))
    if default is None and plain.get("type") == "string":
        return described_values(str(own.get("description") or plain.get("description") or ""))
    return [default] if default is not None else []


@lru_cache(maxsize=4096)
def described_values(description: str) -> list[Any]:
    """The values that a description quotes after words like "e.g.", or one in the format it spells out."""
    introduced = _INTRODUCED.search(description)
    quoted = _QUOTED.findall(description[introduced.end() :]) if introduced else []
    if quoted:
        return list(dict.fromkeys(quoted))
    return [value for format_, value in _FORMATS.items() if format_ in description][:1]


def values_in(workflow: str) -> tuple[KnownValue, ...]:
    """Every named value in the results of the workflow's steps, one JSON object per line, latest step first."""
    return tuple(value for line in reversed(workflow.split("\n")) for value in _values_of_line(line))


@lru_cache(maxsize=1024)
def _values_of_line(line: str) -> tuple[KnownValue, ...]:
    return tuple(value for step in objects(line) for value in values_of(step["step"], step.get("result")))


def values_of(step: str, result: Any) -> Iterator[KnownValue]:
    """Every named value in ``result``. What stands for something that was cut ("…", "… 3 more") is not one."""
    for path, value in leaves(result):
        if value not in (None, "", [], {}) and not (isinstance(value, str) and value.startswith("…")):
            yield KnownValue(step, path, last_key(path), value)


def needs(tool: dict[str, Any]) -> list[str]:
    """The required parameters for which the tool's own schema names no value: mostly ids."""
    schema = tool["parameters"]
    missing = []
    for name in schema.get("required", ()):
        inner = schema.get("properties", {}).get(name, {})
        plain = _plain(inner, schema)
        if plain.get("type") in ("string", "integer", None) and not concrete_values(inner, plain):
            missing.append(name)
    return missing


def returned(tool: dict[str, Any], parameter: str) -> str | None:
    """The JSON Pointer of a value for ``parameter`` in the result of ``tool``, by the shape that it declares."""
    for path, _ in leaves(tool.get("returns")):
        if fits(parameter, last_key(path)):
            return path
    return None


def _plain(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """The schema with local references resolved, and the first branch that is not null in place of a choice."""
    for _ in range(8):  # a reference may lead to itself
        if not isinstance(schema, dict):
            break
        reference = schema.get("$ref")
        if isinstance(reference, str):
            schema = root.get("$defs", root.get("definitions", {})).get(reference.rsplit("/", 1)[-1], {})
            continue
        branches = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not branches:
            break
        schema = next((b for b in branches if not isinstance(b, dict) or b.get("type") != "null"), {})
    if not isinstance(schema, dict):  # true, which admits any value
        return {}
    kind = schema.get("type")
    if isinstance(kind, list):
        return {**schema, "type": next((k for k in kind if k != "null"), "null")}
    return schema


def _has_type(value: Any, kind: Any) -> bool:
    if kind == "string":
        return isinstance(value, str) and not value.startswith("…")
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return kind is None and isinstance(value, str)
