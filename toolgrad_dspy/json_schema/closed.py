"""Whether a schema leaves objects open."""

from pydantic import JsonValue

from toolgrad_dspy.json_schema.walk import Schema


def is_closed(schema: JsonValue, root: JsonValue = None) -> bool:
    """Whether every object that ``schema`` describes names its properties: a strict schema cannot leave any open.

    Looked at are all schemas in it and all that they refer to in ``root``, by default the schema itself. An object is
    open without ``properties``, and with ``additionalProperties`` other than false; ``true``, and a reference that
    leads out, leave everything open. A schema without a word of a type is taken for one of plain values.
    """
    return not any(_is_open(inner) for inner in Schema.of(schema, root).subschemas())


def _is_open(schema: Schema) -> bool:
    keywords = schema.keywords
    if schema.contents is True or schema.leads_out():
        return True
    kind = keywords.get("type")
    if kind != "object" and not (isinstance(kind, list) and "object" in kind):
        return False
    return "properties" not in keywords or keywords.get("additionalProperties", False) is not False
