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

from toolgrad_dspy.json_text import CUT, UnreadableError, Value, read_value, text_of, trimmed, unquoted
from toolgrad_dspy.lm.reading.fields import Found
from toolgrad_dspy.records.base import storable

_CONTAINERS = (list, tuple, set, frozenset, dict)
# A half of a surrogate pair, as JSON escapes it.
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_NOTHING = frozenset({"null", "none", "n/a", ""})


def read_typed(found: Found, annotation: Any) -> Value:
    """``found`` as a value of ``annotation``, with the part of it in which the answer ends.

    Raises ValueError when it is none.
    """
    if annotation is str:
        if found.cut:
            raise UnreadableError(CUT)
        return Value(text_of(found.value))
    if not is_structured(annotation):
        text = text_of(found.value) if isinstance(found.value, (str, list, dict)) else found.value
        return Value(parse_value(text, annotation))
    read = _structure(found, annotation)
    data = _fitted(read.data, annotation)
    return Value(_type_adapter(annotation).validate_python(data), read.cut)


def _structure(found: Found, annotation: Any) -> Value:
    if not isinstance(found.value, str):
        return Value(found.value)
    text = trimmed(found.value)
    if text.lower() in _NOTHING and annotation_allows_none(annotation):
        return Value(None)
    text = unquoted(text) if text.startswith('"') else text
    read = read_value(text, constructors(annotation), many=get_origin(annotation) is list, cut=found.cut)
    return Value(storable(read.data), read.cut) if _ESCAPED_HALF.search(text) else read


def _fitted(data: Any, annotation: Any) -> Any:
    """``data`` with a list around one object where a list is expected, or without one where it is not."""
    if get_origin(annotation) is list and isinstance(data, Mapping):
        return [data]
    if isinstance(annotation, type) and isinstance(data, list) and len(data) == 1:
        return data[0]
    return data


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
