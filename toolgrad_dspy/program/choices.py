"""Reading which of a few things a model means: tools by name, reports and chains by id."""

import re
from collections.abc import Iterable

_AROUND = re.compile(r"^[\s\"'`*.()\[\]{}]+|[\s\"'`*.,;:()\[\]{}]+$")
_WORD = re.compile(r"[A-Za-z0-9_-]+")


def read_choice(text: str, choices: Iterable[str]) -> str | None:
    """The one of ``choices`` that ``text`` means, or None.

    Quotes and brackets around it, upper case, and words around a choice that is named once are read over; a number
    alone is the choice that ends in it.

    >>> read_choice("P2", ("p1", "p2", "none")), read_choice("report p1: the stops", ("p1", "p2", "none"))
    ('p2', 'p1')
    >>> read_choice("2", ("p1", "p2", "none")), read_choice("p1 or p2", ("p1", "p2", "none"))
    ('p2', None)
    """
    listed = {choice.casefold(): choice for choice in choices}
    plain = _AROUND.sub("", text).casefold()
    if plain in listed:
        return listed[plain]
    named = {word for word in (found.casefold() for found in _WORD.findall(plain)) if word in listed}
    if len(named) == 1:
        return listed[named.pop()]
    if plain.isdigit():
        numbered = [choice for key, choice in listed.items() if re.fullmatch(rf"[a-z]+{plain}", key)]
        return numbered[0] if len(numbered) == 1 else None
    return None


def read_tool_name(text: str, names: Iterable[str]) -> str | None:
    """The one of the tool ``names`` that ``text`` means, or None.

    A namespace before it (``functions.search``), parentheses behind it, and other separators or case are read over,
    as long as one tool only fits. A name that is merely similar is another tool.

    >>> read_tool_name("functions.search-stops()", ["search_stops", "search_places"])
    'search_stops'
    """
    listed = list(names)
    plain = _AROUND.sub("", text.partition("(")[0])
    if plain in listed:
        return plain
    wanted = _spelling(re.split(r"[.:/]", plain)[-1])
    fitting = [name for name in listed if _spelling(name) == wanted]
    return fitting[0] if wanted and len(fitting) == 1 else None


def _spelling(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
