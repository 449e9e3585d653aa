"""Arguments that are made up: templates in place of values, and ids that nothing gave.

Nobody has asked for anything yet when calls are drafted, so an id is not the user's: it came from a result, from the
tool's own schema, or from nowhere. A call with one from nowhere is not worth making, and tells a tool what does not
exist. Nor is one with a template ("{{date}}"): the text of the request and the response would be written for it.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema import Schema, schema_at
from toolgrad_dspy.provenance.placeholders import is_template
from toolgrad_dspy.records import ByIdentity, Origin, Tool, escape, key_words, last_key, lookup, opaque
from toolgrad_dspy.records.pointer import list_index, unescape
from toolgrad_dspy.rendering import line

# Characters of a made-up value that are told: it may be as long as an answer.
SHOWN_CHARS = 160

_WORD = re.compile(r"[\w-]+")

# The names of the tools whose results have ids for a parameter of that name.
Givers = Callable[[str], tuple[str, ...]]

# Last words of names whose values nobody knows by heart. A code, a key or a reference may be one that people say: for
# those the value has to look like an id.
_UNKNOWABLE = frozenset({"id", "uuid", "guid", "slug", "cursor", "token"})
# A shorter text stands in a description by chance.
_QUOTED_CHARS = 3


@dataclass(frozen=True, slots=True)
class MadeUpId:
    """An id from nowhere: the argument's name and place, its value, and the tools whose results have such ids."""

    rule: ClassVar[str] = "made_up_id"
    name: str
    pointer: str
    value: JsonValue
    givers: tuple[str, ...]

    @property
    def mendable(self) -> bool:
        """Whether another call can give what belongs there."""
        return bool(self.givers)

    def __str__(self) -> str:
        """What a model has to know of it."""
        where = (
            f"such ids are in the results of {', '.join(self.givers)}" if self.givers else "no tool at hand gives one"
        )
        return f"{self.name} = {_shown(self.value)} is made up: no result and no schema has it; {where}"


@dataclass(frozen=True, slots=True)
class TemplateValue:
    """A template in place of a value: the argument's name and place, and its value."""

    rule: ClassVar[str] = "placeholder"
    mendable: ClassVar[bool] = True
    name: str
    pointer: str
    value: JsonValue

    def __str__(self) -> str:
        """What a model has to know of it."""
        return (
            f"{self.name} = {_shown(self.value)} stands for a value and is none: write the value itself, or refer to "
            "a result that has it"
        )


def _shown(value: JsonValue) -> str:
    return one_line(line(value), SHOWN_CHARS)


def required_ids(tool: Tool) -> tuple[str, ...]:
    """The parameters that ``tool`` requires, by whose names they are ids, and for which its schema names no value.

    >>> schema = {"properties": {"copy_id": {}, "days": {}}, "required": ["copy_id", "days"]}
    >>> required_ids(Tool(name="t", source_name="t", description="", parameters=schema, source="s", category="c"))
    ('copy_id',)
    """
    return tuple(name for name, required in _ids(ByIdentity(tool)).items() if required)


def id_parameters(tool: Tool) -> tuple[str, ...]:
    """The parameters of ``tool`` that are ids by their names, and for which its schema names no value."""
    return tuple(_ids(ByIdentity(tool)))


@lru_cache(maxsize=65536)
def _ids(tool: ByIdentity[Tool]) -> dict[str, bool]:
    """The parameters that are ids, and whether each is required."""
    parameters = tool.value.parameters
    parts = Schema.of(parameters).parts()
    required = _required(parts)
    return {
        name: name in required
        for name in dict.fromkeys(name for part in parts for name in part.names("properties"))
        if unknowable(name) and not _offers_value(schema_at(parameters, f"/{escape(name)}") or {})
    }


def _required(parts: Iterable[Schema]) -> frozenset[str]:
    listed = [part.keywords.get("required") for part in parts]
    return frozenset(name for names in listed if isinstance(names, list) for name in names if isinstance(name, str))


def _offers_value(schema: dict[str, JsonValue]) -> bool:
    options = schema.get("anyOf")
    places = [schema, *(o for o in options if isinstance(o, dict))] if isinstance(options, list) else [schema]
    if any(place.get(word) for place in places for word in ("enum", "examples", "example", "const", "default")):
        return True
    # "such as pl_0001"
    return any(opaque(word) for place in places for word in _WORD.findall(str(place.get("description", ""))))


def made_up_value(
    tool: Tool, arguments: JsonValue, origins: Iterable[Origin], givers: Givers
) -> MadeUpId | TemplateValue | None:
    """The first argument of a call that is made up, of which nothing is known by ``origins``; None if there is none.

    It is a template, or an id that some tool gives under that name and that the tool's schema does not name itself.
    An id that no tool gives may be known otherwise.
    """
    for origin in origins:
        # What the user stated before is known, also where a result repeats it.
        if origin.kind != "user" or origin.echo is not None:
            continue
        name, value = last_key(origin.pointer), lookup(arguments, origin.pointer)
        if is_template(value):
            return TemplateValue(name, origin.pointer, value)
        if not isinstance(value, (str, int)) or not (unknowable(name) or opaque(value)):
            continue
        sources = givers(name)
        if sources and not _named_by(schema_at(tool.parameters, origin.pointer) or {}, value):
            return MadeUpId(name, origin.pointer, value, sources)
    return None


def without_optional(tool: Tool, arguments: dict[str, JsonValue], pointer: str) -> dict[str, JsonValue] | None:
    """``arguments`` without the one that ``pointer`` lies in, None if ``tool`` requires it.

    >>> schema = {"properties": {"day": {}, "contact_ids": {}}, "required": ["day"]}
    >>> tool = Tool(name="t", source_name="t", description="", parameters=schema, source="s", category="c")
    >>> without_optional(tool, {"day": "2026-05-13", "contact_ids": ["c1"]}, "/contact_ids/0")
    {'day': '2026-05-13'}
    """
    name = unescape(pointer.split("/")[1])
    required = _required(Schema.of(tool.parameters).parts())
    return None if name in required else {key: item for key, item in arguments.items() if key != name}


def is_optional(tool: Tool, pointer: str) -> bool:
    """Whether ``tool`` could be called without the argument at ``pointer``, or without an object that it lies in. An
    item of a list goes with its list.

    >>> changes = {"properties": {"day": {}, "time": {}}, "required": ["day"]}
    >>> schema = {"properties": {"id": {}, "changes": changes}, "required": ["id", "changes"]}
    >>> tool = Tool(name="t", source_name="t", description="", parameters=schema, source="s", category="c")
    >>> is_optional(tool, "/changes/time"), is_optional(tool, "/changes/day")
    (True, False)
    """
    around, _, name = pointer.rpartition("/")
    if not around:
        return unescape(name) not in _required(Schema.of(tool.parameters).parts())
    parts = [part for place in Schema.of(tool.parameters).at(around) for part in place.parts()]
    if parts and list_index(name) is None and unescape(name) not in _required(parts):
        return True
    return is_optional(tool, around)


def unknowable(parameter: str) -> bool:
    """Whether a parameter of this name takes an id, which nobody knows by heart.

    >>> unknowable("place_id"), unknowable("ids"), unknowable("idea")
    (True, True, False)
    """
    words = key_words(parameter)
    return bool(words) and words[-1] in _UNKNOWABLE


def _named_by(schema: dict[str, JsonValue], value: str | int) -> bool:
    text = json.dumps(schema, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False) in text or (
        isinstance(value, str) and len(value) >= _QUOTED_CHARS and value in str(schema.get("description"))
    )
