"""How a value is said of a parameter: "for four people", "at most three", "in Harbour", "with outdoor seating".

A phrase has ``{}`` where the value stands. Writing fills it in, and reading looks for what stands there.
"""

import re
from functools import lru_cache

# By the last word of a parameter's name, or its last two; the first phrase is the most usual one.
_BY_WORD: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("limit", "max results", "top k", "num results", "page size"), ("{} at most", "at most {}")),
    **dict.fromkeys(
        ("party size", "guests", "people", "persons", "adults", "passengers"), ("for {} people", "for a party of {}")
    ),
    **dict.fromkeys(("seats", "tickets"), ("for {} seats", "for {} of us")),
    "quantity": ("with a quantity of {}",),
    **dict.fromkeys(("from date", "start date", "date from", "since", "after"), ("from {} on", "starting on {}")),
    **dict.fromkeys(("to date", "end date", "date to", "until", "before"), ("until {}", "up to {}")),
    "due date": ("due on {}",),
    **dict.fromkeys(("date", "day"), ("on {}",)),
    **dict.fromkeys(("time", "hour"), ("at {}",)),
    **dict.fromkeys(("start", "start time", "begin", "from time"), ("starting at {}", "from {}")),
    **dict.fromkeys(("end", "end time", "to time"), ("until {}", "ending at {}")),
    "name": ("called {}", "by the name of {}"),
    "title": ("called {}", "titled {}"),
    **dict.fromkeys(("text", "message", "body", "content"), ("saying {}",)),
    **dict.fromkeys(("note", "notes", "comment", "remark"), ("with the note {}",)),
    **dict.fromkeys(("query", "q", "search", "keyword", "keywords", "term", "pattern"), ("for {}",)),
    **dict.fromkeys(("topic", "subject", "theme"), ("about {}",)),
    **dict.fromkeys(("district", "city", "town", "country", "region", "area", "location"), ("in {}",)),
    **dict.fromkeys(("street", "address"), ("with the address {}",)),
    "email": ("with the e-mail address {}",),
    "phone": ("with the phone number {}",),
    **dict.fromkeys(("url", "uri", "link"), ("at {}",)),
    **dict.fromkeys(("path", "file path", "filepath"), ("at {}",)),
    **dict.fromkeys(("source", "from"), ("from {}",)),
    **dict.fromkeys(("destination", "to"), ("to {}",)),
    **dict.fromkeys(("mode", "transport"), ("by {}",)),
    **dict.fromkeys(("at", "datetime", "timestamp", "date time"), ("on {}",)),
    "old text": ("replacing {}",),
    "new text": ("with {}",),
    "class": ("in {} class",),
    "units": ("in {} units",),
    "cuisine": ("with {} cuisine",),
    **dict.fromkeys(("diet", "diets"), ("with {} dishes",)),
    **dict.fromkeys(("kind", "type"), ("of the kind {}",)),
    "category": ("in the category {}",),
    "genre": ("in the genre {}",),
    "relation": ("listed as {}",),
    "language": ("in {}",),
    "status": ("with the status {}",),
    **dict.fromkeys(("sort by", "order by", "sort", "order"), ("sorted by {}",)),
    "when": ("for {}",),
    "due": ("due {}",),
}
_UNITS = {
    **{unit: f"{unit}" for unit in ("minutes", "hours", "days", "weeks", "months", "seconds", "metres", "meters")},
    "mm": "mm",
    "cm": "cm",
    "km": "km",
    "kg": "kg",
    "c": "degrees",
    "percent": "percent",
}
# Said of what an adjective tells: "that are open"; of anything else with and without it.
_ADJECTIVE = re.compile(r"\w+(?:ed|able|ible|ful)|open(?: now)?|free|new|public|private|read only|unread")
_DOES = re.compile(r"(?:include|show|with|has|have|enable|use|allow|needs?|require|requires) (.+)")


@lru_cache(maxsize=4096)
def phrases(name: str) -> tuple[str, ...]:
    """The phrases for a parameter, whose ``name`` is in words.

    >>> phrases("party size")[0], phrases("max rain mm")[0], phrases("changes time")[0], phrases("colour")[0]
    ('for {} people', 'with at most {} mm of rain', 'to {}', 'with the colour {}')
    """
    words = name.split()
    if name in _BY_WORD:
        return _BY_WORD[name]
    if words and words[0] in ("new", "changes", "updates", "change") and len(words) > 1:
        known = _known(words[1:])
        known = known or (_plain(words[1:]),)
        return ("to {}",) if known[0] in ("on {}", "at {}") else (*known, "to {}")
    known = _known(words)
    if known:
        return known
    if words and words[0] in ("min", "max", "minimum", "maximum") and len(words) > 1:
        return (_bounded("at least" if words[0].startswith("min") else "at most", words[1:]),)
    if name in _UNITS and name.endswith("s"):
        return (f"for {{}} {name}",)
    if len(words) > 1 and words[-1] in _UNITS:
        about = " ".join(words[:-1])
        return (f"with a {about} of {{}} {_UNITS[words[-1]]}",)
    if words and words[0] in ("from", "to") and len(words) > 1:
        return (f"{words[0]} {{}}",)
    if len(name) == 1:
        return (f"with {name} = {{}}",)
    return (_plain(words),)


def listed_as(name: str, said: str) -> str:
    """How a choice is said: by its words alone, where they tell what it is about.

    >>> listed_as("status", "in transit"), listed_as("status", "confirmed"), listed_as("status", "reference")
    ('that are in transit', 'that are confirmed', 'with the status reference')
    """
    if name.split()[-1:] == ["status"] and (said.startswith(("in ", "on ")) or _ADJECTIVE.fullmatch(said)):
        return f"that are {said}"
    return phrases(name)[0].format(said)


@lru_cache(maxsize=4096)
def yes_or_no(name: str, said: bool) -> str:
    """How a yes or no is said of a parameter.

    >>> yes_or_no("outdoor seating", True), yes_or_no("include history", False), yes_or_no("is open", True)
    ('with outdoor seating', 'without history', 'that are open')
    """
    about = re.sub(r"^(?:is|are|only) | only$", "", name)
    if _ADJECTIVE.fullmatch(about):
        return f"that are {about}" if said else f"that are not {about}"
    thing = does[1] if (does := _DOES.fullmatch(about)) else about
    thing = f"{thing} ones" if _ADJECTIVE.fullmatch(thing) else thing
    return f"with {thing}" if said else f"without {thing}"


def in_digits(phrase: str) -> bool:
    """Whether a number in this phrase is written in digits: one that is measured, or has a name of its own."""
    return phrase.startswith("with ")


def _known(words: list[str]) -> tuple[str, ...]:
    two = _BY_WORD.get(" ".join(words[-2:]))
    # "Name" alone is what something is called; a table name is that of a table.
    last = words[-1] if words and (len(words) == 1 or words[-1] != "name") else ""
    return two or _BY_WORD.get(last, ())


def _plain(words: list[str]) -> str:
    return f"with the {' '.join(words)} {{}}" if words else "with {}"


def _bounded(bound: str, words: list[str]) -> str:
    unit = _UNITS.get(words[-1])
    if unit and len(words) > 1:
        about = " ".join(words[:-1])
        # An amount of a substance, but a measure of a property: 2 mm of rain, a high of 10 degrees.
        return f"with {bound} {{}} {unit} of {about}" if len(unit) == 2 else f"with a {about} of {bound} {{}} {unit}"
    return f"with a {' '.join(words)} of {bound} {{}}"
