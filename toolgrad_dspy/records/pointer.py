"""JSON Pointers (RFC 6901) over plain JSON data."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

# RFC 6901 has no leading zeros, and no list has an index of more digits.
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


def escape(key: str) -> str:
    """A key as one reference token."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The key that a reference token stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def list_index(key: str) -> int | None:
    """The list index that a key is, or None."""
    return int(key) if _INDEX.fullmatch(key) else None


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
    """Every leaf of ``value`` with its pointer, in document order; an empty container is a leaf."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{pointer}/{escape(key)}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{pointer}/{index}")
    else:
        yield pointer, value


def canonical(value: JsonValue, pointer: str) -> str:
    """``pointer`` as other pointers may be appended to it.

    ``"/"`` is the empty key where ``value`` has one, and else, as models write it, the whole value: ``""``.
    """
    return "" if pointer == "/" and not (isinstance(value, dict) and "" in value) else pointer


def lookup(value: JsonValue, pointer: str) -> JsonValue:
    """The value at ``pointer``. Raises PointerError, whose text says how far the pointer led.

    ``"/"`` may stand for the whole value, as :func:`canonical` says.

    >>> lookup({"rows": [{"id": "row_7"}]}, "/rows/0/id")
    'row_7'
    """
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
    key = unescape(token)
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
