"""Schemas as people write them, made valid by the draft that they name."""

from pydantic import JsonValue

from toolgrad_dspy.json_schema.draft3 import DRAFT3, as_draft_4
from toolgrad_dspy.json_schema.keywords import with_inner_schemas
from toolgrad_dspy.json_schema.references import REFERENCES

Contents = dict[str, JsonValue]

# What an OpenAPI document or a schema holds for others to refer to.
SHARED = ("$defs", "definitions", "components", "paths", "webhooks", "parameters", "responses")

_DRAFT4 = "json-schema.org/draft-04/schema"

# What may refuse null and cannot be widened. Nothing else is moved: pointers may lead into it.
_REFUSING_NULL = (*REFERENCES, "const", "allOf", "anyOf", "oneOf")


def standalone(schema: Contents, root: JsonValue) -> Contents:
    """``schema`` with what ``root`` holds for others to refer to, so that its references lead there without it."""
    if not isinstance(root, dict) or root is schema:
        return schema
    shared = {key: root[key] for key in SHARED if key in root}
    dialect = root.get("$schema", root.get("jsonSchemaDialect"))  # the second is OpenAPI 3.1's
    return {**({"$schema": dialect} if isinstance(dialect, str) else {}), **shared, **schema}


def adapt(schema: Contents) -> Contents:
    """``schema`` with what servers in the field write, though no draft that they name allows it, made valid.

    ``"type": "any"``, the boolean ``exclusiveMinimum`` and ``exclusiveMaximum`` of draft 4, the boolean ``required``
    of draft 3, and ``nullable`` of OpenAPI 3.0. A schema of draft 3 becomes one of draft 4. Equal to ``schema`` where
    there is nothing to do.
    """
    named = dialect(schema)
    if named.endswith(DRAFT3):
        return _adapted(as_draft_4(schema), old_bounds=True)
    return _adapted(schema, old_bounds=named.endswith(_DRAFT4))


def dialect(schema: Contents) -> str:
    """What ``$schema`` names, without the empty fragment of old drafts; empty where it names nothing."""
    named = schema.get("$schema")
    return named.rstrip("#") if isinstance(named, str) else ""


def _adapted(schema: Contents, *, old_bounds: bool) -> Contents:
    """``old_bounds`` says that the dialect itself knows boolean ones, which therefore stay."""
    adapted = with_inner_schemas(schema, lambda inner: _adapted(inner, old_bounds=old_bounds))
    if adapted.get("type") == "any":
        del adapted["type"]
    if isinstance(adapted.get("required"), bool):
        del adapted["required"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = adapted.get(exclusive)
        if isinstance(flag, bool) and not old_bounds:
            del adapted[exclusive]
            if flag and bound in adapted:
                adapted[exclusive] = adapted.pop(bound)
    return _with_null(adapted) if adapted.get("nullable") is True else adapted


def _with_null(schema: Contents) -> Contents:
    """``schema`` with null added to what it accepts.

    OpenAPI 3.0.3, section 4.7.24.1. By its letter ``nullable`` adds null to ``type`` alone, so that it is nothing
    beside ``$ref`` or ``allOf`` or without null in ``enum``; people who write it there mean what it says.
    """
    widened: Contents = {key: value for key, value in schema.items() if key not in (*_REFUSING_NULL, "nullable")}
    kind, choices = widened.get("type"), widened.get("enum")
    if isinstance(kind, (str, list)):
        kinds: list[JsonValue] = [kind] if isinstance(kind, str) else kind
        widened["type"] = kinds if "null" in kinds else [*kinds, "null"]
    if isinstance(choices, list) and None not in choices:
        widened["enum"] = [*choices, None]
    refusing = {key: schema[key] for key in _REFUSING_NULL if key in schema}
    return {**widened, "anyOf": [refusing, {"type": "null"}]} if refusing else widened
