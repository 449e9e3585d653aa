"""Arguments against a tool's JSON Schema.

The dialect is what ``$schema`` names, else 2020-12. References to other documents are never fetched: what stands
under one is accepted unchecked. The library is imported with the first check, not with this module.
"""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import JsonValue

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import Tool
from toolgrad_dspy.records.pointer import escape, lookup

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Schema = dict[str, JsonValue]

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems", "items")
_SINGLES = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")


def check_tools(tools: Iterable[Tool]) -> None:
    """Raises ToolSourceError, naming the tool, when a tool's parameters are not a JSON Schema."""
    for tool in tools:
        problem = schema_problem(tool.parameters)
        if problem:
            raise ToolSourceError(
                f"tool {tool.source_name!r} of source {tool.source!r} has an invalid JSON Schema: {problem}; "
                f'set "deny": ["{tool.source_name}"] to do without it'
            )


def schema_problem(schema: Schema) -> str | None:
    """Why ``schema`` cannot be used, in one line, or None."""
    return _schema_problem(json.dumps(schema))


@lru_cache(maxsize=4096)  # a check takes 0.7 ms, and both a source and the library make it
def _schema_problem(text: str) -> str | None:
    from jsonschema.exceptions import SchemaError, best_match

    adapted = adapt(json.loads(text))
    cls = _validator_class(adapted)
    try:
        error = best_match(cls(cls.META_SCHEMA).iter_errors(adapted))
    except (SchemaError, RecursionError) as problem:
        return one_line(problem, 200)
    if error is not None:
        return f"{_pointer(error.absolute_path) or 'the schema'}: {one_line(error.message, 160)}"
    missing = next((ref for ref in _local_references(adapted) if not _leads_somewhere(adapted, ref)), None)
    return f'"$ref" {missing!r} leads nowhere' if missing else None


def compile_schema(schema: Schema) -> "Validator":
    """A validator for :func:`argument_problem`; compile once, use often."""
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    def anything(uri: str) -> "Resource[Any]":
        return Resource.from_contents({}, default_specification=DRAFT202012)

    adapted = adapt(schema)
    registry: Registry[Any] = Registry(retrieve=anything)  # type: ignore[call-arg]  # attrs alias, unknown to mypy
    return _validator_class(adapted)(adapted, registry=registry)


def argument_problem(validator: "Validator", arguments: dict[str, JsonValue]) -> str | None:
    """What is wrong with ``arguments``, as ``/json/pointer: message``, or None."""
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        errors = list(validator.iter_errors(arguments))
    except Unresolvable:  # a part of a document that was not fetched
        return None
    if not errors:
        return None
    error = best_match(errors)
    return f"{_pointer(error.absolute_path) or 'arguments'}: {one_line(error.message, 200)}"


def adapt(schema: Schema) -> Schema:
    """``schema`` with what servers in the field write, though no draft that they name allows it, made valid.

    ``"type": "any"``, the boolean ``exclusiveMinimum`` and ``exclusiveMaximum`` of draft 4, and the boolean
    ``required`` of draft 3. Equal to ``schema`` where there is nothing to do.
    """
    adapted = dict(schema)
    if adapted.get("type") == "any":
        del adapted["type"]
    if isinstance(adapted.get("required"), bool):
        del adapted["required"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = adapted.get(exclusive)
        if isinstance(flag, bool):
            del adapted[exclusive]
            if flag and bound in adapted:
                adapted[exclusive] = adapted.pop(bound)
    for key in _MAPS:
        value = adapted.get(key)
        if isinstance(value, dict):
            adapted[key] = {name: _adapt_any(item) for name, item in value.items()}
    for key in _LISTS:
        value = adapted.get(key)
        if isinstance(value, list):
            adapted[key] = [_adapt_any(item) for item in value]
    for key in _SINGLES:
        if isinstance(adapted.get(key), dict):
            adapted[key] = _adapt_any(adapted[key])
    return adapted


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{escape(str(part))}" for part in path)


def _adapt_any(schema: JsonValue) -> JsonValue:
    return adapt(schema) if isinstance(schema, dict) else schema


def _validator_class(schema: Schema) -> "type[Validator]":
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    return validator_for(schema, default=Draft202012Validator)


def _local_references(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            yield reference
        for item in value.values():
            yield from _local_references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _local_references(item)


def _leads_somewhere(schema: Schema, reference: str) -> bool:
    try:
        lookup(schema, unquote(reference).removeprefix("#"))
    except LookupError:
        return False
    return True
