"""Which keywords of JSON Schema hold schemas, in all drafts from 3 to 2020-12.

Each draft is read with the keywords of all: people write ``definitions`` beside ``$defs``, and nothing is lost by it,
since no draft gives the name of a keyword of another one a second meaning that holds schemas elsewhere.
"""

from collections.abc import Callable, Iterator

from pydantic import JsonValue

# Keywords whose value is an object of schemas by name. ``dependencies`` (to draft 7) also has lists of names in it.
MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")

# Keywords whose value is a list of schemas. ``items`` is one up to 2019-09; ``extends``, and schemas in ``type`` and
# ``disallow``, are draft 3's.
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items", "extends", "type", "disallow")

# Keywords whose value is one schema.
SINGLES = (
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "if",
    "then",
    "else",
    "not",
    "extends",
    "contentSchema",
)

# Keywords that say something to people, or how a text is to be read, and nothing about which values are valid.
ANNOTATIONS = frozenset(
    ("title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "$comment")
)

# What says where a schema is, or what others may refer to, and nothing about values.
ADDRESSES = frozenset(
    ("$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$defs", "definitions")
)


def is_schema(value: JsonValue) -> bool:
    """An object, or from draft 6 on a boolean."""
    return isinstance(value, (dict, bool))


def shared_schemas(contents: JsonValue) -> dict[str, JsonValue]:
    """``components/schemas`` of an OpenAPI document (OpenAPI 3.1, section 4.8.7), empty where there are none."""
    components = contents.get("components") if isinstance(contents, dict) else None
    schemas = components.get("schemas") if isinstance(components, dict) else None
    return schemas if isinstance(schemas, dict) else {}


def inner_schemas(contents: JsonValue) -> Iterator[JsonValue]:
    """The schemas that stand directly in ``contents``, in the order in which they are written.

    Values that merely look like schemas (in ``enum``, ``const``, ``default``, examples) are none.
    """
    if not isinstance(contents, dict):
        return
    for key, value in contents.items():
        if key in MAPS and isinstance(value, dict):
            yield from (item for item in value.values() if is_schema(item))
        elif key in LISTS and isinstance(value, list):
            yield from (item for item in value if is_schema(item))
        elif key in SINGLES and is_schema(value):
            yield value
        elif key == "components":
            yield from (item for item in shared_schemas(contents).values() if is_schema(item))


def with_inner_schemas(
    contents: dict[str, JsonValue], change: Callable[[dict[str, JsonValue]], dict[str, JsonValue]]
) -> dict[str, JsonValue]:
    """A copy of ``contents`` in which ``change`` was made to each object schema that stands directly in it."""

    def changed(value: JsonValue) -> JsonValue:
        return change(value) if isinstance(value, dict) else value

    copy = dict(contents)
    for key, value in contents.items():
        if key in MAPS and isinstance(value, dict):
            copy[key] = {name: changed(item) for name, item in value.items()}
        elif key in LISTS and isinstance(value, list):
            copy[key] = [changed(item) for item in value]
        elif key in SINGLES:
            copy[key] = changed(value)
        elif key == "components" and isinstance(value, dict):
            schemas = {name: changed(item) for name, item in shared_schemas(contents).items()}
            copy[key] = {**value, "schemas": schemas} if schemas else value
    return copy
