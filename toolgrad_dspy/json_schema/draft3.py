"""Schemas of draft 3 (draft-zyp-json-schema-03) in the words of draft 4, which is the oldest that is checked."""

from pydantic import JsonValue

from toolgrad_dspy.json_schema.keywords import is_schema, with_inner_schemas

DRAFT3 = "json-schema.org/draft-03/schema"

_Contents = dict[str, JsonValue]


def as_draft_4(schema: _Contents) -> _Contents:
    """``schema`` in the words of draft 4; the sections are those of draft 3.

    >>> as_draft_4({"properties": {"a": {"divisibleBy": 2, "required": True}}})["properties"]
    {'a': {'multipleOf': 2}}
    """
    return {**_translated(schema), "$schema": "http://json-schema.org/draft-04/schema#"}


def _translated(schema: _Contents) -> _Contents:
    demanded = _demanded(schema)
    written = with_inner_schemas(schema, _translated)
    if isinstance(written.get("required"), bool):  # 5.7: said by the property itself, and read by who holds it
        del written["required"]
    if demanded:
        written["required"] = demanded
    if "divisibleBy" in written:  # 5.24
        written["multipleOf"] = written.pop("divisibleBy")
    conditions: list[JsonValue] = []
    if "extends" in written:  # 5.26: one, or a list of them
        extended = written.pop("extends")
        conditions += extended if isinstance(extended, list) else [extended]
    if "disallow" in written:  # 5.25
        conditions.append({"not": _of_type(written.pop("disallow"))})
    if isinstance(kinds := written.get("type"), list) and ("any" in kinds or any(map(is_schema, kinds))):  # 5.1
        del written["type"]
        conditions.append(_of_type(kinds))
    if isinstance(dependencies := written.get("dependencies"), dict):  # 5.8: a single name may stand alone
        written["dependencies"] = {
            name: [needed] if isinstance(needed, str) else needed for name, needed in dependencies.items()
        }
    if conditions:
        others = written.get("allOf")
        written["allOf"] = [*(others if isinstance(others, list) else []), *conditions]
    return written


def _demanded(schema: _Contents) -> list[JsonValue]:
    """The names of the properties that say of themselves that they are required."""
    properties = schema.get("properties")
    described = properties.items() if isinstance(properties, dict) else ()
    return [name for name, inner in described if isinstance(inner, dict) and inner.get("required") is True]


def _of_type(kinds: JsonValue) -> _Contents:
    """The values of a type, or of one of several: words and schemas."""
    listed = kinds if isinstance(kinds, list) else [kinds]
    if "any" in listed:
        return {}
    return {"anyOf": [kind if isinstance(kind, dict) else {"type": kind} for kind in listed]}
