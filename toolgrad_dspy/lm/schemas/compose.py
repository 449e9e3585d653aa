"""The schema of a whole answer: the output fields of a signature in their order."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import JsonValue, PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, TypeAdapter

from toolgrad_dspy.json_schema import Dialect, JsonSchema, Plain, Refusal, TooLargeError, convert
from toolgrad_dspy.records import ByIdentity

# A signature class. DSPy has no types; to mypy it is anything.
Signature = Any


def answer_schema(signature: Signature, fields: Mapping[str, JsonSchema], dialect: Dialect) -> JsonSchema | Refusal:
    """The schema of an answer under ``signature`` in ``dialect``, or why there is none; equal calls share one object.

    A field that ``fields`` has is described by it, any other by the schema of its type.

    >>> from toolgrad_dspy.signatures import Select
    >>> schema = answer_schema(Select, {"report": {"type": "string", "enum": ["p1", "none"]}}, "openai")
    >>> list(schema["properties"]), schema["$defs"]
    (['reason', 'report', 'chain', 'lacking'], {'f2': {'type': 'string', 'enum': ['p1', 'none']}})
    """
    given = tuple((name, ByIdentity(fields[name])) for name in signature.output_fields if name in fields)
    return _answer_schema(signature, given, dialect)


@lru_cache(maxsize=256)
def _answer_schema(
    signature: Signature, given: tuple[tuple[str, ByIdentity[JsonSchema]], ...], dialect: Dialect
) -> JsonSchema | Refusal:
    plain = Plain()
    fields = {name: same.value for name, same in given}
    properties: dict[str, JsonValue] = {}
    for number, (name, field) in enumerate(signature.output_fields.items(), 1):
        try:
            schema = fields[name] if name in fields else _of_type(field.annotation)
            node = plain.of(schema, f"f{number}")
        except TooLargeError:
            return Refusal("too_large", f"/properties/{name}")
        if _is_judgment(node):
            plain.definitions[f"f{number}"] = node
            node = {"$ref": f"#/$defs/f{number}"}
        properties[name] = node
    answer: JsonSchema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return convert({**answer, "$defs": plain.definitions} if plain.definitions else answer, dialect)


def _is_judgment(node: JsonSchema) -> bool:
    """Whether DSPy would take a field with this schema for a choice between named answers.

    It takes a boolean, an enumeration and alternatives of constants directly under the root for such, and gives the
    answer in another form (``dspy/_vendor/lm15/judgments.py``). Behind a reference they are what they are.
    """
    return node.get("type") == "boolean" or any(keyword in node for keyword in ("enum", "const", "anyOf"))


@lru_cache(maxsize=1024)
def _of_type(annotation: object) -> JsonSchema:
    """The schema of a field's type; of one that pydantic has no schema for, that of any value."""
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)  # type: ignore[arg-type]
        return adapter.json_schema()
    except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError):
        return {}
