"""Days that have a name and a fixed date: "on Christmas Eve", "am Heiligabend"."""

import re
from collections.abc import Iterator

from toolgrad_dspy.provenance.statements.dated import Dated, Day
from toolgrad_dspy.provenance.statements.reading import Reading

_FEASTS: dict[tuple[int, int], str] = {
    (1, 1): r"new year'?s day|neujahr(?:stag)?|(?:le )?jour de l'an|capodanno",
    (2, 14): r"valentine'?s day|valentinstag|la saint-valentin|san valentín|san valentino",
    (2, 29): r"leap day",
    (10, 31): r"halloween",
    (12, 24): r"(?:christmas|xmas) eve|heiligabend|la veille de noël|nochebuena|la vigilia di natale"
    r"|véspera de natal",
    (12, 25): r"(?:christmas|xmas) day|(?:el )?día de navidad|(?:il )?giorno di natale|(?:le )?jour de noël",
    (12, 26): r"boxing day",
    (12, 31): r"new year'?s eve|silvester|nochevieja|la saint-sylvestre|véspera de ano novo",
}
# Said of a day ("on Halloween", "until New Year's Eve 2025"), and not of a party.
_BEFORE = r"(?:on|by|starts|begins|is|until|till|since|from|for|at|am|an|zu|bis|le|à|en|el|il|a|no|na|in|to) "
_FEAST = re.compile(
    rf"(?<![^\W_])(?:{_BEFORE}(?=[^\W\d])|(?<=, )|^)(?:"
    + "|".join(f"(?P<d{month:02d}{day:02d}>{names})" for (month, day), names in _FEASTS.items())
    + r")(?=(?:,? (?P<year>(?:19|20)\d\d))?"
    r"(?:[.,;!?)]|$| (?:itself|at|from|in|to|until|onwards|with|for|and|please|um|à|a|alle)\b))"
)


def feasts(reading: Reading) -> Iterator[Dated]:
    """The days of ``reading`` that are told by their name."""
    for match in _FEAST.finditer(reading.plain):
        name = next(key for key, said in match.groupdict().items() if said and key != "year")
        year = int(match["year"]) if match["year"] else None
        yield Dated(match.start(name), match.end(), (Day(year, int(name[1:3]), int(name[3:])),))
