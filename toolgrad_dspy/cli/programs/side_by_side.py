"""Two texts compared line by line: in two columns where there is room, else one under the other."""

import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest

from toolgrad_dspy.streams import printable

# Two columns narrower than this are harder to read than lines one under the other.
COLUMN = 46

# Between the columns: the line is the same, changed, only on the left, only on the right.
SAME, CHANGED, LEFT, RIGHT = " ", "|", "<", ">"


def compared(a: str, b: str, width: int | None) -> Iterator[str]:
    """The lines of ``a`` and ``b`` in two columns of a terminal that is ``width`` wide; one under the other if that
    is too narrow, or None.
    """
    column = ((width or 0) - 3) // 2
    return _columns(a, b, column) if column >= COLUMN else _unified(a, b)


def _unified(a: str, b: str) -> Iterator[str]:
    for same, left, right in _blocks(a, b):
        if same:
            yield from (f"  {line}" for line in left)
        else:
            yield from (f"- {line}" for line in left)
            yield from (f"+ {line}" for line in right)


def _columns(a: str, b: str, column: int) -> Iterator[str]:
    for same, left, right in _blocks(a, b):
        # A block of changed lines pairs them up as they come; what is left over has nothing opposite.
        for line_a, line_b in zip_longest(left, right):
            mark = SAME if same else LEFT if line_b is None else RIGHT if line_a is None else CHANGED
            parts = zip_longest(_wrapped(line_a or "", column), _wrapped(line_b or "", column), fillvalue="")
            for part_a, part_b in parts:
                yield f"{part_a}{' ' * (column - cells(part_a))} {mark} {part_b}".rstrip()


def _blocks(a: str, b: str) -> Iterator[tuple[bool, list[str], list[str]]]:
    """Runs of lines: whether they are the same, those of ``a``, those of ``b``."""
    # Not splitlines: a difference in another kind of line break would not be seen.
    left, right = a.split("\n"), b.split("\n")
    for tag, a_from, a_to, b_from, b_to in SequenceMatcher(None, left, right).get_opcodes():
        yield tag == "equal", left[a_from:a_to], right[b_from:b_to]


def _wrapped(line: str, column: int) -> list[str]:
    """``line`` in pieces that are at most ``column`` cells wide, broken at a space where there is one."""
    text, pieces, start = printable(line).expandtabs(4), [], 0
    while (end := _reach(text, start, column)) < len(text):
        space = text.rfind(" ", start, end + 1)
        if space > start and text[start:space].strip():
            end = space
        pieces.append(text[start:end].rstrip())
        start = end + (text[end] == " ")
    return [*pieces, text[start:]]


def _reach(text: str, start: int, column: int) -> int:
    """The end of the longest piece of ``text`` from ``start`` on that takes at most ``column`` cells."""
    taken = 0
    for index in range(start, len(text)):
        taken += _cells(text[index])
        if taken > column:
            return index
    return len(text)


def cells(text: str) -> int:
    """How many cells of a terminal ``text`` takes (Unicode annex 11: wide and full-width characters take two)."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
