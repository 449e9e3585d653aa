"""Long results in few characters: cut by structure, so that what is shown stays JSON.

Every pointer into the shown part is also valid in the full result: lists are cut at their end, and no key is renamed.
"""

from pydantic import JsonValue

from toolgrad_dspy.rendering.cutting import MORE, cut, first_that_fits, line
from toolgrad_dspy.rendering.useful_keys import UsefulKeys

# Shares of the limit that :func:`abridge` cuts to, one after the other: what says how much is missing takes room too.
_TRIES = (1, 0.85, 0.7, 0.5, 0.3)
# Of an older result: items of a list, and characters of a string.
_BRIEF = ((3, 60), (2, 60), (1, 60), (1, 30))


def abridge(value: JsonValue, limit: int) -> JsonValue:
    """``value`` in about ``limit`` characters of JSON: long lists and texts are cut and say how much is missing.

    >>> abridge({"log": "started\\n" + "working\\n" * 40 + "done"}, 90)
    {'log': 'started\\nworking\\nworking\\n… 37 lines left out …\\nworking\\ndone'}
    """
    if len(line(value)) <= limit:
        return value
    return first_that_fits((cut(value, int(share * limit)) for share in _TRIES), limit)


def brief(value: JsonValue, useful: UsefulKeys, limit: int) -> JsonValue:
    """What a later call can use of ``value``, in about ``limit`` characters: ids, names, and what tools take.

    Of the other values only the keys are left, under one key and once per list, as the limit allows:
    ``{"stop_id": "st_004", "…": "lat, lon"}``. A text is cut as by :func:`abridge`.
    """
    shaped, bare = _reduced(value, useful, shape=True), _reduced(value, useful, shape=False)
    tries = [_few(shaped, *few) for few in _BRIEF] + [_few(bare, *few) for few in _BRIEF]
    return first_that_fits(tries, limit)


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


def _few(value: JsonValue, items: int, chars: int) -> JsonValue:
    if isinstance(value, dict):
        return {key: _few(item, items, chars) for key, item in value.items()}
    if isinstance(value, list):
        shown = [_few(item, items, chars) for item in value[:items]]
        return [*shown, f"… {len(value) - items} more"] if len(value) > items else shown
    if isinstance(value, str) and len(value) > chars:
        return value[:chars] + f" … ({len(value) - chars} characters more)"
    return value
