"""Values that the schema of an argument offers: every planner has them before it, whatever results hold."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pydantic import JsonValue

from toolgrad_dspy.records import Origin

# Longer descriptions are read up to here.
LONGEST_DESCRIPTION = 4000
_QUOTED = re.compile(r"""(?<![\w])(?:"([^"\n]{1,80})"|'([^'\n]{1,80})'|`([^`\n]{1,80})`|“([^”\n]{1,80})”)(?!\w)""")
_INTRODUCED = re.compile(
    r"(?:\be\.g\.?|\bsuch as\b|\bfor example\b|\bfor instance\b|\blike\b|\bi\.e\.?)[,:]?\s+([^;()\n]{1,160})",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r",\s*(?:and\s|or\s)?|\s+(?:and|or)\s+|/\s")
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)")
_EDGES = " \t\"'`“”.:"


def equal_as_json(left: JsonValue, right: JsonValue) -> bool:
    """Equal as JSON values: ``1`` and ``1.0`` are, ``1`` and ``true`` are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def from_schema(pointer: str, value: JsonValue, schema: dict[str, JsonValue]) -> Origin | None:
    """The origin of a value that the schema itself gives: a default, a choice, or nothing at all."""
    if isinstance(value, (dict, list)):  # an empty container has no value that could come from anywhere
        return Origin(pointer=pointer, kind="schema", match="empty")
    keyword = _keyword(value, schema)
    return Origin(pointer=pointer, kind="schema", match=keyword) if keyword else None


def _keyword(value: JsonValue, schema: dict[str, JsonValue]) -> str | None:
    """The keyword by which ``schema`` names ``value``, or None."""
    # A default first: a value that may be left out needs no word in the query, though it is enumerated too.
    if "default" in schema and equal_as_json(schema["default"], value):
        return "default"
    if "const" in schema and equal_as_json(schema["const"], value):
        return "const"
    choices = schema.get("enum")
    if isinstance(choices, list) and any(equal_as_json(choice, value) for choice in choices):
        return "enum"
    # `Optional[Mode]` and unions, as pydantic writes them: the enumeration is in a member.
    for word in ("anyOf", "oneOf", "allOf"):
        options = schema.get(word)
        if isinstance(options, list):
            keyword = next((k for o in options if isinstance(o, dict) and (k := _keyword(value, o))), None)
            if keyword:
                return keyword
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if value is None and "null" in kinds:
        return "null"
    # Without a declared type a boolean is one all the same: nothing else offers only two values.
    if isinstance(value, bool) and ("boolean" in kinds or kind is None):
        return "boolean"
    return None


def is_example(value: JsonValue, schema: dict[str, JsonValue]) -> bool:
    """Whether the schema shows ``value`` as an example, or its description names it."""
    for option in _members(schema):
        examples = option.get("examples")
        listed = [
            *(examples if isinstance(examples, list) else ()),
            *([option["example"]] if "example" in option else ()),
        ]
        if any(equal_as_json(example, value) for example in listed):
            return True
        if _text(value).casefold() in quoted(str(option.get("description", ""))):
            return True
    return False


def _text(value: JsonValue) -> str:
    """A value as a description would name it; empty for what none does, as a number of thousands of digits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value}" if abs(value) < 1e15 else ""
    return value if isinstance(value, str) else ""


def _members(schema: dict[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    yield schema
    members = schema.get("anyOf")
    yield from (option for option in (members if isinstance(members, list) else ()) if isinstance(option, dict))


@lru_cache(maxsize=4096)
def quoted(description: str) -> frozenset[str]:
    """The values that a description names, in lower case: in quotes, or after "e.g." and its like.

    >>> sorted(quoted("The country, such as 'USA' or 'Canada'.")), sorted(quoted("Unit, e.g. km or miles (optional)"))
    (['canada', 'usa'], ['km', 'miles'])
    """
    text = description[:LONGEST_DESCRIPTION]
    found = [value for groups in _QUOTED.findall(text) for value in groups if value]
    for listed in _INTRODUCED.findall(text):
        found += _BETWEEN.split(_SENTENCE_END.split(listed)[0])
    return frozenset(value.strip(_EDGES).casefold() for value in found if value.strip(_EDGES))
