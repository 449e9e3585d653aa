"""The ways to decide a schema's alternatives: each gives schemas that hold together, with no choice left."""

from collections.abc import Iterator, Sequence

from toolgrad_dspy.json_schema.value_types import types
from toolgrad_dspy.json_schema.walk import Schema, distinct

# A schema with n choices has up to 2 ** n ways. So many are looked at, and so many choices are made on the way.
WAYS = 24
CHOICES = 1_000


def views(schemas: Sequence[Schema]) -> Iterator[list[Schema]]:
    """The ways to decide what ``schemas``, which hold together, leave open; at most :data:`WAYS`.

    The first alternatives come first and the last choice is varied first; alternatives of null alone are the last of
    theirs. A condition is decided too: ``if`` with ``then``, or ``else``.
    """
    # What holds, up to which of it all is decided, and what was decided last: deciding it is left to its turn.
    waiting: list[tuple[list[Schema], int, list[Schema]]] = [([], 0, list(schemas))]
    given, made = 0, 0
    while waiting and given < WAYS and made < CHOICES:
        before, start, added = waiting.pop()
        parts = distinct([*before, *(part for schema in added for part in schema.parts())])
        index = next((index for index in range(start, len(parts)) if _choices(parts[index])), None)
        if index is None:
            given += 1
            yield parts
            continue
        made += 1
        ways: list[list[Schema]] = [[]]
        for choice in _choices(parts[index]):
            ways = [[*way, *option] for way in ways for option in choice][:WAYS]
        waiting.extend((parts, index + 1, way) for way in reversed(ways))


def _choices(part: Schema) -> list[list[list[Schema]]]:
    """The choices that one schema leaves open: the options of each, and of each option the schemas that hold then."""
    choices = [[[option] for option in sorted(group, key=_is_null)] for group in part.alternatives()]
    condition = part.single("if")
    if condition:
        choices.append([[*condition, *part.single("then")], part.single("else")])
    return choices


def _is_null(schema: Schema) -> bool:
    return types(schema.parts()) == ["null"]
