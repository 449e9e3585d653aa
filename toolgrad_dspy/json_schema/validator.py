"""One compiled schema."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema.adapt import dialect
from toolgrad_dspy.json_schema.checkable import checkable
from toolgrad_dspy.json_schema.complaint import message, most_telling, pointer
from toolgrad_dspy.json_schema.effort import STEPS, Effort, Steps
from toolgrad_dspy.json_schema.regexes import LONGEST, options
from toolgrad_dspy.json_schema.walk import Schema
from toolgrad_dspy.records.base import storable
from toolgrad_dspy.records.pointer import lookup

if TYPE_CHECKING:
    import jsonschema_rs as library

T = TypeVar("T")

# Steps of a check whose errors are listed: the library makes objects of all of them, 0.02 ms each.
LISTED = 50_000
# Steps times the size of the value, some bytes: every error has a copy of what it is about.
COPIED = 20_000_000

_DRAFTS = {
    "json-schema.org/draft-04/schema": "Draft4",
    "json-schema.org/draft-06/schema": "Draft6",
    "json-schema.org/draft-07/schema": "Draft7",
    "json-schema.org/draft/2019-09/schema": "Draft201909",
}
_LATEST = "Draft202012"
# Those in which nothing beside a "$ref" counts.
_LONE_REFERENCES = frozenset(("Draft4", "Draft6", "Draft7"))
# The URI by which parts of a schema are referred to.
_WHOLE = "urn:toolgrad:schema"


class SchemaError(ValueError):
    """What the library finds wrong with a schema, as ``/json/pointer: message``."""


class Validator:
    """Tells which values a schema accepts.

    What cannot be checked counts as accepted: a text by an expression that takes too many steps, and any value for
    which all checks together would (:class:`~toolgrad_dspy.json_schema.effort.Effort`).
    """

    def __init__(self, document: "_Document", schema: Schema) -> None:
        place = document.written.places[id(schema.contents)]
        self._document = document
        self._schema = schema
        self._start = lookup(document.written.contents, place)
        self._compiled = document.compiled(place)

    @classmethod
    def of(cls, schema: Schema) -> Self:
        """Compile ``schema``, an object in a document of its own, which is adapted already.

        Raises SchemaError for what is no schema, TooIntricateError, and RecursionError for one hundreds of levels
        deep.
        """
        return cls(_Document(schema, expressions=True), schema)

    def part(self, schema: Schema) -> "Validator | None":
        """The validator of another schema of the same document; None of one that says nothing where it stands."""
        return Validator(self._document, schema) if id(schema.contents) in self._document.written.places else None

    def accepts(self, value: JsonValue) -> bool:
        """Whether ``value`` is valid, or could not be checked."""
        return _of_readable(lambda readable: self._refusing(readable) is None, value, True)

    def problem(self, value: JsonValue, whole: str) -> str | None:
        """What is wrong with ``value``, as ``/json/pointer: message``; None where it is accepted.

        ``whole`` is what the value itself is called.
        """
        return _of_readable(lambda readable: self._problem(readable, whole), value, None)

    def _problem(self, value: JsonValue, whole: str) -> str | None:
        refusing = self._refusing(value)
        if refusing is None:
            return None
        if not self._can_be_listed(value):
            return f"{whole}: not valid by the schema, and too large to say where"
        error = most_telling(refusing._compiled.iter_errors(value))
        return f"{pointer(error.instance_path) or whole}: {message(error, value)}"

    def _refusing(self, value: JsonValue) -> "Validator | None":
        """Who refuses ``value``: this validator, the one without expressions where these take too long, or nobody."""
        steps = self._steps(value)
        if steps.schemas > STEPS:
            return None
        if steps.texts > LONGEST:
            return self._unmatched and self._unmatched._refusing(value)
        if self._compiled.is_valid(value):
            return None
        searched = self._document.written.has_expressions and self._can_be_listed(value)
        # A search that was given up is an error like any other.
        if searched and any(map(_is_undecided, self._compiled.iter_errors(value))):
            return self._unmatched and self._unmatched._refusing(value)
        return self

    def _can_be_listed(self, value: JsonValue) -> bool:
        """Whether all errors of the check of ``value`` can be made: in time, and in memory."""
        schemas = self._steps(value).schemas
        return schemas <= LISTED and schemas * _size(value) <= COPIED

    def _steps(self, value: JsonValue) -> Steps:
        return self._document.effort.steps(value, self._start) if isinstance(self._start, dict) else Steps(0, 0)

    @cached_property
    def _unmatched(self) -> "Validator | None":
        """This validator without regular expressions."""
        document = self._document.unmatched
        return Validator(document, self._schema) if id(self._schema.contents) in document.written.places else None


class _Document:
    """A schema as the library has it, all parts of which can be compiled."""

    def __init__(self, schema: Schema, *, expressions: bool) -> None:
        self._schema = schema
        self._draft = _DRAFTS.get(dialect(schema.keywords).partition("://")[2], _LATEST)
        lone_references = self._draft in _LONE_REFERENCES
        self.written = checkable(schema, lone_references=lone_references, expressions=expressions)
        self.effort = Effort(self.written.contents)

    @cached_property
    def unmatched(self) -> "_Document":
        """The document without regular expressions."""
        return _Document(self._schema, expressions=False)

    def compiled(self, place: str) -> "library.Validator":
        """The part at a JSON Pointer. Raises SchemaError."""
        import jsonschema_rs as library

        try:
            return self._class(
                {"$ref": f"{_WHOLE}#{quote(place)}"} if place else self.written.contents,
                registry=self._registry if place else None,
                pattern_options=options(),
                validate_formats=False,
                offline=True,
            )
        except library.ValidationError as error:
            raise SchemaError(self._told(error)) from error
        except ValueError as error:  # too many levels, or a lone surrogate
            raise SchemaError(f"the schema: {one_line(error, 160)}") from error

    @cached_property
    def _class(self) -> "type[library.Validator]":
        import jsonschema_rs as library

        found: type[library.Validator] = getattr(library, f"{self._draft}Validator")
        return found

    @cached_property
    def _registry(self) -> "library.Registry":
        import jsonschema_rs as library

        return library.Registry([(_WHOLE, self.written.contents)], draft=getattr(library, self._draft))

    def _told(self, error: "library.ValidationError") -> str:
        """``error`` of the schema, at its place in what the author wrote."""
        place = pointer(error.instance_path)
        for number, reference in self.written.references.items():
            within = f"/$defs/{number}"
            if place == within or place.startswith(f"{within}/"):
                place = reference.removeprefix("#") + place.removeprefix(within)
                break
        return f"{place or 'the schema'}: {message(error, self.written.contents)}"


def _of_readable(check: Callable[[JsonValue], T], value: JsonValue, otherwise: T) -> T:
    """The ``check`` of a value, without the lone surrogates that the library does not take; else ``otherwise``."""
    try:
        return check(value)
    except ValueError:
        pass
    try:
        return check(storable(value))
    except ValueError:  # whole numbers of more digits than Python writes
        return otherwise


def _size(value: JsonValue) -> int:
    """About the bytes of ``value``: the characters of its texts and keys, the bits of its numbers, and 16 for each
    part of it.
    """
    waiting, size = [value], 0
    while waiting:
        one = waiting.pop()
        size += 16
        if isinstance(one, dict):
            size += sum(map(len, one))
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str):
            size += len(one)
        elif isinstance(one, int):
            size += one.bit_length() // 8
    return size


def _is_undecided(error: "library.ValidationError") -> bool:
    """Whether an error only says that an expression took too many steps, or rests on one that says so."""
    from jsonschema_rs import ValidationErrorKind as Kind

    match error.kind:
        case Kind.BacktrackLimitExceeded() | Kind.RegexEngineFailure():
            return True
        case Kind.PropertyNames(error=inner):
            return _is_undecided(inner)
        case Kind.AnyOf(context=context) | Kind.OneOfNotValid(context=context):
            return any(_is_undecided(inner) for branch in context for inner in branch)
        case _:
            return False
