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

    Of the other values only the keys are left, under one key and once per list, as the limit allows:
    ``{"stop_id": "st_004", "…": "lat, lon"}``. A text is cut as by :func:`abridge`.
    """
    shaped, bare = _reduced(value, useful, shape=True), _reduced(value, useful, shape=False)
    tries = [_cut(shaped, *cut) for cut in _BRIEF] + [_cut(bare, *cut) for cut in _BRIEF]
    return _first_that_fits(tries, limit)


def _first_that_fits(tries: Iterable[JsonValue], limit: int) -> JsonValue:
    shown = ""
    for short in tries:
        shown = line(short)
        if len(shown) <= limit:
            return short
    # An object with very many keys: keys are never cut, so nothing is left but to cut its text.
    return shown[:limit] + " … (cut)"


def _reduced(value: JsonValue, useful: UsefulKeys, *, shape: bool, key: str = "") -> JsonValue:
    """``value`` without what is not useful. ``shape``: name what is left out. Items of a list go by its ``key``."""
    if isinstance(value, list):
        if key and not useful(key) and not any(isinstance(item, (dict, list)) for item in value):
            return []
        return [_reduced(item, useful, shape=shape and not place, key=key) for place, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept: dict[str, JsonValue] = {}
    for name, item in value.items():
        if isinstance(item, (dict, list)):
            if _holds_any(_reduced(item, useful, shape=False, key=name)):
                kept[name] = _reduced(item, useful, shape=shape, key=name)
        elif item is not None and useful(name):
            kept[name] = item
    others = [name for name in value if name not in kept]
    return {**kept, MORE: ", ".join(others)} if shape and others else kept


def _holds_any(value: JsonValue) -> bool:
    """Whether there is a value in a container of containers."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(not isinstance(item, (dict, list)) or _holds_any(item) for item in items)


def _cut(value: JsonValue, items: int, chars: int) -> JsonValue:
    if isinstance(value, dict):
        return {key: _cut(item, items, chars) for key, item in value.items()}
    if isinstance(value, list):
        shown = [_cut(item, items, chars) for item in value[:items]]
        return [*shown, f"… {len(value) - items} more"] if len(value) > items else shown
    if isinstance(value, str) and len(value) > chars:
        return value[:chars] + f" … ({len(value) - chars} characters more)"
    return value
