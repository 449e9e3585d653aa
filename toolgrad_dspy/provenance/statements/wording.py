"""Whether a text has a value's words: one after another, run together, in another order, or reworded."""

import re
from collections.abc import Iterator

from toolgrad_dspy.provenance.statements.languages import is_function_word, languages
from toolgrad_dspy.provenance.statements.lines import Place, Span, exact, spans, stem, stems, transliterated, typed
from toolgrad_dspy.provenance.statements.reading import Reading, read, word_set

# Share of the words of a free text that a query has to have to state it, and from how many words on.
REWORDED_SHARE = 0.7
REWORDED_WORDS = 6
# Values of more words are compared by their words alone, wherever these stand.
_LONG_WORDS = 40
# A shorter text than this has to be repeated with its own blanks and signs.
SQUEEZED_LETTERS = 6
# No id, number or file name has more; longer texts are compared by their words.
_MAX_SQUEEZED = 64

# Scripts that put no blanks between words: Thai, Lao, Khmer, kana, Chinese characters.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_NEGATIONS = word_set(
    "not no never without cannot nicht kein keine nie ohne ne pas sans jamais nunca sin non mai senza não sem "
    "t don doesn didn isn aren wasn weren won wouldn cant dont doesnt isnt"
)
# Names that are also what one does: "Mark the last three mails as read", "Will you come?".
_VERBS = word_set(
    "mark will bill grant frank chase rob pat sue drew hope grace skip jack rose may art gene ray bob pierce peg dot "
    "nick josh miles wade lance reed carol cary drake ward tucker hunter tanner baker cook mason"
)
# Before a name in a text without capitals: "ask rose", "a note for grace".
_TO_SOMEBODY = re.compile(r"\b(?:to|for|with|from|ask|call|tell|invite|mail|text|and|by|named|called|name is|is) $")
_DOES = re.compile(
    r" (?:the|my|all|a|an|any|every|this|these|those|that|it|them|him|her|me|us|your|our|their|his|its|up|off"
    r"|down|out"
    r"|as|to|for|not|be|you|we|they|i|he|she|there|\d+)\b",
    re.IGNORECASE,
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n])[\s\"'“]*$")
_APART = re.compile(r"[,;:!?] ")
_BLANK = re.compile(r"\s")
_PROSE = re.compile(r"[^\W\d_]+(?:[\s',-]+[^\W\d_]+)*[\s.!?]*")
# Words that give an order: "from London to Paris" is not "from Paris to London".
_ORDER = word_set("from to before after than von nach bis vor de à vers avant après desde hasta da dal per a")


def worded(reading: Reading, value: str) -> Iterator[Place]:
    """Where ``reading`` has the words of ``value``: the strictest rule, and spans in the plain text."""
    said = read(value)
    if len(said.words) > 1 and value[:4].lower() == "the ":  # "some Beatles songs"
        said = read(value[4:])
    for rule in (_literal, _typed, _unspaced, _squeezed, _phone, _inflected, _reordered, _reworded):
        places = list(rule(reading, said))
        if places:
            yield from ((rule.__name__[1:], start, end) for start, end in places)
            return


def _literal(reading: Reading, said: Reading) -> Iterator[Span]:
    value = said.plain.strip()
    for start, end in spans(reading, exact(reading).find(exact(said))):
        # "lee@example.org" is not in "ann.lee@example.org", "notes.txt" not in "old_notes.txt".
        before = reading.plain[start - 1] if start else " "
        if ("@" in value and before in ".+-_") or (before == "_" and not value.startswith("_")):
            continue
        yield start, end


def _typed(reading: Reading, said: Reading) -> Iterator[Span]:
    """Without accents, with letters for them, and with short forms: "Sao Paulo", "Bjoern", "Baker St"."""
    if len(said.plain) < 3 or (len(said.plain) == 3 and not _capital(said, 0)):
        return
    for form in (typed, transliterated):
        if form(reading).text != exact(reading).text or form(said).text != exact(said).text:
            found = list(spans(reading, form(reading).find(form(said))))
            # A word of three letters is another one without its accent, if it is no name.
            yield from (span for span in found if len(said.plain) > 3 or _capital(reading, span[0]))
            if found:
                return


def _unspaced(reading: Reading, said: Reading) -> Iterator[Span]:
    """In these scripts a value is inside a run of letters ("我想去北京旅游"): there are no words to look for."""
    value = said.plain.strip()
    if UNSPACED.search(value):
        at = reading.plain.find(value)
        while at >= 0:
            yield at, at + len(value)
            at = reading.plain.find(value, at + len(value))


def _squeezed(reading: Reading, said: Reading) -> Iterator[Span]:
    """By letters and digits only: ``readme.md`` in "README md", ``LH438`` in "LH 438", and plurals.

    Whole words have to make it up: ``ann@x.org`` is not in "joann@x.org".
    """
    letters = "".join(said.words)
    mixed = len(letters) >= 3 and not letters.isalpha() and not letters.isdecimal() and len(said.plain) < 40
    if len(letters) < SQUEEZED_LETTERS and not mixed:
        return
    if "@" in said.plain or len(letters) > _MAX_SQUEEZED:
        return
    accepted = {letters, f"{letters}s", f"{letters}es"} if letters.isalpha() else {letters}
    yield from _joined(reading, accepted, letters)


def _joined(reading: Reading, accepted: set[str], letters: str) -> Iterator[Span]:
    words = reading.words
    if letters not in "".join(words):
        return
    # Words are joined from every start, up to the first that does not continue the value.
    for start, first in enumerate(words):
        if not letters.startswith(first) and first not in accepted:
            continue
        joined = ""
        for after, word in enumerate(words[start : start + len(letters)], start + 1):
            joined += word
            if joined in accepted:
                span = reading.span(start, after)
                if _APART.search(reading.plain, *span):  # "BA117, 8 passengers" is no BA1178
                    break
                # "a 12" is no A12, "my_notes.txt" no notes.txt.
                article = first in ("a", "i") and after > start + 1 and not _capital(reading, span[0])
                if not article and reading.plain[max(0, span[0] - 1) : span[0]] != "_":
                    yield span
                break
            if not letters.startswith(joined):
                break


def _capital(reading: Reading, start: int) -> bool:
    return reading.text[reading.origin(start, start + 1)[0]].isupper()


def _phone(reading: Reading, said: Reading) -> Iterator[Span]:
    """A number with its country's code, where the text leaves that out."""
    value = said.plain.strip()
    digits = "".join(exact(said).words)
    if not (value.startswith("+") and digits.isdecimal() and 9 <= len(digits) <= 15):
        return
    for code in (1, 2, 3):
        national = digits[code:]
        for form in (national, f"0{national}"):
            for start, end in _joined(reading, {form}, form):
                if not re.search(r"\+\d{1,3}[ ()/-]*$", reading.plain[max(0, start - 8) : start]):
                    yield start, end


def _proper(said: Reading) -> bool:
    """Whether a value is a name: every word of it has a capital."""
    words = [_capital(said, said.span(i, i + 1)[0]) for i, word in enumerate(said.words) if len(word) > 3]
    return bool(words) and all(words)


def _inflected(reading: Reading, said: Reading) -> Iterator[Span]:
    if _proper(said) or len(said.words) > _LONG_WORDS or not _PROSE.fullmatch(said.plain):
        return
    for language in languages(reading)[:2]:
        for start, end in spans(reading, stems(reading, language).find(stems(said, language))):
            # A stem of a few letters is that of other words as well.
            if len(said.plain) > 4:
                yield start, end
                return


def _reordered(reading: Reading, said: Reading) -> Iterator[Span]:
    """The words of a short text in another order, with small words between."""
    if not 2 <= len(said.words) <= _LONG_WORDS or not _BLANK.search(said.plain.strip()):
        return
    if len(said.words) <= 6 and not _ORDER.isdisjoint(said.words):
        return
    if _proper(said):
        wanted = set(exact(said).words)
        yield from _window(reading, exact(reading).words, wanted, len(said.words), said)
        return
    language = languages(reading)[0]
    wanted = _content(said, language, reading)
    if len(wanted) >= 2:
        yield from _window(reading, stems(reading, language).words, wanted, 2 * len(wanted) + 3, said)


def _content(said: Reading, language: str, reading: Reading) -> set[str]:
    return {
        stem(word, language) for word in said.words if not is_function_word(word, reading) and word not in _NEGATIONS
    }


def _window(reading: Reading, words: tuple[str, ...], wanted: set[str], width: int, said: Reading) -> Iterator[Span]:
    """A stretch with all of ``wanted`` in at most ``width`` words, in one sentence, that denies no more or less."""
    last: dict[str, int] = {}
    for index, word in enumerate(words):
        if word not in wanted:
            continue
        last[word] = index
        if len(last) == len(wanted):
            first = min(last.values())
            if index - first < width:
                start, end = reading.span(first, index + 1)
                if not re.search(r"[.!?]\s", reading.plain[start:end]) and _same_sense(
                    reading, first, index + 1, said
                ):
                    yield start, end
                    return


def _same_sense(reading: Reading, first: int, after: int, said: Reading) -> bool:
    """Whether both or none of a value and a stretch of the text deny something."""
    # A negation may stand beside it: "I can't come", "start without me".
    stretch = reading.words[max(0, first - 2) : after + 2]
    return _NEGATIONS.isdisjoint(stretch) == _NEGATIONS.isdisjoint(said.words)


def _reworded(reading: Reading, said: Reading) -> Iterator[Span]:
    """A message to send: "tell her that I will be late" is enough where the call has "I'll be late"."""
    language = languages(reading)[0]
    wanted = _content(said, language, reading)
    if len(wanted) < REWORDED_WORDS:
        return
    places = [index for index, word in enumerate(stems(reading, language).words) if word in wanted]
    present = {stems(reading, language).words[index] for index in places}
    digits = {word for word in wanted if any(sign.isdigit() for sign in word)}
    if len(present) >= REWORDED_SHARE * len(wanted) and digits <= present:
        first, after = places[0], places[-1] + 1
        if _same_sense(reading, first, after, said):
            yield reading.span(first, after)


def name_like(reading: Reading, said: Reading, place: Place) -> bool:
    """Whether a word at ``place`` may be the name ``said``: not "will" and "bill" of a sentence for Will and Bill."""
    if len(said.words) > 1 or place[0] != "literal":
        return True
    at, end = reading.origin(*place[1:])
    if said.words[0] in _VERBS and said.text[0].isupper() and _DOES.match(reading.text, end):
        return False
    written = reading.text[at]
    if said.words[0] in _VERBS and said.text[0].isupper() and not written.isupper():
        return _TO_SOMEBODY.search(reading.plain[max(0, place[1] - 20) : place[1]]) is not None
    if not _proper(said):
        return True
    if is_function_word(said.words[0], reading):
        return written.isupper() and not _SENTENCE_START.search(reading.text[max(0, at - 10) : at])
    # Who writes capitals writes them in names.
    return written.isupper() or not written.isalpha() or not reading.text.lstrip()[:1].isupper()
