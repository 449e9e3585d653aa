"""Where a list or an object ends in a text, and where its parts are, without reading the parts."""

import re
from dataclasses import dataclass, field

# Levels. pydantic's and Python's own parsers stop at about as many.
DEEPEST = 200
_CLOSING = {"[": "]", "{": "}", "(": ")"}
# All that can change what the characters after it mean.
_MARK = re.compile(r"[\"'\[\]{}(),:]|//|/\*|(?<!\S)#")
# A single quote begins a string only after one of these; elsewhere it is an apostrophe.
_BEFORE_STRING = frozenset("[{(,:=")


class UnreadableError(ValueError):
    """A text that does not say one thing. The message says why, as the end of a sentence about it."""


@dataclass(slots=True)
class Extent:
    """A list or object that begins a text.

    ``parts`` are the texts between its outermost commas; of an object, ``keys`` are the texts before the first colon
    of each. ``end`` is where it ends in the text. When the text ends first, inside the last part, ``missing`` are the
    closing brackets still to come.
    """

    parts: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    end: int = 0
    missing: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the text ends first."""
        return bool(self.missing)

    @property
    def whole_parts(self) -> list[str]:
        """The parts without the one in which the text ends."""
        return self.parts[:-1] if self.is_open else self.parts

    @property
    def cut_part(self) -> str:
        """The part in which the text ends; empty if it does not end inside one."""
        return self.parts[-1] if self.is_open else ""


def extent(text: str) -> Extent:
    """The extent of the list, object or argument list that ``text`` begins with: its first character is the bracket.

    Raises UnreadableError when it is nested more than :data:`DEEPEST` levels deep.

    >>> found = extent('[{"a": 1}, {"b": [2')
    >>> found.parts, found.is_open
    (['{"a": 1}', '{"b": [2'], True)
    """
    found = Extent()
    expected = [_CLOSING[text[0]]]  # the closing brackets still to come, the next one last
    start, colon, position = 1, -1, 1

    def end_part(until: int) -> None:
        key, part = (text[start:colon], text[colon + 1 : until]) if colon >= 0 else ("", text[start:until])
        if part.strip() or key:
            found.parts.append(part.strip())
            found.keys.append(key.strip())

    while mark := _MARK.search(text, position):
        at, sign = mark.start(), mark[0]
        position = mark.end()
        if sign == '"' or (sign == "'" and _before(text, at) in _BEFORE_STRING):
            position = _string_end(text, at)
        elif sign in ("//", "#"):
            position = _after(text, "\n", position)
        elif sign == "/*":
            position = _after(text, "*/", position)
        elif sign in _CLOSING:
            expected.append(_CLOSING[sign])
            if len(expected) > DEEPEST:
                raise UnreadableError(f"it is nested more than {DEEPEST} levels deep")
        elif sign in _CLOSING.values():
            if (
                sign in expected
            ):  # a bracket that is missing before it is taken for closed; a stray one is passed over
                while expected.pop() != sign:
                    pass
            if not expected:
                end_part(at)
                found.end = position
                return found
        elif len(expected) == 1 and sign == ",":
            end_part(at)
            start, colon = position, -1
        elif len(expected) == 1 and sign == ":" and colon < 0 and text[0] == "{":
            colon = at
    found.missing, found.end = "".join(reversed(expected)), len(text)
    before = len(found.parts)
    end_part(len(text))
    if len(found.parts) == before:  # it ends between two parts: only the bracket is missing
        found.parts.append("")
        found.keys.append("")
    return found


def _before(text: str, at: int) -> str:
    """The last character before ``at`` that is no white space."""
    while at and text[at - 1].isspace():
        at -= 1
    return text[at - 1] if at else ""


def _string_end(text: str, at: int) -> int:
    """Where the string that begins at ``at`` ends."""
    quote, position = text[at], at + 1
    while True:
        end = text.find(quote, position)
        if end < 0:
            return len(text)
        escapes = end
        while text[escapes - 1] == "\\":
            escapes -= 1
        if (end - escapes) % 2 == 0:
            return end + 1
        position = end + 1


def _after(text: str, end: str, position: int) -> int:
    found = text.find(end, position)
    return len(text) if found < 0 else found + len(end)
