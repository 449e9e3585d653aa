"""Ids that nothing gave: a call with one is not worth making, and tells a tool what does not exist.

Nobody has asked for anything yet when calls are drafted, so an id is not the user's either: it came from a result,
from the tool's own schema, or from nowhere.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.records import Origin, Tool, key_words, last_key, lookup, opaque
from toolgrad_dspy.rendering import line

# The names of the tools whose results have ids for a parameter of that name.
Givers = Callable[[str], tuple[str, ...]]


# Last words of names whose values nobody knows by heart. A code, a key or a reference may be one that people say: for
# those the value has to look like an id.
_UNKNOWABLE = frozenset({"id", "uuid", "guid", "slug", "cursor", "token"})
# A shorter text stands in a description by chance.
_QUOTED_CHARS = 3


@dataclass(frozen=True, slots=True)
class MadeUpId:
    """An id from nowhere: the name of the argument, its value, and the tools whose results have such ids."""

    name: str
    value: JsonValue
    givers: tuple[str, ...]

    def __str__(self) -> str:
        """What a model has to know of it."""
        return (
            f"{self.name} = {line(self.value)} is made up: no result and no schema has it. "
            f"Such ids are in the results of {', '.join(self.givers)}"
        )


def made_up_id(tool: Tool, arguments: JsonValue, origins: Iterable[Origin], givers: Givers) -> MadeUpId | None:
    """The first argument of a call that is an id from nowhere; None if there is none.

    It is one if by ``origins`` nothing is known of it, if some tool gives ids of that name, and if the tool's schema
    does not name the value itself. An id that no tool gives may be known otherwise.
    """
    for origin in origins:
        if origin.kind != "user":
            continue
        name, value = last_key(origin.pointer), lookup(arguments, origin.pointer)
        if not isinstance(value, (str, int)) or not (_unknowable(name) or opaque(value)):
            continue
        sources = givers(name)
        if sources and not _named_by(schema_at(tool.parameters, origin.pointer) or {}, value):
            return MadeUpId(name, value, sources)
    return None


def _unknowable(name: str) -> bool:
    words = key_words(name)
    return bool(words) and words[-1] in _UNKNOWABLE


def _named_by(schema: dict[str, JsonValue], value: str | int) -> bool:
    text = json.dumps(schema, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False) in text or (
        isinstance(value, str) and len(value) >= _QUOTED_CHARS and value in str(schema.get("description"))
    )
