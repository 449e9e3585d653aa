"""The names and the quoted texts of a text: what a reader would look up in a source."""

import re
from dataclasses import dataclass

from toolgrad_dspy.provenance.statements.calendar_names import months_of
from toolgrad_dspy.provenance.statements.languages import LATIN, is_function_word, languages
from toolgrad_dspy.provenance.statements.reading import Reading, read, word_set

# Longer quotations are not names of anything; quotes that far apart are apostrophes.
_MAX_QUOTED = 300

_QUOTED = re.compile(
    rf"\"([^\"\n]{{1,{_MAX_QUOTED}}})\"|“([^”\n]{{1,{_MAX_QUOTED}}})”|„([^“”\n]{{1,{_MAX_QUOTED}}})[“”]"
    rf"|«\s?([^»\n]{{1,{_MAX_QUOTED}}}?)\s?»|「([^」\n]{{1,{_MAX_QUOTED}}})」"
    rf"|(?<!\w)['‘]([^'’\n]{{1,{_MAX_QUOTED}}})['’](?!\w)"
)
_CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŽŠČ][\w'’&-]*"
_NAME = re.compile(rf"{_CAPITAL}(?:(?: (?:of|de|du|da|di|del|della|van|von|der|la|the|and|&))? {_CAPITAL})*")
_SENTENCE_END = re.compile(r"(?:^|[.!?:;…\n•*-])[\s\"“'(#*_-]*$")
# Capitalised in English, and no names.
_CALENDAR = word_set("monday tuesday wednesday thursday friday saturday sunday i ok am pm")


@dataclass(frozen=True, slots=True)
class Named:
    """A name or a quoted text at ``start:end`` of a text; ``value`` is it without the quotes."""

    start: int
    end: int
    value: str


def quotes_in(text: str) -> tuple[Named, ...]:
    """Every quoted text, in order, with the place of what is between the quotes.

    >>> [quoted.value for quoted in quotes_in('Rename "a.txt" to “b.txt”.')]
    ['a.txt', 'b.txt']
    """
    found = []
    for match in _QUOTED.finditer(text):
        group = match.lastindex or 0
        found.append(Named(*match.span(group), match[group]))
    return tuple(found)


def names_in(text: str) -> tuple[Named, ...]:
    """Every name that its capitals tell: not the first word of a sentence alone, no month, weekday or small word.

    German writes all nouns with capitals, so there nothing tells a name.

    >>> [name.value for name in names_in("The Blue Door is near King Street. Ann likes it.")]
    ['Blue Door', 'King Street']
    """
    reading = read(text)
    if languages(reading)[0] == "de":
        return ()
    return tuple(name for match in _NAME.finditer(text) if (name := _name(reading, text, match)) is not None)


def _name(reading: Reading, text: str, match: re.Match[str]) -> Named | None:
    words = match[0].split()
    start = match.start()
    first = _SENTENCE_END.search(text, max(0, start - 12), start) is not None or start == 0
    # The first word of a sentence has its capital from there, and belongs to a name only before others.
    while words and (_is_common(words[0], reading) or (first and len(words) == 1)):
        start += len(words.pop(0)) + 1
        first = False
    while words and _is_common(words[-1], reading):
        words.pop()
    value = " ".join(words)
    return Named(start, start + len(value), value) if len(value) > 1 else None


def _is_common(word: str, reading: Reading) -> bool:
    plain = word.lower().removesuffix("'s")
    return plain in _CALENDAR or plain in months_of(LATIN) or is_function_word(plain, reading)
