"""Argument origins: for every argument leaf, where its value came from.

A leaf that replaced a reference has its origin by construction. For a literal the rules are, first match wins:

1. ``schema``: it is the parameter's default or constant, the null of a nullable parameter, an enumerated value,
   or a boolean (an enumeration of two).
2. ``result``: a distinctive value that equals a leaf of an earlier result; an undistinctive one (a small number,
   a short word) only if the two are also called alike, since chance would match it anywhere.
3. ``result``: a longer text that stands in an earlier result's text as whole words (``part``), or a path each of
   whose segments does. One plain word does not count: chance puts it there.
4. ``user``: everything else. The query has to state it, which ``mentions.py`` checks when the query is written.

A value that the parameter's schema offers itself (an enumerated one, an example) is never taken for a literal from
a result: a planner finds it in the schema, and a query that then need not state it could not be answered. Only a
reference proves that such a value came from a result.

When several earlier results hold a value, the latest is taken: it is what a planner had in front of it.
"""

import copy
import re
from collections.abc import Sequence

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.records import Observation, Origin, Tool, last_key, leaves

_WORD = re.compile(r"\w+")
_PLAIN_WORD = re.compile(r"[^\W\d_]+")

JsonScalar = str | int | float
Schema = dict[str, JsonValue]


class Result:
    """An earlier result that arguments may come from, with its leaves indexed once.

    ``step`` is the id of the step (or attempt) that gave it, ``value`` the result as data.
    """

    def __init__(self, step: str, observation: Observation) -> None:
        self.step = step
        self.value = observation.value
        self._paths: dict[JsonScalar, list[str]] = {}
        self.texts: list[tuple[str, str]] = []
        for path, leaf in leaves(self.value):
            if isinstance(leaf, (str, int, float)) and not isinstance(leaf, bool) and leaf != "":
                self._paths.setdefault(leaf, []).append(path)
                if isinstance(leaf, str) and len(leaf) > 4:
                    self.texts.append((path, leaf))

    def renamed(self, step: str) -> "Result":
        """The same result under another id, as when an attempt becomes a step; it is not indexed again."""
        renamed = copy.copy(self)
        renamed.step = step
        return renamed

    def paths(self, value: JsonScalar) -> list[str]:
        """Where a leaf equal to ``value`` stands: ``1`` equals ``1.0``; booleans and null are never indexed."""
        return self._paths.get(value, [])


def trace(
    tool: Tool,
    arguments: dict[str, JsonValue],
    references: dict[str, tuple[str, str]],
    earlier: Sequence[Result],
) -> tuple[Origin, ...]:
    """The origin of every leaf of ``arguments``, in document order.

    ``references`` maps the pointer of each replaced reference to (step, path); ``earlier`` is in the order the
    calls ran. No origin here is ``unknown``: only a query that fails to state a value makes it so.
    """
    return tuple(
        _origin(tool, pointer, value, references, earlier) for pointer, value in leaves(arguments) if pointer
    )


def _origin(
    tool: Tool,
    pointer: str,
    value: JsonValue,
    references: dict[str, tuple[str, str]],
    earlier: Sequence[Result],
) -> Origin:
    for place, (step, path) in references.items():
        if pointer == place or pointer.startswith(place + "/"):
            return Origin(
                pointer=pointer, kind="result", step=step, path=path + pointer[len(place) :], match="reference"
            )
    schema = schema_at(tool.parameters, pointer) or {}
    user = Origin(pointer=pointer, kind="user")
    known = _from_schema(pointer, value, schema)
    if known is not None or _is_example(value, schema):
        return known or user
    return _equal_leaf(pointer, value, earlier) or _part(pointer, value, earlier) or user


def distinctive(value: JsonValue) -> bool:
    """Whether two equal values are unlikely to be equal by chance."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int):
        return abs(value) >= 1000
    if isinstance(value, float):
        return len(repr(value)) >= 5
    return isinstance(value, str) and len(value) >= 4


def _equal_leaf(pointer: str, value: JsonValue, earlier: Sequence[Result]) -> Origin | None:
    if isinstance(value, (bool, dict, list)) or value is None or value == "":
        return None
    name = last_key(pointer)
    strong = distinctive(value)
    for result in reversed(earlier):
        matches = result.paths(value)
        best = next(
            (path for path in matches if alike(name, last_key(path))), matches[0] if matches and strong else None
        )
        if best is not None:
            return Origin(pointer=pointer, kind="result", step=result.step, path=best, match="literal")
    return None


def same(left: JsonValue, right: JsonValue) -> bool:
    """Equal as JSON values: ``1`` and ``1.0`` are, ``1`` and ``true`` are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def alike(parameter: str, key: str) -> bool:
    """Whether a parameter and a result key are called the same thing: ``from_stop_id`` and ``stop_id`` are."""
    a, b = _words(parameter), _words(key)
    if not a or not b:
        return False
    short, long = sorted((a, b), key=len)
    return long[-len(short) :] == short


def _words(name: str) -> list[str]:
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return [part.rstrip("s") for part in re.split(r"[^a-z0-9]+", parts) if part]


def _from_schema(pointer: str, value: JsonValue, schema: dict[str, JsonValue]) -> Origin | None:
    if isinstance(value, (dict, list)):  # an empty container states no value
        return Origin(pointer=pointer, kind="schema", match="empty")
    keyword = _keyword(value, schema)
    return Origin(pointer=pointer, kind="schema", match=keyword) if keyword else None


def _keyword(value: JsonValue, schema: dict[str, JsonValue]) -> str | None:
    if "default" in schema and same(schema["default"], value):
        return "default"
    if "const" in schema and same(schema["const"], value):
        return "const"
    choices = schema.get("enum")
    if isinstance(choices, list) and any(same(choice, value) for choice in choices):
        return "enum"
    for word in ("anyOf", "oneOf", "allOf"):
        options = schema.get(word)
        if isinstance(options, list):
            found = next((k for o in options if isinstance(o, dict) and (k := _keyword(value, o))), None)
            if found:
                return found
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if value is None and "null" in kinds:
        return "null"
    if isinstance(value, bool) and ("boolean" in kinds or kind is None):
        return "boolean"
    return None


def _is_example(value: JsonValue, schema: dict[str, JsonValue]) -> bool:
    members = schema.get("anyOf")
    for option in (schema, *(members if isinstance(members, list) else ())):
        examples = option.get("examples") if isinstance(option, dict) else None
        if isinstance(examples, list) and any(same(example, value) for example in examples):
            return True
    return False


def _part(pointer: str, value: JsonValue, earlier: Sequence[Result]) -> Origin | None:
    """A text of four characters and more that stands in result text as whole words, or a path made of such parts."""
    if not isinstance(value, str) or len(value) < 4 or _PLAIN_WORD.fullmatch(value):
        return None
    found = _containing(value, earlier)
    if found is None and "/" in value:
        segments = [segment for segment in value.split("/") if segment and segment not in (".", "..")]
        places = [_containing(segment, earlier, minimum=2) for segment in segments]
        if places and all(places):
            found = places[-1]
    if found is None:
        return None
    return Origin(pointer=pointer, kind="result", step=found[0], path=found[1], match="part")


def _containing(text: str, earlier: Sequence[Result], minimum: int = 4) -> tuple[str, str] | None:
    if len(text) < minimum or not _WORD.search(text):
        return None
    pattern: re.Pattern[str] | None = None
    for result in reversed(earlier):
        for path, leaf in result.texts:
            if len(leaf) > len(text) and text in leaf:
                pattern = pattern or re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
                if pattern.search(leaf):
                    return result.step, path
    return None
