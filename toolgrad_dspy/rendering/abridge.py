"""Long results in few characters: cut by structure, so that what is shown stays JSON.

Every pointer into the shown part is also valid in the full result: lists are cut at their end, and no key is renamed.
"""

import json
from collections.abc import Iterable

from pydantic import JsonValue

from toolgrad_dspy.rendering.useful_keys import UsefulKeys

# How far :func:`abridge` cuts, one try after the other: at most so many list items, and characters of a string.
_CUTS = ((12, 400), (6, 240), (3, 160), (2, 80), (1, 60))
# Of an older result: items of a list, and characters of a string.
_BRIEF = ((3, 60), (2, 60), (1, 60), (1, 30))

# Stands for what is left out.
MORE = "…"

_ENCODER = json.JSONEncoder(ensure_ascii=False)


def line(value: JsonValue) -> str:
    """``value`` as one line of JSON."""
    return _ENCODER.encode(value)


def abridge(value: JsonValue, limit: int) -> JsonValue:
    """``value`` in about ``limit`` characters of JSON: long lists and strings are cut and say how much is missing."""
    if len(line(value)) <= limit:
        return value
    return _first_that_fits((_cut(value, *cut) for cut in _CUTS), limit)


def brief(value: JsonValue, useful: UsefulKeys, limit: int) -> JsonValue:
    """What a later call can use of ``value``, in about ``limit`` characters: ids, names, and what tools take.

    Of every other value only the key is left: ``{"stop_id": "st_004", "lat": "…"}``. A text is cut as by
    :func:`abridge`.
    """
    return _first_that_fits((_cut(_emptied(value, useful), *cut) for cut in _BRIEF), limit)


def _first_that_fits(tries: Iterable[JsonValue], limit: int) -> JsonValue:
    shown = ""
    for short in tries:
        shown = line(short)
        if len(shown) <= limit:
            return short
    # An object with very many keys: keys are never cut, so nothing is left but to cut its text.
    return shown[:limit] + " … (cut)"


def _emptied(value: JsonValue, useful: UsefulKeys, key: str = "") -> JsonValue:
    """``value`` without the values under keys that are not useful; items of a list go by the key of the list."""
    if isinstance(value, dict):
        return {name: _emptied(item, useful, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_emptied(item, useful, key) for item in value]
    return value if not key or value is None or useful(key) else MORE


def _cut(value: JsonValue, items: int, chars: int) -> JsonValue:
    if isinstance(value, dict):
        return {key: _cut(item, items, chars) for key, item in value.items()}
    if isinstance(value, list):
        shown = [_cut(item, items, chars) for item in value[:items]]
        return [*shown, f"… {len(value) - items} more"] if len(value) > items else shown
    if isinstance(value, str) and len(value) > chars:
        return value[:chars] + f" … ({len(value) - chars} characters more)"
    return value
