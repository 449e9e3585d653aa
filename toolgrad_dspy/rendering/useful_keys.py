"""Which values of a result a later call can use, by their keys."""

from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import JsonValue

from toolgrad_dspy.json_schema import Schema
from toolgrad_dspy.records import Tool, key_words, names_id

# What a thing is called: a person speaks of it by that.
_NAMES = frozenset({("name",), ("title",), ("label",)})


class UsefulKeys:
    """The keys of results that may help to make a call of one of ``tools``: useful are ids, names, and what is called
    like a parameter.

    >>> from toolgrad_dspy.records import Tool
    >>> book = Tool(
    ...     name="book", source_name="book", description="", source="s", category="c",
    ...     parameters={"properties": {"from_stop_id": {}, "party_size": {}}},
    ... )
    >>> useful = UsefulKeys([book])
    >>> [key for key in ("stop_id", "size", "place_name", "rating") if useful(key)]
    ['stop_id', 'size', 'place_name']
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        listed = tuple(tools)
        self._parameters = _words(name for tool in listed for name in property_names(tool.parameters)) | _NAMES
        self._givers: dict[tuple[str, ...], set[str]] = {}
        for tool in listed:
            for name in property_names(tool.returns):
                if names_id(name):
                    self._givers.setdefault(key_words(name), set()).add(tool.name)
        # As `alike` has it: one name's words end the other's.
        self._endings = {words[start:] for words in self._parameters for start in range(len(words))}
        self._known: dict[str, bool] = {}

    def __call__(self, key: str) -> bool:
        """Whether a value under ``key`` is useful."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = names_id(key) or self._matches(key)
        return known

    def _matches(self, key: str) -> bool:
        words = key_words(key)
        return words in self._endings or any(words[start:] in self._parameters for start in range(len(words)))

    def givers(self, parameter: str) -> tuple[str, ...]:
        """The names of the tools whose results, as they declare them, have ids that are called like ``parameter``."""
        words = key_words(parameter)
        found = (self._givers.get(words[start:], ()) for start in range(len(words)))
        return tuple(sorted({name for names in found for name in names}))

    def returned(self, parameter: str) -> bool:
        """Whether there is such a tool."""
        return bool(self.givers(parameter))

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


def property_names(schema: JsonValue) -> Iterator[str]:
    """The names of all properties in ``schema``, at any depth."""
    for inner in Schema.of(schema).subschemas():
        yield from inner.names("properties")


def _words(names: Iterable[str]) -> set[tuple[str, ...]]:
    return {words for name in names if (words := key_words(name))}
