"""Cutting JSON down to a budget of characters by its structure, so that what is left is close to the budget.

What fits is kept whole, and what does not shares the room that the others leave. Lists are cut at their end and keys
are never renamed, so every pointer into what is left is valid in the whole value. A text of lines loses whole lines
from its middle: the head of a table has its columns, the tail of a log its outcome.
"""

import json
from collections.abc import Iterable, Sequence

from pydantic import JsonValue

# Stands for what is left out.
MORE = "…"

# Characters of a text that are kept whatever the room: fewer say nothing.
LEAST_TEXT = 40
# Items that a list shows at least, if they can be cut to share its room.
ITEMS = 6
# Room for the words that say how much is left out.
_MARK = 32
# A text is cut between two words if there is a blank in so many characters before the end.
_WORD = 24

_ENCODER = json.JSONEncoder(ensure_ascii=False)


def line(value: JsonValue) -> str:
    """``value`` as one line of JSON."""
    return _ENCODER.encode(value)


def cut(value: JsonValue, room: int) -> JsonValue:
    """``value`` in about ``room`` characters of JSON; itself if it fits."""
    if _size(value) <= room:
        return value
    if isinstance(value, str):
        return _cut_text(value, max(room, LEAST_TEXT))
    if isinstance(value, list):
        return _cut_list(value, room)
    if isinstance(value, dict):
        return _cut_object(value, room)
    return value


def _size(value: JsonValue) -> int:
    return len(line(value))


def _cut_list(value: list[JsonValue], room: int) -> list[JsonValue]:
    room -= _MARK
    sizes: list[int] = []
    taken = 0
    for item in value:
        size = _size(item) + 2
        taken += min(size, max(room // ITEMS, _least(item, room) + 2))
        if sizes and taken > room:
            break
        sizes.append(size)
    shown = [cut(item, share - 2) for item, share in zip(value, _shares(sizes, room), strict=False)]
    left = len(value) - len(shown)
    return [*shown, f"{MORE} {left} more"] if left else shown


def _cut_object(value: dict[str, JsonValue], room: int) -> dict[str, JsonValue]:
    """All keys as long as there is room for them with the least of their values, else the first ones."""
    names: list[str] = []
    sizes: list[int] = []
    taken = keys = 0
    for name, item in value.items():
        key = _size(name) + 4
        taken += key + _least(item, room)
        if names and taken > room - _MARK:
            break
        names.append(name)
        sizes.append(_size(item))
        keys += key
    left = len(value) - len(names)
    shares = _shares(sizes, room - keys - (_MARK if left else 0))
    shown = {name: cut(value[name], share) for name, share in zip(names, shares, strict=True)}
    return {**shown, MORE: f"{MORE} {left} more"} if left else shown


def _least(value: JsonValue, cap: int) -> int:
    """The characters that :func:`cut` leaves of ``value`` at least, counted up to ``cap``."""
    if isinstance(value, str):
        return min(len(value) + 2, LEAST_TEXT + _MARK)
    if isinstance(value, list):
        return 2 if not value else _least(value[0], cap) + (_MARK if len(value) > 1 else 2)
    if isinstance(value, dict):
        total = 2
        for name, item in value.items():
            total += len(name) + 6 + _least(item, cap - total)
            if total > cap:
                break
        return total
    return _size(value)


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """Room for each of ``sizes``: small ones get all they need, and the large ones share evenly what is left."""
    shares = [0] * len(sizes)
    waiting = len(sizes)
    for place in sorted(range(len(sizes)), key=sizes.__getitem__):
        shares[place] = min(sizes[place], max(room, 0) // waiting)
        room -= shares[place]
        waiting -= 1
    return shares


def _cut_text(text: str, room: int) -> str:
    room -= _MARK
    # Signs that JSON escapes take more than their own room; how many there are is much the same all along a text.
    beginning = text[: max(room, LEAST_TEXT)]
    room = max(room * len(beginning) // max(_size(beginning) - 2, 1), LEAST_TEXT)
    head, newline, _ = text[: room * 2 // 3 + 1].rpartition("\n")
    _, last, tail = text[-(room // 3) - 1 :].partition("\n")
    if newline and last and len(head) + len(tail) > room // 2:
        lines = text.count("\n") - head.count("\n") - tail.count("\n") - 1
        return f"{head}\n{MORE} {lines} lines left out {MORE}\n{tail}"
    shown = text[:room]
    blank = shown.rfind(" ", room - _WORD)
    shown = shown[:blank] if blank > 0 else shown
    return f"{shown} {MORE} ({len(text) - len(shown)} characters more)"


def first_that_fits(tries: Iterable[JsonValue], limit: int) -> JsonValue:
    """The first of ``tries`` in ``limit`` characters; of the last one its text, cut, if none is."""
    shown = ""
    for short in tries:
        shown = line(short)
        if len(shown) <= limit:
            return short
    escaped = max(len(line(shown[:limit])), 1)
    return f"{shown[: limit * limit // escaped]} {MORE} (cut)"
