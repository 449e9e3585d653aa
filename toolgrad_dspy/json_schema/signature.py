"""Parameters and results as a programmer would write them: the compact notation of tools in prompts.

    (stop_id: string, date?: e.g. "2026-05-13", mode?: "tram"|"bus", limit? = 10)
    {stops: [{stop_id, name}], total}

A JSON Schema costs a prompt some seven times the tokens. Whether arguments fit is checked against the schema itself,
and where a call has to be mended the schema is shown.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence

from pydantic import JsonValue

from toolgrad_dspy.json_schema.sketch import sketch
from toolgrad_dspy.json_schema.value_types import implied_type, type_of, types
from toolgrad_dspy.json_schema.walk import Schema, distinct

# Levels of objects and lists; what is deeper is shown by its type.
LEVELS = 4
# Properties of one object, and values of one enumeration; what is more is shown as "…".
WIDTH = 16
VALUES = 8
# Alternatives of one parameter.
ALTERNATIVES = 3
# Characters of an example, of an enumerated value, or of a hint; longer values are left out.
CHARS = 60
MORE = "…"

_NAME = re.compile(r"[A-Za-z_$][\w$-]*")
# The name of a format as JSON Schema and OpenAPI have them; anything else would not stand on its own.
_FORMAT = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_BRACKETS = str.maketrans("()", "[]")
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
# Words that introduce a value in a description; what comes before them says less than the value does.
_EXAMPLE = re.compile(r"\be\.g\.|\bfor example\b|\bsuch as\b|\bexamples?:", re.IGNORECASE)


def parameter_list(schema: JsonValue, explained: Callable[[str], bool] = lambda name: False, variant: int = 0) -> str:
    """The parameters that ``schema`` describes, in parentheses.

    - A ``?`` marks what may be left out. What follows a colon is the type, a string where there is none; after ``=``
      stands the default and after ``e.g.`` an example, which show the type too.
    - Enumerated values are written as JSON and joined by ``|``; lists are in brackets, objects in braces.
    - A required parameter that nothing else explains is followed by its description, cut, in parentheses, unless its
      name is ``explained``.
    - Alternatives are joined by ``|`` too, without null: a parameter that may be null can be left out.
    - ``variant`` chooses among the examples of a required parameter: a model that always sees the same uses the same.

    >>> day, limit = {"type": "string", "examples": ["2026-05-13"]}, {"type": "integer", "default": 5}
    >>> parameter_list({"properties": {"day": day, "limit": limit}, "required": ["day"]})
    '(day: e.g. "2026-05-13", limit? = 5)'
    """
    return f"({', '.join(_Members(explained, variant).of(Schema.of(schema).parts(), 0, frozenset()))})"


def key_outline(schema: JsonValue, useful: Callable[[str], bool], limit: int) -> str:
    """The keys of what ``schema`` describes, in about ``limit`` characters; ``""`` where it names no keys.

    Of keys on the way to nothing ``useful`` only the first ones are shown, fewer and fewer until the limit is met.

    >>> stops = {"type": "array", "items": {"properties": {"lat": {}, "lon": {}, "stop_id": {}, "name": {}}}}
    >>> key_outline({"properties": {"stops": stops}}, lambda key: key == "stop_id", 40)
    '{stops: [{lat, lon, stop_id, name}]}'
    >>> key_outline({"properties": {"stops": stops}}, lambda key: key == "stop_id", 25)
    '{stops: [{stop_id, …}]}'
    """
    shape = sketch(schema)
    text = ""
    for others in (12, 4, 2, 1, 0):
        text = _outlined(shape, useful, others)
        if len(text) <= limit:
            break
    return text


def _outlined(shape: JsonValue, useful: Callable[[str], bool], others: int) -> str:
    if isinstance(shape, list):
        inner = _outlined(shape[0], useful, others) if shape else ""
        return f"[{inner}]"
    if not isinstance(shape, dict):
        return ""
    shown = []
    for key, value in shape.items():
        inner = _outlined(value, useful, others)
        if not useful(key) and not inner.strip("[]{}…"):
            others -= 1
            if others < 0:
                continue
        shown.append(f"{_key(key)}: {inner}" if inner else _key(key))
    return "{" + ", ".join([*shown, MORE] if len(shown) < len(shape) else shown) + "}"


class _Members:
    """The properties of objects, each with its type; the names that are ``explained`` need no hint."""

    def __init__(self, explained: Callable[[str], bool], variant: int) -> None:
        self._explained = explained
        self._variant = variant

    def of(self, parts: Sequence[Schema], level: int, above: frozenset[int]) -> Iterable[str]:
        """The properties of an object, the required ones first: those are never cut off."""
        required = {name for part in parts for name in _strings(part.keywords.get("required"))}
        members: dict[str, list[Schema]] = {}
        for part in parts:
            for name in part.names("properties"):
                members.setdefault(name, []).extend(part.described(name))
        ordered = sorted(members, key=lambda name: name not in required)
        for name in ordered[: max(WIDTH, len(required & members.keys()))]:
            yield self._member(name, distinct(members[name]), name in required, level, above)
        if len(ordered) > max(WIDTH, len(required & members.keys())):
            yield MORE

    def _member(self, name: str, schemas: list[Schema], required: bool, level: int, above: frozenset[int]) -> str:
        described = [part for schema in schemas for part in schema.parts()]
        parts = _without_null(described)
        kind = self._choice(described, level + 1, above) or self._type(parts, level + 1, above)
        mark = "" if required else "?"
        default = _first(described, "default")
        if default is not None and len(line := _json(default)) <= CHARS:
            same = kind in _SCALARS and type_of(default) == kind
            return f"{_key(name)}{mark} = {line}" if same else f"{_key(name)}{mark}: {kind} = {line}"
        if kind not in _SCALARS:
            return f"{_key(name)}{mark}: {kind}"
        example = self._example([*described, *parts])
        if example is not None:
            typed = "" if type_of(example) == kind else f"{kind} "
            return f"{_key(name)}{mark}: {typed}e.g. {_json(example)}"
        format_ = _first(parts, "format")
        named = isinstance(format_, str) and _FORMAT.fullmatch(format_)
        typed = str(format_) if named else "" if kind == "string" else kind
        hint = "" if not required or self._explained(name) else _hint(described)
        told = " ".join(filter(None, (typed, f"({hint})" if hint else "")))
        return f"{_key(name)}{mark}: {told}" if told else f"{_key(name)}{mark}"

    def _choice(self, parts: Sequence[Schema], level: int, above: frozenset[int]) -> str:
        """The alternatives, ``"now"|{date, time}``; empty where there is one, or all are plain types."""
        for part in parts:
            for group in part.alternatives():
                options = [option.parts() for option in group if types(option.parts()) != ["null"]]
                shown = list(
                    dict.fromkeys(self._type(_without_null(o), level, above) for o in options[:ALTERNATIVES])
                )
                if len(shown) > 1 and not _SCALARS.issuperset(shown):
                    return "|".join([*shown, MORE] if len(options) > ALTERNATIVES else shown)
        return ""

    def _example(self, parts: Sequence[Schema]) -> JsonValue:
        examples = _first(parts, "examples")
        listed = examples if isinstance(examples, list) else [_first(parts, "example")]
        short = [value for value in listed if value is not None and len(_json(value)) <= CHARS]
        return short[self._variant % len(short)] if short else None

    def _type(self, parts: Sequence[Schema], level: int, above: frozenset[int]) -> str:
        if not above.isdisjoint(id(part.contents) for part in parts if part.names("properties")):
            return "object"  # a schema inside of itself
        values = [_json(value) for value in _values(parts)]
        shown = [value for value in values if len(value) <= CHARS][:VALUES]
        if shown:
            return "|".join([*shown, MORE] if len(values) > len(shown) else shown)
        words = [word for word in types(parts) or [implied_type(parts) or "any"] if word != "null"]
        if level > LEVELS:
            return "|".join(words) or "null"
        if any(part.names("properties") for part in parts):
            inside = above.union(id(part.contents) for part in parts)
            return "{" + ", ".join(self.of(parts, level, inside)) + "}"
        items = [item for part in parts for item in (part.listed("prefixItems") or part.listed("items"))]
        items = items or [item for part in parts for item in part.single("items")]
        if items:
            inner = [part for schema in items[:1] for part in schema.parts()]
            return f"[{self._type(_without_null(inner), level + 1, above)}]"
        return "|".join(words) or "null"


def _without_null(parts: Sequence[Schema]) -> list[Schema]:
    """``parts``, and of each choice its first alternative that is not null alone, with what that is made of."""
    found = list(parts)
    for part in found:  # grows while it is read: an alternative may be a choice, too
        for group in part.alternatives():
            option = next((option for option in group if types(option.parts()) != ["null"]), None)
            new = [] if option is None else option.parts()
            known = {id(other.contents) for other in found}
            found += [other for other in new if id(other.contents) not in known]
    return found


def _values(parts: Sequence[Schema]) -> list[JsonValue]:
    for part in parts:
        if "const" in part.keywords:
            return [part.keywords["const"]]
        listed = part.keywords.get("enum")
        if isinstance(listed, list) and listed:
            return [value for value in listed if value is not None]
    return []


def _hint(parts: Sequence[Schema]) -> str:
    """The description, from its example on if it would be cut before it."""
    text = _first(parts, "description")
    # The hint itself stands in parentheses.
    text = " ".join(text.split()).translate(_BRACKETS) if isinstance(text, str) else ""
    if len(text) <= CHARS:
        return text.rstrip(".")
    introduced = _EXAMPLE.search(text)
    start = introduced.start() if introduced else 0
    return text[start : start + CHARS].rstrip() + MORE


def _first(parts: Sequence[Schema], keyword: str) -> JsonValue:
    return next((value for part in parts if (value := part.keywords.get(keyword)) is not None), None)


def _strings(value: JsonValue) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else _json(name)


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)
