"""Values that a tool's schema lists: what there is to choose from, and which option a person's words mean."""

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements import states
from toolgrad_dspy.records import in_words

# The first one decides: "no smoking", "not needed".
_NO = frozenset({"false", "no", "not", "without", "none", "never", "off", "0"})
_BUT = frozenset({"not", "no", "but", "except", "without"})
_YES = frozenset({"true", "yes", "with", "on", "1"})
_WORD = re.compile(r"[^\W_]+")


def options_of(schema: Mapping[str, JsonValue]) -> tuple[JsonValue, ...]:
    """What a schema lets choose from: its enumerated values, or true and false; none if any value will do.

    ``schema`` is one of :func:`~toolgrad_dspy.json_schema.schema_at`, whose ``anyOf`` has all that it is composed of.
    Null is no option: it says nothing.

    >>> options_of({"anyOf": [{"enum": ["bus", "tram"]}, {"type": "null"}]}), options_of({"type": "boolean"})
    (('bus', 'tram'), (True, False))
    """
    members = schema.get("anyOf")
    listed: dict[str, JsonValue] = {}
    for part in (schema, *(members if isinstance(members, list) else ())):
        if isinstance(part, dict):
            # `repr` tells 1 from true, and "1" from 1.
            listed.update((repr(option), option) for option in _options(part) if option is not None)
    return tuple(listed.values())


def _options(part: Mapping[str, JsonValue]) -> Iterable[JsonValue]:
    values = part.get("enum", [part["const"]] if "const" in part else None)
    if isinstance(values, list):
        return values
    return (True, False) if part.get("type") == "boolean" else ()


def chosen(said: str, options: Sequence[JsonValue], about: str) -> tuple[JsonValue, ...]:
    """The options that ``said`` means, for a parameter called ``about``: by their own words, in their order.

    >>> chosen("tram stop", ["tram", "tram_stop"], "kind"), chosen("outdoor, please", [True, False], "outdoor")
    (('tram_stop',), (True,))
    """
    words = _words(said)
    if set(map(repr, options)) == {"True", "False"}:
        return _yes_or_no(words, _words(in_words(about)))
    left = f" {' '.join(words)} "
    meant = []
    # The longest first: who says "tram stop" does not say "tram".
    for option in sorted((option for option in options if isinstance(option, str)), key=len, reverse=True):
        sought = f" {' '.join(_words(in_words(option)))} "
        if sought.strip() and sought in left:
            left = left.replace(sought, " | ")
            meant.append(option)
    if _BUT & set(left.split()):  # "anything but thai"
        return ()
    return tuple(option for option in options if option in meant or _is_stated(said, option))


def _is_stated(said: str, option: JsonValue) -> bool:
    return not isinstance(option, (str, bool)) and states(said, option)


def _yes_or_no(words: Sequence[str], about: Sequence[str]) -> tuple[JsonValue, ...]:
    decided = next((word in _YES for word in words if word in _YES or word in _NO), None)
    if decided is None:
        return (True,) if about and set(about) <= set(words) else ()
    return (decided,)


def _words(text: str) -> list[str]:
    """In lower case, a plural as its singular."""
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in _WORD.findall(text.casefold())]
