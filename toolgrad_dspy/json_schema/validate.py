"""Values against JSON Schema.

The dialect is what ``$schema`` names, else 2020-12. References to other documents are never fetched: what stands
under one is accepted unchecked. Formats are not checked. The library is imported with the first check, not with this
module.
"""

import json
from functools import lru_cache
from urllib.parse import urlsplit

from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema.adapt import Contents, adapt, dialect, standalone
from toolgrad_dspy.json_schema.effort import TooIntricateError
from toolgrad_dspy.json_schema.references import MALFORMED
from toolgrad_dspy.json_schema.validator import SchemaError, Validator
from toolgrad_dspy.json_schema.walk import Schema

# Levels of objects and lists in a schema that is used: more than any real one has, and few enough for every walk
# through it, which takes some of Python's stack for each.
LEVELS = 100
# Characters of a schema as JSON: ten times the largest real ones.
CHARACTERS = 5_000_000


def schema_problem(schema: Contents) -> str | None:
    """Why ``schema`` cannot be used, in one line, or None: it is compiled, and its references are followed."""
    if _levels(schema) > LEVELS:
        return f"the schema: more than {LEVELS} levels of objects and lists"
    text = json.dumps(schema)
    if len(text) > CHARACTERS:
        return f"the schema: more than {CHARACTERS:,} characters"
    return _schema_problem(text)


@lru_cache(maxsize=1024)  # both a source and the library ask
def _schema_problem(text: str) -> str | None:
    schema: Contents = json.loads(text)
    named = schema.get("$schema")
    if "$schema" in schema and not isinstance(named, str):
        return f"/$schema: {one_line(json.dumps(named), 80)} is not of type 'string'"
    try:
        urlsplit(dialect(schema))
        dangling = (reference for inner in Schema.of(schema).subschemas() for reference in inner.dangling())
        keyword, missing = next(dangling, ("", ""))
    except MALFORMED as problem:
        return f"/$schema: {one_line(problem, 160)}"
    if keyword:
        return f'"{keyword}" {one_line(missing, 120)!r} leads nowhere'
    try:
        Validator.of(Schema.of(adapt(schema)))
    except TooIntricateError as error:
        return f"the schema: {error}"
    except RecursionError:
        return "the schema: too many schemas inside of one another"
    except SchemaError as problem:
        return str(problem)
    return None


def _levels(schema: JsonValue) -> int:
    """The levels of objects and lists inside of one another."""
    level = 0
    inner: list[JsonValue] = [schema]
    while inner and level <= LEVELS:
        inner = [item for value in inner for item in _members(value)]
        level += bool(inner)
    return level


def _members(value: JsonValue) -> list[JsonValue]:
    """The objects and lists in an object or list."""
    listed = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in listed if isinstance(item, dict | list)]


def compile_schema(schema: Contents, root: JsonValue = None) -> Validator:
    """A validator for :func:`argument_problem` and :func:`accepts`; compile once, use often.

    References lead into ``root``, by default the schema itself. A schema that :func:`schema_problem` complains of may
    accept everything.
    """
    try:
        return Validator.of(Schema.of(adapt(standalone(schema, root))))
    except (SchemaError, TooIntricateError, RecursionError):
        return Validator.of(Schema.of({}))


def argument_problem(validator: Validator, arguments: dict[str, JsonValue]) -> str | None:
    """What is wrong with ``arguments``, as ``/json/pointer: message``; None if nothing is, or no check would end."""
    return validator.problem(arguments, "arguments")


def accepts(validator: Validator, value: JsonValue) -> bool:
    """Whether ``value`` is valid, or could not be checked."""
    return validator.accepts(value)
