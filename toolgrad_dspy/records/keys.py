"""What the names of arguments and of values in results tell: whether two mean the same, and which ones name an id."""

import re
from functools import lru_cache

from pydantic import JsonValue

# Words at the end of a name that make it that of an id: booking_id, nextCursor, slug.
_ID_WORDS = frozenset({"id", "uuid", "guid", "slug", "cursor", "token", "key", "ref", "code", "hash", "sha"})
# One word of letters and digits ("pl_0007", "X17-4"), or a long hexadecimal number ("4711000042", "deadbeef").
_OPAQUE = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_:.-]+$|^[0-9a-fA-F]{8,}$")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}([T ]|$)|^\d{1,2}(:\d{2})?\s?[ap]m$", re.IGNORECASE)


@lru_cache(maxsize=65536)
def key_words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: ``roomIds``, ``room_id`` and ``room-ids`` are one, a plural its singular."""
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return tuple(part.rstrip("s") for part in re.split(r"[^a-z0-9]+", parts) if part)


def in_words(name: str) -> str:
    """A name as a person would say it.

    >>> in_words("search_places"), in_words("getWeather")
    ('search places', 'get weather')
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return re.sub(r"[\s_-]+", " ", spaced).strip().lower()


def alike(parameter: str, key: str) -> bool:
    """Whether a parameter and a result key have the same name: ``from_stop_id`` and ``stop_id`` do.

    The shorter name's words have to end the longer one: what a name is about stands at its end.

    >>> alike("from_stop_id", "stop_id"), alike("party_size", "size"), alike("stop_id", "stop_name")
    (True, True, False)
    """
    a, b = key_words(parameter), key_words(key)
    if not a or not b:
        return False
    short, long = sorted((a, b), key=len)
    return long[-len(short) :] == short


def names_id(name: str) -> bool:
    """Whether a name says that its value is an id.

    >>> names_id("booking_id"), names_id("attendeeIds"), names_id("paid")
    (True, True, False)
    """
    words = key_words(name)
    return bool(words) and words[-1] in _ID_WORDS


def opaque(value: JsonValue) -> bool:
    """Whether a value has the look of an id: letters and digits in one word, or a long hexadecimal number.

    Dates and times mix letters and digits too (``2026-05-14T19:30``, ``7pm``), and are none.
    """
    return isinstance(value, str) and bool(_OPAQUE.match(value)) and not _MOMENT.match(value)
