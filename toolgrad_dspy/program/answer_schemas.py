"""The schemas that answers can be held to: a call is one of the tools at hand, with that tool's own parameters.

An argument, at any depth, may be a reference to an earlier result in place of a value. The order of the fields is the
order in which a model writes: the tool before its arguments, the arguments as the tool lists them. All schemas are in
the plain form (``json_schema/plain.py``) with their definitions under ``$defs``, and are what
``toolgrad_dspy.lm.holding`` takes. Nothing is built twice for the same tools, so they must not change.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from pydantic import JsonValue

from toolgrad_dspy.json_schema import (
    JsonSchema,
    Plain,
    Schema,
    TooLargeError,
    accepts,
    adapt,
    any_of,
    compile_schema,
)
from toolgrad_dspy.program.known_ids import NO_IDS, KnownIds, with_known_ids
from toolgrad_dspy.provenance.made_up import required_ids
from toolgrad_dspy.records import ByIdentity, Tool

# What a reference may name: results by their names; none, when there are none; or whatever name. The last is for a
# schema that must be the same in a whole run.
Sources = Sequence[str] | Literal["any"]
NO_SOURCES: Sources = ()

# The paper's limit on the tools of one proposal (arXiv 2508.04086, section 3), and that of a repair turn.
MOST_CALLS = 3

# A sentence of the model's own. Weak models go on to repeat their instructions, where nothing ends them.
SENTENCE: JsonSchema = {"type": "string", "maxLength": 240}

_NO_CALLS: JsonSchema = {"type": "array", "items": {"type": "null"}, "maxItems": 0}

_Form = Literal["call", "calls", "proposals"]


def call_schema(tools: Iterable[Tool], sources: Sources = NO_SOURCES, ids: KnownIds = NO_IDS) -> JsonSchema:
    """One call: ``{"tool": name, "arguments": {...}}`` with one of ``tools`` and its arguments.

    >>> none = {"type": "object"}
    >>> tool = Tool(name="buy", source_name="buy", description="", parameters=none, source="", category="")
    >>> call_schema([tool])["properties"]["tool"]
    {'type': 'string', 'const': 'buy'}
    """
    return _schema("call", tools, sources, ids)


def calls_schema(tools: Iterable[Tool], sources: Sources = NO_SOURCES, ids: KnownIds = NO_IDS) -> JsonSchema:
    """The calls of a repair: at most :data:`MOST_CALLS`, none where it is given up."""
    return _schema("calls", tools, sources, ids)


def proposals_schema(
    tools: Iterable[Tool], limit: int, sources: Sources = NO_SOURCES, ids: KnownIds = NO_IDS
) -> JsonSchema:
    """As many proposals as are asked for, ``limit``, or as there are tools: an instruction, and one to
    :data:`MOST_CALLS` calls.
    """
    return _schema("proposals", tools, sources, ids, limit)


def choice_schema(words: Iterable[str]) -> JsonSchema:
    """One of ``words``, each once.

    >>> choice_schema(["p1", "none"])
    {'type': 'string', 'enum': ['p1', 'none']}
    """
    return _choice(tuple(dict.fromkeys(words)))


def without_filled_nulls(tool: Tool, arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """``arguments`` without the nulls that stand for nothing.

    A strict schema demands every property, so that one that may be absent comes as null. Left out, at any depth, are
    nulls of properties that are not required and may not be null by the tool's own schema.

    >>> schema = {"type": "object", "properties": {"at": {"type": "string"}, "by": {"type": ["string", "null"]}}}
    >>> tool = Tool(name="t", source_name="t", description="", parameters=schema, source="", category="")
    >>> without_filled_nulls(tool, {"at": None, "by": None})
    {'by': None}
    """
    if not _has_null(arguments):
        return arguments
    cleaned = _cleaned(arguments, [Schema.of(adapt(tool.parameters))])
    assert isinstance(cleaned, dict), "an object stays one"
    return cleaned


def _schema(form: _Form, tools: Iterable[Tool], sources: Sources, ids: KnownIds, limit: int = 0) -> JsonSchema:
    # By name: equal mini-batches have equal schemas, in whatever order they are shown.
    kept = tuple(map(ByIdentity, sorted(tools, key=lambda tool: tool.name)))
    return _document(form, kept, sources if sources == "any" else tuple(sources), tuple(ids.items()), limit)


@lru_cache(maxsize=256)
def _document(
    form: _Form,
    tools: tuple[ByIdentity[Tool], ...],
    sources: "tuple[str, ...] | Literal['any']",
    ids: tuple[tuple[tuple[str, str], tuple[str | int | float, ...]], ...],
    limit: int,
) -> JsonSchema:
    definitions: dict[str, JsonValue] = {}
    call = _one_call(definitions, tools, sources, dict(ids), "t")
    calls = _first_by_itself(definitions, call, tools, sources, dict(ids)) if ids else _any_calls(call)
    if form == "call":
        document = call
    elif form == "calls":
        document = any_of([calls, _NO_CALLS]) or {} if ids else {**calls, "minItems": 0}
    else:
        proposal = _closed({"instruction": SENTENCE, "calls": calls})
        document = {"type": "array", "items": proposal, "minItems": min(limit, len(tools)), "maxItems": limit}
    return {**document, "$defs": definitions} if definitions else document


def _any_calls(call: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": call, "minItems": 1, "maxItems": MOST_CALLS}


def _first_by_itself(
    definitions: dict[str, JsonValue],
    call: JsonSchema,
    tools: tuple[ByIdentity[Tool], ...],
    sources: "tuple[str, ...] | Literal['any']",
    ids: KnownIds,
) -> JsonSchema:
    """Calls of which the first can be made as things are: nothing in it refers to another of them."""
    now = tuple(tool for tool in tools if _callable_now(tool.value, ids))
    if not now:
        return _any_calls(call)
    results = sources if sources == "any" else tuple(source for source in sources if not source.startswith("#"))
    definitions["first"] = _one_call(definitions, now, results, ids, "f")
    definitions["later"] = call
    later: list[JsonValue] = [{"$ref": "#/$defs/later"}] * (MOST_CALLS - 1)
    places: list[JsonValue] = [{"$ref": "#/$defs/first"}, *later]
    lengths = range(1, MOST_CALLS + 1)
    return any_of({"type": "array", "prefixItems": places[:n], "minItems": n, "maxItems": n} for n in lengths) or {}


def _callable_now(tool: Tool, ids: KnownIds) -> bool:
    return all(ids.get((tool.name, parameter), True) for parameter in required_ids(tool))


def _one_call(
    definitions: dict[str, JsonValue],
    tools: tuple[ByIdentity[Tool], ...],
    sources: "tuple[str, ...] | Literal['any']",
    ids: KnownIds,
    prefix: str,
) -> JsonSchema:
    """The node of a call; what it refers to is added to ``definitions``, under names that begin with ``prefix``."""
    calls, parts = _calls(tools, prefix, bool(sources))
    definitions.update(parts)
    if sources:
        definitions[prefix] = _closed({"$from": _source(sources), "$path": {"type": "string"}})
    return any_of(with_known_ids(calls, ids)) or {}


@lru_cache(maxsize=64)
def _calls(
    tools: tuple[ByIdentity[Tool], ...], prefix: str, referring: bool
) -> tuple[list[JsonSchema], dict[str, JsonValue]]:
    """A node for the calls of each tool, and the definitions of all of them. What ``prefix`` names is a reference."""
    plain, written = Plain(), []
    for number, kept in enumerate(tools, 1):
        arguments = _arguments(plain, kept.value, f"{prefix}{number}", prefix if referring else "")
        written.append(_closed({"tool": {"type": "string", "const": kept.value.name}, "arguments": arguments}))
    return written, plain.definitions


def _arguments(plain: Plain, tool: Tool, prefix: str, reference: str) -> JsonSchema:
    other: list[JsonSchema] = [{"$ref": f"#/$defs/{reference}"}] if reference else []
    try:
        return plain.of(tool.parameters, prefix, lambda node: any_of([node, *other]) or {})
    except TooLargeError:
        return {"type": "object", "properties": {}, "required": [], "additionalProperties": {}}


@lru_cache(maxsize=1024)
def _choice(words: tuple[str, ...]) -> JsonSchema:
    return {"type": "string", "enum": list(words)}


def _source(sources: "tuple[str, ...] | Literal['any']") -> JsonSchema:
    return {"type": "string"} if sources == "any" else _choice(sources)


def _closed(properties: dict[str, JsonValue]) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _has_null(value: JsonValue) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(_has_null, items))


def _cleaned(value: JsonValue, schemas: Sequence[Schema]) -> JsonValue:
    """``value``, which ``schemas`` describe, without the nulls that stand for nothing."""
    if isinstance(value, list):
        return [_cleaned(item, _members(schemas, str(index))) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    options = [option for schema in schemas for option in schema.options()]
    required = {name for option in options for name in _texts(option.keywords.get("required"))}
    return {
        name: _cleaned(item, members)
        for name, item in value.items()
        for members in [_members(schemas, name)]
        if item is not None or name in required or not members or _may_be_null(members)
    }


def _members(schemas: Sequence[Schema], key: str) -> list[Schema]:
    return [member for schema in schemas for member in schema.member(key)]


def _may_be_null(schemas: Sequence[Schema]) -> bool:
    return any(accepts(compile_schema(s.keywords, s.document.root), None) for s in schemas if s.contents is not False)


def _texts(value: JsonValue) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
