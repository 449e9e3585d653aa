"""Arguments that a schema does not name: by JSON Schema they are valid, and yet they were made up.

A schema without ``additionalProperties`` lets any further property through. A tool ignores it, and a sample with it
teaches a model to make arguments up; BFCL's checker refuses such a call ("Unexpected parameter").
"""

from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from toolgrad_dspy.errors import nearest, one_line
from toolgrad_dspy.json_schema.value_types import types
from toolgrad_dspy.json_schema.walk import Schema, distinct
from toolgrad_dspy.records.pointer import escape

# A word on the names of an object's properties besides those that it lists. False adds nothing, and is left to the
# check of the schema itself.
_OPENING = ("additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames")
# What an alternative may hold without being an object of another shape: only which properties have to be there.
_DEMANDING = frozenset(
    ("required", "dependentRequired", "minProperties", "maxProperties", "not", "title", "description", "$comment")
)
NAMES_SHOWN = 200
"""Characters of the known names in a reason."""


def unknown_argument(schema: Schema, arguments: dict[str, JsonValue]) -> str | None:
    """The first argument, at any depth, that ``schema`` does not name, as ``/json/pointer: message``; None if none.

    Known are the ``properties`` and ``required`` names of the schema, of all that it refers to and of everything that
    it is composed of, alternatives too. Free is an object that no schema names properties of, that one of its
    alternatives leaves without names, or of which ``additionalProperties`` (other than false),
    ``unevaluatedProperties``, ``patternProperties`` or ``propertyNames`` speak; and what a reference out of the
    document stands for. Only the arguments themselves are never free by silence: a tool that lists no parameters
    takes none. That is what the answers of models are held to (``plain.py``), where that is not narrower still.

    >>> city = Schema.of({"type": "object", "properties": {"city": {"type": "string"}}})
    >>> unknown_argument(city, {"ctiy": "Oslo"})
    "arguments: there is no 'ctiy'; did you mean 'city'? known: city"
    >>> unknown_argument(city, {"city": "Oslo"})
    """
    try:
        return next(_unknown([schema], arguments, ""), None)
    except RecursionError:  # values hundreds of levels deep; the check of the schema gives up on them, too
        return None


def _unknown(schemas: list[Schema], value: JsonValue, pointer: str) -> Iterator[str]:
    """The complaints about ``value``, which ``schemas`` describe; none where nothing describes it."""
    if not schemas or not isinstance(value, dict | list):
        return
    if isinstance(value, dict):
        known = _names(schemas, is_root=not pointer)
        if known is not None:
            yield from (_complaint(name, known, pointer) for name in value if name not in known)
    members = value.items() if isinstance(value, dict) else enumerate(value)
    inside = [(str(key), inner) for key, inner in members if isinstance(inner, dict | list)]
    # What is behind the items that have schemas of their own is described alike, be it a million.
    last = _own_items(schemas) if isinstance(value, list) and inside else 0
    known_members: dict[str, list[Schema]] = {}
    for key, inner in inside:
        place = str(min(int(key), last)) if isinstance(value, list) else key
        if place not in known_members:
            known_members[place] = distinct(member for schema in schemas for member in schema.member(place))
        yield from _unknown(known_members[place], inner, f"{pointer}/{escape(key)}")


def _own_items(schemas: list[Schema]) -> int:
    """How many first items of a list have schemas of their own."""
    options = (option for schema in schemas for option in schema.options())
    return max((len(option.listed(word)) for option in options for word in ("prefixItems", "items")), default=0)


def _names(schemas: list[Schema], *, is_root: bool) -> dict[str, None] | None:
    """The property names that ``schemas`` know, in their order; None where the object is free."""
    options = distinct(option for schema in schemas for option in schema.options())
    if any(map(_opens, options)):
        return None
    named = dict.fromkeys(name for option in options for name in option.names("properties"))
    if not named and not (is_root and all("object" in (types(schema.parts()) or ()) for schema in schemas)):
        return None
    if named and any(_leaves_unnamed(schema, set()) for schema in schemas):
        return None
    return {**named, **dict.fromkeys(name for option in options for name in _texts(option.keywords.get("required")))}


def _opens(option: Schema) -> bool:
    if option.contents is True or option.leads_out():
        return True
    return any(option.keywords.get(keyword, False) is not False for keyword in _OPENING)


def _leaves_unnamed(schema: Schema, seen: set[int]) -> bool:
    """Whether one of its alternatives is an object without named properties, where the schema itself names none."""
    if id(schema.contents) in seen:
        return False
    seen.add(id(schema.contents))
    parts = schema.parts()
    if any(part.names("properties") for part in parts):
        return False
    shapes = [
        option for part in parts for group in part.alternatives() for option in group if not _only_demands(option)
    ]
    if shapes:
        return any(_leaves_unnamed(option, seen) for option in shapes)
    allowed = types(parts)
    return allowed is None or "object" in allowed


def _only_demands(option: Schema) -> bool:
    keywords = option.keywords.keys()
    return bool(keywords & {"required", "not"}) and not keywords - _DEMANDING


def _complaint(name: str, known: Iterable[str], pointer: str) -> str:
    near = nearest(name, known)
    meant = f"; did you mean {near!r}?" if near else ";"
    listed = f"known: {', '.join(known)}" if known else "it takes none"
    return f"{pointer or 'arguments'}: there is no {one_line(name, 80)!r}{meant} {one_line(listed, NAMES_SHOWN)}"


def _texts(value: JsonValue) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
