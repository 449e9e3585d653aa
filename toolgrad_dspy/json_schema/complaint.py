"""What is wrong with a value: the most telling of its errors, in words that a model can act upon."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records.pointer import escape

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

# Characters of a complaint, and of a value in it.
LENGTH = 200
SHOWN = 80
# Values of an enumeration, or names, that are listed.
LISTED = 20

Path = list[str | int]


def most_telling(errors: Iterable["ValidationError"]) -> "ValidationError":
    """The error that says most of what is wrong.

    The higher in the value, the more is wrong. Of errors in one place, those of alternatives say least: which of them
    was meant is told by the types, and by the constants that name it; if that leaves one, its own error is the better
    one.
    """
    error = max(errors, key=_rank)
    while branches := _branches(error):
        depth = len(error.instance_path)
        ranked = sorted(branches, key=lambda branch: _strangeness(branch, depth))
        if len(ranked) > 1 and _strangeness(ranked[0], depth) == _strangeness(ranked[1], depth):
            return error
        error = max(ranked[0], key=_rank)
    return error


def pointer(path: Path) -> str:
    """A path as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{escape(str(part))}" for part in path)


def message(error: "ValidationError", value: JsonValue) -> str:
    """What is wrong, with the part of ``value`` that is meant, cut, and what was expected."""
    return one_line(_words(error, _at(value, error.instance_path)), LENGTH)


def _rank(error: "ValidationError") -> tuple[int, list[str], bool]:
    # Of siblings the last by name: one and the same, in whatever order a schema lists them.
    return -len(error.instance_path), [str(part) for part in error.instance_path], not _branches(error)


def _branches(error: "ValidationError") -> "list[list[ValidationError]]":
    """The errors of each alternative, where the error is that none holds."""
    from jsonschema_rs import ValidationErrorKind as Kind

    match error.kind:
        case Kind.AnyOf(context=context) | Kind.OneOfNotValid(context=context):
            return [branch for branch in context if branch]
        case _:
            return []


def _strangeness(branch: "Sequence[ValidationError]", depth: int) -> tuple[int, int]:
    """How far a value is from being meant for an alternative: it is of another type, or a constant says so."""
    kinds = [(error.kind.name, len(error.instance_path) - depth) for error in branch]
    return kinds.count(("type", 0)), sum(name in ("const", "enum") and below <= 1 for name, below in kinds)


def _words(error: "ValidationError", value: object) -> str:
    from jsonschema_rs import ValidationErrorKind as Kind

    shown = _shown(value)
    match error.kind:
        case Kind.Type(types=types):
            return _of_type(shown, types)
        case Kind.AnyOf() | Kind.OneOfNotValid():
            types = _types(error)
            return _of_type(shown, types) if types else f"{shown} is not valid under any of the given schemas"
        case Kind.OneOfMultipleValid():
            return f"{shown} is valid under more than one of the given schemas, and may be under one only"
        case Kind.Required(property=name):
            return f"{name!r} is a required property"
        case Kind.AdditionalProperties(unexpected=names) | Kind.UnevaluatedProperties(unexpected=names):
            were = "was" if len(names) == 1 else "were"
            return f"Additional properties are not allowed ({_listed(names)} {were} unexpected)"
        case Kind.PropertyNames(error=inner):
            return f"not a name that is allowed: {_words(inner, inner.instance)}"
        case Kind.Enum(options=options):
            return f"{shown} is not one of [{_listed(options)}]"
        case Kind.Constant(expected_value=expected):
            return f"{_shown(expected)} was expected, not {shown}"
        case Kind.Pattern(pattern=pattern):
            return f"{shown} does not match {pattern!r}"
        case Kind.Format(format="regex"):  # of a schema: the value, or a name in an object of schemas
            return f"{_shown(error.instance)} is not a regular expression"
        case Kind.Not(schema=schema):
            return f"{shown} is what may not be: {_shown(schema)}"
        case Kind.FalseSchema():
            return f"nothing may stand here, and {shown} does"
        case Kind.UniqueItems():
            return f"{shown} has items that are equal"
        case Kind.Contains():
            return (
                f"{shown} has {_NUMBER.get(str(error.schema_path[-1]), 'none')} of the items that it has to contain"
            )
        case Kind.AdditionalItems() | Kind.UnevaluatedItems():
            return f"{shown} has more items than may be"
        case Kind.MultipleOf(multiple_of=step):
            return f"{shown} is not a multiple of {step}"
        case kind if kind.name in _LIMITS:
            return f"{shown} {_LIMITS[kind.name].format(kind.as_dict()['limit'])}"
        case _:
            return error.message


_NUMBER = {"contains": "none", "minContains": "too few", "maxContains": "too many"}

_LIMITS = {
    "minimum": "is less than the minimum of {}",
    "maximum": "is greater than the maximum of {}",
    "exclusiveMinimum": "is not greater than {}",
    "exclusiveMaximum": "is not less than {}",
    "minLength": "is shorter than {} characters",
    "maxLength": "is longer than {} characters",
    "minItems": "has fewer than {} items",
    "maxItems": "has more than {} items",
    "minProperties": "has fewer than {} properties",
    "maxProperties": "has more than {} properties",
}


def _of_type(shown: str, types: Iterable[str]) -> str:
    ordered = sorted(types, key=lambda name: (name == "null", name))
    return f"{shown} is not of type {', '.join(map(repr, ordered))}"


def _types(error: "ValidationError") -> list[str]:
    """The types of all alternatives, where each is refused for its type alone."""
    from jsonschema_rs import ValidationErrorKind as Kind

    found: list[str] = []
    for branch in _branches(error):
        match branch[0].kind:
            case Kind.Type(types=types) if branch[0].instance_path == error.instance_path:
                found += types
            case _:
                return []
    return list(dict.fromkeys(found))


def _at(value: JsonValue, path: Path) -> JsonValue:
    """What stands at a path. Not the library's copy of it, which has null for a number that JSON does not know."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
    return value


def _listed(values: Sequence[object]) -> str:
    more = f" and {len(values) - LISTED} more" if len(values) > LISTED else ""
    return ", ".join(map(_shown, values[:LISTED])) + more


def _shown(value: object) -> str:
    """A value as JSON, cut; texts in single quotes, as the words around them have them, and None, True and False."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= SHOWN else value[: SHOWN - 1] + "…")
    written = ""
    for chunk in json.JSONEncoder(ensure_ascii=False).iterencode(value):  # a large value is not written to its end
        written += chunk
        if len(written) > SHOWN:
            return written[: SHOWN - 1] + "…"
    return written
