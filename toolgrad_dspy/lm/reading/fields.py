"""The fields of an answer, as text or as data, in whichever of DSPy's two formats the model wrote them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from toolgrad_dspy.json_text import UnreadableError, extent, read_value, trimmed

# DSPy writes "[[ ## name ## ]]". Models indent it, print it bold, and write another number of #. All repetitions are
# bounded: a line may be a million blanks long.
_HEADER = re.compile(
    r"^[^\S\n]{0,40}[*_>-]{0,4}[^\S\n]{0,4}"
    r"\[\[[ \t]{0,4}(#{0,8})[ \t]{0,4}(\w{1,80})[ \t]{0,4}#{0,8}[ \t]{0,4}\]\][*_]{0,4}",
    re.MULTILINE,
)
# "## name" or "**name:**" on a line of its own.
_HEADING = re.compile(
    r"^[ \t]{0,40}(?:#{1,6}[ \t]{0,4}|\*\*)`?(\w{1,80})`?[ \t]{0,4}:?(?:\*\*|#{0,8})[ \t]{0,4}:?[ \t]{0,40}$",
    re.MULTILINE,
)
_OBJECT = re.compile(r"\{(?=\s{0,80}[\"'\w])")
_BRACKET = re.compile(r"[\[{]")
# The number of objects in a text that are tried in turn: prose may have braces, too.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer has for a field: a text, or data. ``cut`` says that the answer ends inside it."""

    value: Any
    cut: bool = False


def find_fields(
    text: str, names: Collection[str], structured: Collection[str] = (), *, cut: bool = False
) -> dict[str, Found]:
    """What ``text`` has for the fields ``names``, of which ``structured`` are lists or objects.

    ``cut`` says that the text is known to be cut off.

    >>> find_fields("  [[ # reason # ]]\\nwhy\\n[[ ## calls ## ]] []", ["reason", "calls"])["calls"].value
    '[]'
    >>> find_fields('So: {"reason": "why", "calls": []}', ["reason", "calls"])["calls"].value
    []
    """
    ways = (_in_object, _in_sections) if text.startswith("{") else (_in_sections, _in_object)
    for way in (*ways, _under_headings):
        found = way(text, names, cut)
        if found:
            return found
    # The only list or object, without its name.
    return {name: Found(text, cut) for name in structured} if len(structured) == 1 and _BRACKET.search(text) else {}


def _in_sections(text: str, names: Collection[str], cut: bool) -> dict[str, Found]:
    # Without a single # it is a header only if it names a field.
    marks = [mark for mark in _HEADER.finditer(text) if mark[1] or mark[2] in names]
    return _between([(mark[2], mark.start(), mark.end()) for mark in marks], text, names, cut)


def _under_headings(text: str, names: Collection[str], cut: bool) -> dict[str, Found]:
    marks = [mark for mark in _HEADING.finditer(text) if mark[1].lower() in names]
    return _between([(mark[1].lower(), mark.start(), mark.end()) for mark in marks], text, names, cut)


def _between(marks: list[tuple[str, int, int]], text: str, names: Collection[str], cut: bool) -> dict[str, Found]:
    """The texts between ``marks``, which are names with the beginning and the end of their headers."""
    found: dict[str, Found] = {}
    for number, (name, _, end) in enumerate(marks):
        last = number == len(marks) - 1
        body = trimmed(text[end:] if last else text[end : marks[number + 1][1]])
        if name in names and (name not in found or not found[name].value):
            found[name] = Found(body, cut and last)
    return found


def _in_object(text: str, names: Collection[str], cut: bool) -> dict[str, Found]:
    position = 0
    for _ in range(_TRIES):
        beginning = _OBJECT.search(text, position)
        if beginning is None:
            break
        try:
            found, length = _members(text[beginning.start() :], names, cut)
        except UnreadableError:
            break
        if found:
            return found
        position = beginning.start() + length
    return {}


def _members(text: str, names: Collection[str], cut: bool) -> tuple[dict[str, Found], int]:
    """The fields in the object that ``text`` begins with, or in its only member, and the object's length."""
    around = extent(text)
    try:
        value = read_value(text[: around.end], cut=cut).data
    except UnreadableError:
        value = None
    if isinstance(value, Mapping):
        return _named(value, names), around.end
    # An object that cannot be read, or is cut off, has members that can.
    fields: dict[str, Found] = {}
    for number, (key, part) in enumerate(zip(around.keys, around.parts, strict=True), 1):
        name = trimmed(key).strip("\"'`").lower()
        if name in names and part:
            fields.setdefault(name, Found(part, cut=around.is_open and number == len(around.parts)))
    return fields, around.end


def _named(value: Mapping[str, Any], names: Collection[str]) -> dict[str, Found]:
    found = {key.lower(): Found(data) for key, data in value.items() if key.lower() in names}
    if not found and len(value) == 1:
        (only,) = value.values()
        return _named(only, names) if isinstance(only, Mapping) else {}
    return found
