"""Values against JSON Schema.

The dialect is what ``$schema`` names, else 2020-12. References to other documents are never fetched, and expressions
may be written in JavaScript's syntax: what stands under such a keyword is accepted unchecked. The library is imported
with the first check, not with this module.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema.keywords import with_inner_schemas
from toolgrad_dspy.json_schema.references import MALFORMED, REFERENCES
from toolgrad_dspy.json_schema.walk import Schema
from toolgrad_dspy.records import escape

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

Contents = dict[str, JsonValue]

# References that one check follows: schemas whose definitions share definitions, forty levels deep, would take
# 2 ** 40 steps. Arguments of real calls take a few.
REFERENCES_FOLLOWED = 50_000

# References that are followed inside of one another. Beyond, Python's stack would end, and where it ends within the
# library's Rust part (rpds) that is a panic, which no ``except`` for errors catches.
REFERENCES_NESTED = 80

# What an OpenAPI document or a schema holds for others to refer to.
_SHARED = ("$defs", "definitions", "components", "paths", "webhooks", "parameters", "responses")


@dataclass(slots=True)
class Allowance:
    """How many references may still be followed, and how many are just now; what is beyond is accepted unchecked.

    ``deciding`` is how many keywords of :data:`_DECIDING` the check is inside of just now.
    """

    references: int = REFERENCES_FOLLOWED
    nested: int = 0
    deciding: int = 0


_allowance: ContextVar[Allowance | None] = ContextVar("the allowance of this check", default=None)


def schema_problem(schema: Contents) -> str | None:
    """Why ``schema`` cannot be used, in one line, or None."""
    try:
        return _schema_problem(json.dumps(schema))
    except RecursionError as problem:  # hundreds of schemas inside of one another
        return one_line(problem, 200)


@lru_cache(maxsize=4096)  # a check takes 0.7 ms, and both a source and the library make it
def _schema_problem(text: str) -> str | None:
    from jsonschema.exceptions import best_match

    schema: Contents = json.loads(text)
    adapted = adapt(schema)
    try:
        cls = _validator_class(adapted)
        error = best_match(cls(cls.META_SCHEMA).iter_errors(adapted))
    except MALFORMED as problem:  # "$schema" is no URI
        return one_line(problem, 200)
    if error is not None:
        return f"{_pointer(error.absolute_path) or 'the schema'}: {one_line(error.message, 160)}"
    dangling = (reference for inner in Schema.of(schema).subschemas() for reference in inner.dangling())
    keyword, missing = next(dangling, ("", ""))
    return f'"{keyword}" {missing!r} leads nowhere' if keyword else None


def compile_schema(schema: Contents, root: JsonValue = None) -> "Validator":
    """A validator for :func:`argument_problem` and :func:`accepts`; compile once, use often.

    References lead into ``root``, by default the schema itself.
    """
    from referencing import Registry

    adapted = adapt(standalone(schema, root))
    registry: Registry[Any] = Registry()  # the library's own default would fetch documents
    forgiving = _forgiving(_validator_class(adapted))
    # Where "$schema" stands, the library would go back from the forgiving class to the one that is named.
    return forgiving({key: value for key, value in adapted.items() if key != "$schema"}, registry=registry)


def argument_problem(validator: "Validator", arguments: dict[str, JsonValue]) -> str | None:
    """What is wrong with ``arguments``, as ``/json/pointer: message``; None if nothing is, or no check would end."""
    from jsonschema.exceptions import best_match

    errors = _checked(lambda: list(validator.iter_errors(arguments)), Allowance())
    if not errors:
        return None
    error = best_match(errors)
    return f"{_pointer(error.absolute_path) or 'arguments'}: {one_line(error.message, 200)}"


def accepts(validator: "Validator", value: JsonValue, allowance: Allowance | None = None) -> bool:
    """Whether ``value`` is valid, or could not be checked; several checks may share an ``allowance``."""

    def first() -> "list[ValidationError]":
        error = next(iter(validator.iter_errors(value)), None)
        return [error] if error is not None else []

    return not _checked(first, allowance or Allowance())


def standalone(schema: Contents, root: JsonValue) -> Contents:
    """``schema`` with what ``root`` holds for others to refer to, so that its references lead there without it."""
    if not isinstance(root, dict) or root is schema:
        return schema
    shared = {key: root[key] for key in _SHARED if key in root}
    dialect = root.get("$schema", root.get("jsonSchemaDialect"))  # the second is OpenAPI 3.1's
    return {**({"$schema": dialect} if isinstance(dialect, str) else {}), **shared, **schema}


def adapt(schema: Contents) -> Contents:
    """``schema`` with what servers in the field write, though no draft that they name allows it, made valid.

    ``"type": "any"``, the boolean ``exclusiveMinimum`` and ``exclusiveMaximum`` of draft 4, the boolean ``required``
    of draft 3, and ``nullable`` of OpenAPI 3.0. Equal to ``schema`` where there is nothing to do.
    """
    dialect = schema.get("$schema")
    named = dialect.rstrip("#") if isinstance(dialect, str) else ""
    return _adapted(schema, old_bounds=named.endswith(_OLD_BOUNDS), old_required=named.endswith(_DRAFT3))


_DRAFT3 = "json-schema.org/draft-03/schema"
_OLD_BOUNDS = (_DRAFT3, "json-schema.org/draft-04/schema")


def _adapted(schema: Contents, *, old_bounds: bool, old_required: bool) -> Contents:
    """The flags say what the dialect itself knows, and what therefore stays."""
    adapted = with_inner_schemas(
        schema, lambda inner: _adapted(inner, old_bounds=old_bounds, old_required=old_required)
    )
    if adapted.get("type") == "any":
        del adapted["type"]
    if isinstance(adapted.get("required"), bool) and not old_required:
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


# What may refuse null and cannot be widened. Nothing else is moved: pointers may lead into it.
_REFUSING_NULL = (*REFERENCES, "const", "allOf", "anyOf", "oneOf")


class _TooManyReferencesError(Exception):
    """A check has followed as many references as it may."""


def _checked(errors: "Callable[[], list[ValidationError]]", allowance: Allowance) -> "list[ValidationError]":
    """The errors of a check; none where it has to be given up."""
    from jsonschema.exceptions import UnknownType

    token = _allowance.set(allowance)
    try:
        return errors()
    except (_TooManyReferencesError, RecursionError):  # definitions that share definitions, or refer to themselves
        return []
    except (UnknownType, *MALFORMED):  # no schema at all, which is for ``schema_problem`` to say
        return []
    finally:
        _allowance.reset(token)


# Keywords that ask whether the schemas under them hold. Of one that cannot be checked they must not hear that it
# does: a value would be refused for it.
_DECIDING = ("not", "oneOf", "if", "contains", "disallow")

# Keywords that apply expressions; the last three look up those of ``patternProperties``, or follow references.
_MATCHING = ("pattern", "patternProperties", "additionalProperties", "unevaluatedProperties", "unevaluatedItems")


@lru_cache(maxsize=32)
def _forgiving(cls: "type[Validator]") -> "type[Validator]":
    """The validator class with its references counted, to which keywords that it cannot use say nothing."""
    from jsonschema import validators

    keywords: Mapping[str, Any] = cls.VALIDATORS
    names = [name for name in (*REFERENCES, *_DECIDING, *_MATCHING) if name in keywords]
    guarded = {name: _guarded(name, keywords[name]) for name in names}
    extended: type[Validator] = validators.extend(cls, guarded)  # type: ignore[no-untyped-call]
    return extended


def _guarded(
    name: str, check: Callable[..., "Iterable[ValidationError] | None"]
) -> Callable[..., "Iterator[ValidationError]"]:
    from referencing.exceptions import Unresolvable

    refers, decides = name in REFERENCES, name in _DECIDING

    def keyword(validator: "Validator", *arguments: object) -> "Iterator[ValidationError]":
        allowance = _allowance.get() or Allowance()
        allowance.references -= refers
        allowance.nested += refers
        allowance.deciding += decides
        try:
            if allowance.references < 0 or allowance.nested > REFERENCES_NESTED:
                raise _TooManyReferencesError
            yield from check(validator, *arguments) or ()
        except (Unresolvable, re.error):  # a document that was not fetched; an expression that is none of Python's
            if allowance.deciding > decides:  # then it is the keyword further out that says nothing
                raise
        finally:  # also where who asks has enough of the first error, and leaves the rest
            allowance.nested -= refers
            allowance.deciding -= decides

    return keyword


def _validator_class(schema: Contents) -> "type[Validator]":
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    dialect = schema.get("$schema")
    named = {"$schema": dialect} if isinstance(dialect, str) else {}
    return validator_for(named, default=Draft202012Validator)


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{escape(str(part))}" for part in path)
