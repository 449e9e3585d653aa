"""JSON Pointers (RFC 6901) over plain JSON data."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

# A step of a JSONPath: .key, [0], ['key'] or ["key"].
_STEP = re.compile(r"""\.?([^.\[\]'"/]+)|\[(\d{1,16})\]|\[(['"])([^'"]*)\3\]""")
_PATH = re.compile(r"""(?:\.?[^.\[\]'"/]+|\[\d{1,16}\]|\['[^'"]*'\]|\["[^'"]*"\])*""")
# What models call the whole result, as if it were a key.
_WHOLE = frozenset({"", "result", "results", "output", "value"})

# RFC 6901 has no leading zeros, and no list has an index of more digits.
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


def escape(key: str) -> str:
    """A key as one reference token."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def unescape(token: str) -> str:
    """The key that a reference token stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def list_index(key: str) -> int | None:
    """The list index that a key is, or None."""
    return int(key) if _INDEX.fullmatch(key) else None


# Of a result with more leaves than MANY they are gathered once: rules ask for them some thirty times. With the value,
# so that nothing else comes to have its id.
MANY, MOST_KEPT = 2_000, 8
_KEPT: dict[int, tuple[JsonValue, list[tuple[str, JsonValue]]]] = {}


class PointerError(LookupError):
    """A pointer that leads nowhere: the text says why to a model, ``code`` and ``reached`` to a program.

    Codes: ``not_a_pointer`` (it does not start with a slash), ``nothing_there``. ``reached`` is the pointer up to and
    including the first token that leads nowhere.
    """

    def __init__(self, message: str, code: str, reached: str) -> None:
        super().__init__(message)
        self.code = code
        self.reached = reached


def leaves(value: JsonValue, pointer: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Every leaf of ``value`` with its pointer, in document order; an empty container is a leaf.

    Those of the last few values with very many are kept: nothing that is stored or passed on is changed afterwards.
    """
    kept = _KEPT.get(id(value))
    if kept is not None and kept[0] is value and not pointer:
        return iter(kept[1])
    found: list[tuple[str, JsonValue]] = []
    _gather(value, pointer, found)
    if len(found) > MANY and not pointer:
        _KEPT[id(value)] = value, found
        for oldest in list(_KEPT)[:-MOST_KEPT]:
            _KEPT.pop(oldest, None)
    return iter(found)


def _gather(value: JsonValue, pointer: str, found: list[tuple[str, JsonValue]]) -> None:
    # Into one list: generators within generators take three times as long, and this is asked of every result.
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _gather(item, f"{pointer}/{escape(key)}", found)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            _gather(item, f"{pointer}/{index}", found)
    else:
        found.append((pointer, value))


def canonical(value: JsonValue, pointer: str) -> str:
    """``pointer``, or the pointer into ``value`` that a model meant by it; itself if it leads nowhere either way.

    Models write pointers as JSONPath, without the first slash, behind the word "result", or as ``"/"`` for the whole
    value. What is a pointer as it stands is taken as that.

    >>> canonical({"rows": [{"id": 7}]}, "$.rows[0].id"), canonical({"rows": []}, "result/rows"), canonical({}, "/")
    ('/rows/0/id', '/rows', '')
    """
    return next((meant for meant in _meanings(pointer) if leads_somewhere(value, meant)), pointer)


def _meanings(pointer: str) -> Iterator[str]:
    yield pointer
    bare = pointer.strip().removeprefix("#")
    bare = bare[1:] if bare.startswith("$/") else bare
    for meant in (bare if bare.startswith("/") else f"/{bare}", from_json_path(bare)):
        if meant is None:
            continue
        yield meant
        first, _, rest = meant[1:].partition("/")
        if first in _WHOLE:
            yield f"/{rest}" if rest else ""


def from_json_path(path: str) -> str | None:
    """``$.a[0]['b']`` as a pointer, or None if it is no such path. Filters and wild cards are not read."""
    path = path.removeprefix("$")
    if not _PATH.fullmatch(path):
        return None
    return "".join(f"/{escape(key or index or quoted)}" for key, index, _, quoted in _STEP.findall(path))


def leads_somewhere(value: JsonValue, pointer: str) -> bool:
    """Whether ``value`` has something at ``pointer``, as it stands."""
    if pointer and not pointer.startswith("/"):
        return False
    try:
        _reached(value, pointer)
    except KeyError:
        return False
    return True


def _reached(value: JsonValue, pointer: str) -> JsonValue:
    """What a pointer that starts with a slash, or is empty, leads to. Raises KeyError where that is nothing."""
    for token in pointer[1:].split("/") if pointer else ():
        value = child(value, token)
    return value


def lookup(value: JsonValue, pointer: str) -> JsonValue:
    """The value at ``pointer``. Raises PointerError, whose text says how far the pointer led.

    It may be written in the other ways that :func:`canonical` knows.

    >>> lookup({"rows": [{"id": "row_7"}]}, "/rows/0/id")
    'row_7'
    """
    if pointer == "":
        return value
    if pointer.startswith("/"):  # as it stands, mostly
        try:
            return _reached(value, pointer)
        except KeyError:
            pass
    pointer = canonical(value, pointer)
    if pointer == "":
        return value
    if not pointer.startswith("/"):
        message = f"{pointer!r} is not a JSON Pointer: it has to start with '/'"
        raise PointerError(message, "not_a_pointer", pointer)
    here = value
    walked = ""
    for token in pointer[1:].split("/"):
        try:
            here = child(here, token)
        except KeyError:
            reached = f"{walked}/{token}"
            raise PointerError(f"nothing at {reached}: {_describe(here)}", "nothing_there", reached) from None
        walked += f"/{token}"
    return here


def child(value: JsonValue, token: str) -> JsonValue:
    """What one token of a pointer leads to from ``value``. Raises KeyError where that is nothing."""
    key = unescape(token) if "~" in token else token
    if isinstance(value, dict):
        return value[key]
    if isinstance(value, list) and (index := list_index(key)) is not None and index < len(value):
        return value[index]
    raise KeyError(key)


def last_key(pointer: str) -> str:
    """The last key on the way that is not a list index: what the value is called."""
    for token in reversed(pointer.split("/")):
        if token and not token.isdigit():
            return unescape(token) if "~" in token else token
    return ""


def _describe(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "the keys there are " + ", ".join(list(value)[:12]) if value else "the object there is empty"
    if isinstance(value, list):
        return f"the list there has {len(value)} items"
    return f"there is {type(value).__name__} {str(value)[:40]!r}"
