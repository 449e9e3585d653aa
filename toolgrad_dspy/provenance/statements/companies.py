"""How many people a text speaks of without a number beside them: "zu dritt", "just me", "my wife and I"."""

import re
from collections.abc import Iterator

from toolgrad_dspy.provenance.statements.lines import Place
from toolgrad_dspy.provenance.statements.reading import Reading

# German counts the people of a group by an ordinal of its own.
_TOGETHER = re.compile(r"\bzu (zweit|dritt|viert|fünft|sechst|siebt|acht|neunt|zehnt)(?:en)?\b")
_GERMAN = ["zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt", "zehnt"]
_COUPLE = re.compile(r"\b(?:both of us|us both|we both|wir beide|uns beide|nous deux|los dos|noi due|nós dois)\b")
_ALONE = re.compile(
    r"\b(?:(?:just|only) (?:for )?(?:me|myself)|by myself|on my own|(?:travel+ing|dining|eating|going|be|am|'m) alone"
    r"|solo (?:travell?er|diner|trip)|nur (?:für )?mich|allein|juste (?:pour )?moi|tout seul|toute seule"
    r"|solo (?:para )?mí|solo (?:per )?me|da sol[oa]|só (?:para )?mim)\b"
    r"(?!(?: and| plus| with| und| et| y| e"
    r"|, my)\b)"
)
_SOMEBODY = (
    r"(?:wife|husband|partner|girlfriend|boyfriend|fiancée?|son|daughter|mum|mom|mother|dad|father|brother|sister"
    r"|friend|colleague|boss|roommate|flatmate|spouse|grandma|grandpa|cousin|aunt|uncle|niece|nephew)"
)
_AND_ME = re.compile(
    rf"\b(?:(?:my|a) {_SOMEBODY} and (?:i|me|myself)|(?:me|myself) (?:and|plus) (?:my|a) {_SOMEBODY})\b"
    # More of them may follow: "my wife and I, plus the kids".
    r"(?!(?: and|,? plus|,? with|, my|, our)\b)"
)
_MORE_BEFORE = re.compile(r"(?:,|\band|\bwith) $")


def companies(reading: Reading, count: int | float) -> Iterator[Place]:
    """Where ``reading`` says that people are so many, in words that are no numbers."""
    if count == 1:
        yield from (("people", *match.span()) for match in _ALONE.finditer(reading.plain))
    if count == 2:
        yield from (("people", *match.span()) for match in _COUPLE.finditer(reading.plain))
        for match in _AND_ME.finditer(reading.plain):
            if not _MORE_BEFORE.search(reading.plain, max(0, match.start() - 5), match.start()):
                yield "people", *match.span()
    for match in _TOGETHER.finditer(reading.plain):
        if _GERMAN.index(match[1]) + 2 == count:
            yield "people", *match.span()
