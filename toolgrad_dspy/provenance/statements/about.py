"""What is known of the parameter that a value is for, and what follows: its unit, and the kind of names it takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements.units import Unit, currency_unit, unit_named
from toolgrad_dspy.records import in_words, key_words

NameKind = Literal["language", "currency", "country", "place", "unit"]

_KINDS: tuple[tuple[NameKind, re.Pattern[str]], ...] = (
    ("currency", re.compile(r"\b(?:currency|iso 4217|w(?:ä|ae)hrung|devise|moneda|valuta|moeda)\b")),
    (
        "language",
        re.compile(
            r"\b(?:lang|language|locale|subtitles?|bcp 47|iso 639\S*|idiom|sprache|langue|idioma|lingua|língua)\b"
        ),
    ),
    ("unit", re.compile(r"\bunits?\b")),
    ("place", re.compile(r"\b(?:city|town|village|address|airport|stadt|ville|ciudad|citt[aà]|cidade)\b")),
    ("country", re.compile(r"\b(?:country|nationality|citizenship|iso 3166\S*|pays|pa[ií]s|paese)\b")),
    ("place", re.compile(r"\b(?:location|place|destination|origin|departure|arrival)\b")),
)
# A name that says no more than this is told by its description.
_VAGUE = re.compile(r"\b(?:location|place|destination|origin|departure|arrival)\b")
_IN_UNIT = re.compile(
    r"\b(?:in|in the unit|number of|amount of|how many) ((?:us |u\.s\. )?[a-z°€$£%]+)|\(([a-z°€$£%]{1,12})\)"
)
_MONEY = frozenset(
    {"amount", "price", "cost", "fee", "fare", "budget", "rent", "salary", "tip", "deposit", "payment"}
)
_CODE = re.compile(r"\b([A-Z]{3})\b")
_EXCLUDING = re.compile(
    r"\b(?:exclude[ds]?|excluding|except|without|avoid|not|ignore[ds]?|blocked|remove|block|ban)\b"
)


@dataclass(frozen=True)
class About:
    """What is known of a parameter: its name, and its JSON Schema, whose description may give a unit or a code.

    >>> About("duration_minutes").unit
    Unit(dimension='duration', factor=60)
    """

    name: str = ""
    schema: Mapping[str, JsonValue] | None = field(default=None, hash=False)

    @property
    def description(self) -> str:
        """The schema's title and description."""
        parts = [(self.schema or {}).get(key) for key in ("title", "description")]
        return " ".join(part for part in parts if isinstance(part, str))

    @property
    def options(self) -> tuple[JsonValue, ...]:
        """The values of the schema's enumeration."""
        listed = (self.schema or {}).get("enum")
        return tuple(listed) if isinstance(listed, list) else ()

    @cached_property
    def unit(self) -> Unit | None:
        """The unit that the value counts, from the name or the description."""
        return _unit(self.name, self.description)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the name, in lower case and singular."""
        return key_words(self.name)

    @cached_property
    def kind(self) -> NameKind | None:
        """The kind of names or codes that the values are."""
        return _kind(self.name, self.description)

    @cached_property
    def excludes(self) -> bool:
        """Whether the values are what is not wanted: there "no onions" states the onions."""
        return bool(_EXCLUDING.search(in_words(self.name)))


@lru_cache(maxsize=1024)
def _unit(name: str, description: str) -> Unit | None:
    # A name says it at its end: `duration_minutes`, `max_price_usd`.
    # Of "times_per_day" no day is counted.
    for word in reversed(re.findall(r"[a-z]+", re.sub(r"\bper [a-z]+", "", in_words(name)))):
        # `min_area` has no minutes, and one letter is an abbreviation of anything.
        minimum = word == "min" and in_words(name).startswith("min")
        if len(word) > 1 and not minimum and (found := unit_named(word) or currency_unit(word)):
            return found
    words = set(in_words(name).split())
    if words & {"temp", "temperature", "high", "low"} and (
        scale := {"c": "celsius", "f": "fahrenheit"}.keys() & words
    ):
        return unit_named("celsius" if "c" in scale else "fahrenheit")
    for match in _IN_UNIT.finditer(description.lower()):
        word = (match[1] or match[2]).split()[-1]
        # "Pounds" are money where money is asked for, and else a weight.
        named = (currency_unit, unit_named) if words & _MONEY else (unit_named, currency_unit)
        if word not in ("square", "cubic") and (found := named[0](word) or named[1](word)):
            return found
    if description.lower().strip() in ("minutes", "seconds", "hours", "days"):
        return unit_named(description.lower().strip())
    codes = [found for code in _CODE.findall(description) if (found := currency_unit(code))]
    return codes[0] if len(codes) == 1 else None


@lru_cache(maxsize=1024)
def _kind(name: str, description: str) -> NameKind | None:
    texts = [in_words(name), description.lower().replace("-", " ")]
    for text in reversed(texts) if _VAGUE.search(texts[0]) else texts:
        for kind, words in _KINDS:
            if words.search(text):
                return kind
    return None
