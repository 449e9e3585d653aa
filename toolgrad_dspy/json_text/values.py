"""Lists and objects as models write them: JSON, nearly JSON, Python, with prose around, or cut off."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import json_repair

from toolgrad_dspy.json_text.extent import Extent, UnreadableError, extent
from toolgrad_dspy.json_text.literals import python_value
from toolgrad_dspy.json_text.visible import trimmed, unfenced

# Where a list or an object can begin. Words in brackets ("[note]", "{name}") are prose.
_BEGINNING = re.compile(r"\[(?=\s{0,80}(?:[\[{\"'\]]|-?\d|\w{1,80}\())|\{(?=\s{0,80}[\"'}\w])")
_SKIPPED = re.compile(r"[\s,;]*")
_COMMENT_OR_COMMA = re.compile(
    r'("(?:[^"\\]|\\.)*")|//[^\n]*|(?<!\S)#[^\n]*|/\*.*?\*/|,(?=\s{0,400}[\]}])', re.DOTALL
)
_BARE_KEY = re.compile(r"[A-Za-z_$][\w$-]*")

# Characters. Only what is JSON as it stands is read beyond.
LONGEST_REPAIRED = 50_000
# Why a text that ends inside its first part cannot be read.
CUT = "it ends before its end"


@dataclass(frozen=True, slots=True)
class Value:
    """What a text says. ``cut`` is the part in which it ends, which is left out; empty if it ends at its end.
    ``replaced`` says that there were halves of surrogate pairs in it, ``copied`` how many items only repeated the
    form of the answer.
    """

    data: Any
    cut: str = ""
    replaced: bool = False
    copied: int = 0


def read_value(text: str, constructors: Collection[str] = (), *, many: bool = False, cut: bool = False) -> Value:
    """The list or object in ``text``.

    An item of a list that cannot be read stands in it as its text. Of a list in which the text ends, the items
    before that are read. ``cut`` says that the text is known to be cut off; else brackets that are missing at the end
    of what is complete are taken for forgotten. With ``many`` objects in a row are a list. ``constructors`` are the
    names of classes whose objects may be written as Python does. Raises UnreadableError when nothing was meant, or
    more than one thing.

    >>> read_value('Sure: [{"a": 1,}, {"b": NaN  # why\\n}, {"c":')
    Value(data=[{'a': 1}, {'b': nan}], cut='{"c":', replaced=False, copied=0)
    """
    text = unfenced(trimmed(text))
    try:
        data = _literal(text, constructors)
    except UnreadableError:
        pass
    else:
        if isinstance(data, (list, dict)):
            return Value(data)
    cut = cut or len(text) > LONGEST_REPAIRED
    *before, last = _bodies(text[:LONGEST_REPAIRED], many)
    if not before:
        return _read(last, constructors, cut)
    if last.extent.is_open:
        return Value([_item(body.text, constructors) for body in before], last.text)
    return Value([_item(body.text, constructors) for body in (*before, last)])


@dataclass(frozen=True, slots=True)
class _Body:
    text: str
    extent: Extent


def _bodies(text: str, many: bool) -> Iterator[_Body]:
    """The first list or object in ``text``; with ``many`` the objects that follow it immediately, too."""
    beginning = _BEGINNING.search(text)
    if beginning is None:
        raise UnreadableError("there is no JSON in it")
    start = beginning.start()
    while True:
        found = extent(text[start:])
        yield _Body(text[start : start + found.end], found)
        start = _SKIPPED.match(text, start + found.end).end()  # type: ignore[union-attr]  # it always matches
        if not many or text[start : start + 1] != "{" or found.is_open:
            return


def _read(body: _Body, constructors: Collection[str], cut: bool = False) -> Value:
    text, found = body.text, body.extent
    forgotten = found.is_open and not cut and text.rstrip()[-1] in "]})"
    if forgotten or not found.is_open:
        try:
            return Value(_literal(text + found.missing, constructors))
        except UnreadableError:
            pass
    if found.is_open and not (text[0] == "[" and found.whole_parts):
        raise UnreadableError(CUT)
    if text[0] == "[":
        return Value([_item(part, constructors) for part in found.whole_parts], found.cut_part)
    try:
        return Value(
            {_key(key): _member(part, constructors) for key, part in zip(found.keys, found.parts, strict=True) if key}
        )
    except UnreadableError:
        return Value(_repaired(text))


def _item(text: str, constructors: Collection[str]) -> Any:
    """An item of a list; one that cannot be read is its text."""
    try:
        return _member(text, constructors)
    except UnreadableError:
        return text


def _member(text: str, constructors: Collection[str]) -> Any:
    """A value inside a list or an object."""
    if text[:1] not in ("[", "{"):
        return _literal(text, constructors)
    return _read(_Body(text, extent(text)), constructors).data


def _key(text: str) -> str:
    if _BARE_KEY.fullmatch(text):
        return text
    key = _member(text, ())
    if not isinstance(key, str):
        raise UnreadableError("it has a key that is no text")
    return key


def _literal(text: str, constructors: Collection[str]) -> Any:
    """A text that is JSON, with or without comments and commas too many, or a Python literal."""
    try:
        return _json(text)
    except UnreadableError:
        if len(text) > LONGEST_REPAIRED:
            raise
    try:
        return python_value(text, constructors)
    except UnreadableError:
        return _json(_COMMENT_OR_COMMA.sub(lambda found: found[1] or "", text))


def _json(text: str) -> Any:
    try:
        return json.loads(text, strict=False)  # with line feeds in its strings
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    except ValueError:
        raise UnreadableError("it is not JSON") from None


def _repaired(text: str) -> Any:
    """What json_repair makes of ``text``, unless it had to add something: it completes what is not there."""
    try:
        data = json_repair.loads(text)
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    if not isinstance(data, dict) or not all(_stands_in(leaf, text) for leaf in _texts(data)):
        raise UnreadableError("it is not JSON")
    return data


def _texts(data: Any) -> Iterator[str]:
    """The texts in ``data``, and the keys that would have to be quoted."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, item in data.items():
            if not _BARE_KEY.fullmatch(key):
                yield key
            yield from _texts(item)
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)


def _stands_in(leaf: str, text: str) -> bool:
    """Whether ``text`` has ``leaf`` in quotes. A word without is a name of something else, such as ``undefined``."""
    return any(quoted in text for quoted in (json.dumps(leaf, ensure_ascii=False), f'"{leaf}"', f"'{leaf}'"))
