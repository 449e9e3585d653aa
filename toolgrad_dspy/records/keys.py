"""What the names of arguments and of values in results tell: whether two mean the same, and which ones name an id."""

import re
from functools import lru_cache

from pydantic import JsonValue

# Words at the end of a name that make it that of an id: booking_id, nextCursor, slug.
_ID_WORDS = frozenset({"id", "uuid", "guid", "slug", "cursor", "token", "key", "ref", "code", "hash", "sha"})
# One word of letters and digits ("pl_0007", "X17-4"), or a long hexadecimal number ("4711000042", "deadbeef").
_OPAQUE = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_:.-]+$|^[0-9a-fA-F]{8,}$")
# Last words that say little by themselves, and which of them mean the same: what a value is they leave to what it
# belongs to.
GENERIC_WORDS = {
    **dict.fromkeys(("id", "uuid", "guid", "identifier"), "id"),
    **dict.fromkeys(("name", "title", "label", "login", "username", "handle"), "name"),
    **dict.fromkeys(("number", "no", "num", "nr"), "number"),
    **{
        word: word
        for word in ("count", "value", "type", "date", "time", "key", "code", "slug", "ref", "size", "total")
    },
}
# Those by which a thing goes: a place may be given by its id or its name alone.
IDENTIFYING_WORDS = frozenset(
    word
    for word, meaning in GENERIC_WORDS.items()
    if meaning in ("id", "name", "number", "key", "code", "slug", "ref")
)
# Words of tools' names that are no part of what the tool is about.
_VERBS = frozenset(
    [
        *(
            "get",
            "list",
            "search",
            "find",
            "fetch",
            "read",
            "show",
            "query",
            "lookup",
            "look",
            "retrieve",
            "describe",
        ),
        *("create", "add", "make", "new", "insert", "put", "post", "save", "load", "send", "open", "close", "pay"),
        *("update", "modify", "change", "edit", "set", "patch", "write", "cancel", "delete", "remove", "reschedule"),
        *(
            "check",
            "view",
            "track",
            "browse",
            "calculate",
            "compute",
            "estimate",
            "suggest",
            "recommend",
            "give",
            "all",
        ),
    ]
)
_PREPOSITIONS = frozenset(
    ["by", "for", "of", "in", "at", "from", "with", "to", "on", "near", "via", "as", "and", "or", "between"]
)
_ABOUT = frozenset({"detail", "info", "information", "profile", "summary", "data", "list", "record", "result"})

# Plurals that no rule makes.
_IRREGULAR = {
    "people": "person",
    "children": "child",
    "women": "woman",
    "men": "man",
    "movies": "movie",
    "cookies": "cookie",
    "calories": "calorie",
}

_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}([T ]|$)|^\d{1,2}(:\d{2})?\s?[ap]m$", re.IGNORECASE)


@lru_cache(maxsize=65536)
def key_words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: ``roomIds``, ``room_id`` and ``room-ids`` are one, a plural its singular."""
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return tuple(_singular(part) for part in re.split(r"[^a-z0-9]+", parts) if part)


def _singular(word: str) -> str:
    """``dishes`` as ``dish``, ``copies`` as ``copy``; ``address`` and ``status`` are no plurals."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("ouses", "auses")):
        return word[:-1]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses", "uses")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


@lru_cache(maxsize=65536)
def in_words(name: str) -> str:
    """A name as a person would say it.

    >>> in_words("search_places"), in_words("getWeather")
    ('search places', 'get weather')
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return re.sub(r"[\s_-]+", " ", spaced).strip().lower()


@lru_cache(maxsize=65536)
def alike(parameter: str, key: str) -> bool:
    """Whether a parameter and a result key have the same name: ``from_stop_id`` and ``stop_id`` do.

    The shorter name's words have to end the longer one: what a name is about stands at its end.

    >>> alike("from_stop_id", "stop_id"), alike("party_size", "size"), alike("stop_id", "stop_name")
    (True, True, False)
    """
    return ends_alike(key_words(parameter), key_words(key))


def ends_alike(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether the words of the shorter of two names end the other; not if one has none."""
    if not a or not b:
        return False
    short, long = sorted((a, b), key=len)
    return long[-len(short) :] == short


@lru_cache(maxsize=65536)
def tool_nouns(tool: str) -> tuple[str, ...]:
    """The words of a tool's name for what it is about: without verbs, up to the first preposition.

    >>> tool_nouns("get_order_details"), tool_nouns("listEmployeesByOffice"), tool_nouns("search")
    (('order',), ('employee',), ())
    """
    words = key_words(tool)
    end = next((place for place, word in enumerate(words) if place and word in _PREPOSITIONS), len(words))
    # A word that can be either is a noun where no other is: `get_show`, but `show_orders`.
    nouns = [word for word in words[:end] if word not in _VERBS] or list(words[1:end])
    while nouns and nouns[-1] in _ABOUT:
        nouns.pop()
    return tuple(nouns)


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
