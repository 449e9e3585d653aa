"""Which JSON types a value may have, by everything that is said of it at the same time."""

from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from toolgrad_dspy.json_schema.adapt import Contents, adapt
from toolgrad_dspy.json_schema.walk import Schema

# Keywords that say something only of values of one type: where no type is given, they tell which one is meant.
_TELLING = {
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "minProperties",
        "propertyNames",
    ),
    "array": ("items", "prefixItems", "minItems", "uniqueItems", "contains"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def types(parts: Sequence[Schema]) -> list[str] | None:
    """The types that all of ``parts`` allow, in the order written, ``"null"`` last; None where all types are allowed.

    Read are ``type``, a word or a list of them, OpenAPI 3.0's ``nullable``, and the values of ``enum`` and ``const``.
    Empty where the parts contradict one another. Words that are no JSON types stay as they are.
    """
    allowed: list[str] | None = None
    nullable = False
    for part in parts:
        written = _written(part)
        if written is not None:
            allowed = written if allowed is None else _both(allowed, written)
        elif part.keywords.get("nullable") is True:  # beside a reference, say: of what that allows, and null
            nullable = True
    if allowed is None:
        return None
    return sorted(dict.fromkeys([*allowed, "null"] if nullable else allowed), key="null".__eq__)


def may_be_object(schema: Contents) -> bool:
    """Whether the types that a schema allows include objects.

    >>> may_be_object({"properties": {}}), may_be_object({"type": "array"})
    (True, False)
    """
    allowed = types(Schema.of(adapt(schema)).parts())
    return allowed is None or "object" in allowed


def implied_type(parts: Iterable[Schema]) -> str | None:
    """The type that the keywords are about where none is written: ``properties`` speak of an object."""
    keywords = {keyword for part in parts for keyword in part.keywords}
    return next((name for name, telling in _TELLING.items() if keywords.intersection(telling)), None)


def type_of(value: JsonValue) -> str:
    """The JSON type of a value; a float without a fraction is a number all the same."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"


def _written(part: Schema) -> list[str] | None:
    keywords = part.keywords
    kind = keywords.get("type")
    names = [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []
    # A schema in the list is draft 3's, and one of the alternatives.
    known = [name for name in names if isinstance(name, str)]
    if not known or len(known) < len(names) or "any" in known:
        values = keywords.get("enum", [keywords["const"]] if "const" in keywords else None)
        if not isinstance(values, list) or not values:
            return None
        known = [type_of(value) for value in values]
    return list(dict.fromkeys([*known, "null"] if keywords.get("nullable") is True else known))


def _both(left: list[str], right: list[str]) -> list[str]:
    """The types in both lists; an integer is a number (JSON Schema 2020-12, Validation, section 6.1.1)."""
    wide_left, wide_right = ({*names, "integer"} if "number" in names else {*names} for names in (left, right))
    return [name for name in dict.fromkeys([*left, *right]) if name in wide_left and name in wide_right]
