"""A field's text or data as a value of the field's type."""

import inspect
import re
import types
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin

import dspy
from dspy.adapters.utils import annotation_allows_none, parse_value
from pydantic import BaseModel, TypeAdapter

from toolgrad_dspy.json_text import (
    CUT,
    UnreadableError,
    Value,
    read_value,
    text_of,
    trimmed,
    unquoted,
    whole_characters,
)
from toolgrad_dspy.lm.reading.fields import Found
from toolgrad_dspy.records.base import storable

_CONTAINERS = (list, tuple, set, frozenset, dict)
# A half of a surrogate pair, as JSON escapes it.
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# What stands for a value where the form of an answer is shown.
_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array", "null", "any"})
_NOTHING = frozenset({"null", "none", "n/a", ""})


def read_typed(found: Found, annotation: Any) -> Value:
    """``found`` as a value of ``annotation``, with the part of it in which the answer ends.

    Raises ValueError when it is none.
    """
    if is_structured(annotation):
        read = _structure(found, annotation)
        data = storable(read.data) if _may_have_halves(found.value) else read.data
        fitted = _fitted(data, annotation)
        items = [item for item in fitted if not _is_form(item)] if isinstance(fitted, list) else fitted
        value = _type_adapter(annotation).validate_python(items)
        copied = len(fitted) - len(items) if isinstance(fitted, list) else 0
        return Value(value, read.cut, replaced=data is not read.data, copied=copied)
    if annotation is str and found.cut:
        raise UnreadableError(CUT)
    data = found.value
    if annotation is str or isinstance(data, (str, list, dict)):
        data, replaced = whole_characters(text_of(data))
        return Value(data if annotation is str else parse_value(data, annotation), replaced=bool(replaced))
    return Value(parse_value(data, annotation))


def _structure(found: Found, annotation: Any) -> Value:
    if not isinstance(found.value, str):
        return Value(found.value)
    text = trimmed(found.value)
    if text.lower() in _NOTHING and annotation_allows_none(annotation):
        return Value(None)
    text = unquoted(text) if text.startswith('"') else text
    return read_value(text, constructors(annotation), many=get_origin(annotation) is list, cut=found.cut)


def _may_have_halves(value: Any) -> bool:
    return not isinstance(value, str) or _ESCAPED_HALF.search(value) is not None


def _fitted(data: Any, annotation: Any) -> Any:
    """``data`` with a list around one object where a list is expected, or without one where it is not.

    An object whose only member is a list stands for that list, unless it is an item: models repeat the field's name.
    """
    if get_origin(annotation) is list and isinstance(data, Mapping):
        ((name, only),) = data.items() if len(data) == 1 else (("", None),)
        is_item = name in getattr(get_args(annotation)[0], "model_fields", ())
        return only if isinstance(only, list) and not is_item else [data]
    if isinstance(annotation, type) and isinstance(data, list) and len(data) == 1:
        return data[0]
    return data


def _is_form(item: Any) -> bool:
    """Whether an item is the form itself, with the names of types for values: ``{"claim": "integer", ...}``."""
    return (
        isinstance(item, Mapping)
        and len(item) > 1
        and all(isinstance(value, str) and value in _TYPES for value in item.values())
    )


@lru_cache(maxsize=1024)
def is_structured(annotation: Any) -> bool:
    """Whether values of ``annotation`` are lists or objects, in JSON."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return is_structured(arguments[0])
    if origin in (Union, types.UnionType):
        return str not in arguments and any(is_structured(argument) for argument in arguments)
    if origin in _CONTAINERS or annotation in _CONTAINERS:
        return True
    # DSPy's own types read their texts themselves.
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel) and not issubclass(annotation, dspy.Type)


@lru_cache(maxsize=1024)
def constructors(annotation: Any) -> frozenset[str]:
    """The names of the models in ``annotation``, with those that they hold."""
    return frozenset(_model_names(annotation, set()))


def _model_names(annotation: Any, seen: set[type]) -> Iterator[str]:
    for argument in get_args(annotation):
        yield from _model_names(argument, seen)
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        yield annotation.__name__
        for field in annotation.model_fields.values():
            yield from _model_names(field.annotation, seen)


@lru_cache(maxsize=1024)
def _type_adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)
