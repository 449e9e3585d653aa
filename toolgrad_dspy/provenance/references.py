"""References in draft calls: ``{"$from": "s2", "$path": "/items/0/name"}``."""

import json
import re
from collections.abc import Callable

from pydantic import JsonValue

from toolgrad_dspy.records import Observation, PointerError, escape, lookup
from toolgrad_dspy.records.pointer import canonical, from_json_path

# A reference as weak models also write it: {{s2.items[0].name}}, ${#1/id}, <s1>.
_WRITTEN = re.compile(r"(?:\{\{|\$\{|\{|<)\s*(#?\d+|[sa]\d+)((?:[./\[][^{}<>]*)?)(?:\}\}|\}|>)")

# Looks up a call that ran before by the name a draft may use for it: gives its id and its result, or None.
Resolver = Callable[[str], tuple[str, Observation] | None]


class UnresolvedReferenceError(Exception):
    """A reference that leads nowhere: the text says why to the model, the ``code`` to a program.

    Codes: ``not_text`` (its parts are not strings), ``no_result`` (nothing ran under that name), ``no_value`` (the
    result has nothing at that pointer).
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def is_reference(value: JsonValue) -> bool:
    """Whether ``value`` is a reference. With a third key it is an argument that happens to have a ``$from``."""
    return isinstance(value, dict) and "$from" in value and set(value) <= {"$from", "$path"}


def resolve(arguments: JsonValue, resolver: Resolver) -> tuple[JsonValue, dict[str, tuple[str, str]]]:
    """``arguments`` with each reference replaced by the value it points to, also one that is written as a text.

    Also returns, for the JSON Pointer of each replaced place, the id of the step it came from and the pointer
    into that step's result. Raises UnresolvedReferenceError.
    """
    replaced: dict[str, tuple[str, str]] = {}

    def walk(value: JsonValue, pointer: str) -> JsonValue:
        if isinstance(value, dict):
            if is_reference(value):
                # What it points to is data and is not walked: a "$from" in a tool's result is no reference.
                step, path, target = _follow(value, resolver)
                replaced[pointer] = (step, path)
                return target
            return {key: walk(item, f"{pointer}/{escape(key)}") for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, f"{pointer}/{index}") for index, item in enumerate(value)]
        if isinstance(value, str) and (reference := _written(value, resolver)):
            return walk(reference, pointer)
        return value

    return walk(arguments, ""), replaced


def _written(text: str, resolver: Resolver) -> dict[str, JsonValue] | None:
    """The reference that ``text`` is, as JSON or as a template that names a result there is; None if it is none."""
    if '"$from"' in text:
        try:
            value: JsonValue = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) and is_reference(value) else None
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or resolver(found[1]) is None:
        return None
    # As a pointer, so that the error tells how far one leads that leads nowhere.
    return {"$from": found[1], "$path": from_json_path(found[2]) or found[2]}


def _follow(reference: dict[str, JsonValue], resolver: Resolver) -> tuple[str, str, JsonValue]:
    name = reference["$from"]
    path = reference.get("$path")
    path = "" if path is None else path  # without a path it is the whole result
    if not isinstance(name, str) or not isinstance(path, str):
        raise UnresolvedReferenceError('"$from" and "$path" have to be strings', "not_text")
    earlier = resolver(name)
    if earlier is None:
        raise UnresolvedReferenceError(f"there is no earlier result {name!r} to refer to", "no_result")
    step, observation = earlier
    path = canonical(observation.value, path)
    try:
        return step, path, lookup(observation.value, path)
    except PointerError as error:
        raise UnresolvedReferenceError(f"the result of {name} has no {path!r}: {error}", "no_value") from None
