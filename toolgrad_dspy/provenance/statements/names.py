"""Where a text names the language, currency, country, city or unit that a call writes as a code."""

import re
from collections.abc import Callable, Iterator

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.cities import city_names
from toolgrad_dspy.provenance.statements.codes import GERMAN_INFLECTED, code_names, people_of
from toolgrad_dspy.provenance.statements.languages import is_function_word, languages
from toolgrad_dspy.provenance.statements.lines import STATES, Place, Span, exact, spans, stem
from toolgrad_dspy.provenance.statements.persons import is_person, tells_another, within_something_else
from toolgrad_dspy.provenance.statements.reading import Reading, read, word_set
from toolgrad_dspy.provenance.statements.units import unit_named
from toolgrad_dspy.provenance.statements.wording import UNSPACED

_CODE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?")
_NATIONALITY = re.compile(r"nationality|citizenship|passport")
# Signs around a name that tell what it is.
_AROUND = 40

_IN = re.compile(
    r"\b(?:in|into|to|from|of|for|the|within|across|around|through|via|near|à|en|dans|vers|auf|ins|nach|aus|im|au|aux|del?"
    r"|em|para|per|por|no|na|do|da) (?:the |la |le |los |las |el |die |den )?$"
)
# "turkey for dinner", "polish the shoes": names that are common words.
_COMMON = word_set(
    "turkey china chad jordan georgia jersey guinea polish nice reading bath bordeaux cologne orange mobile split "
    "cork essen champagne buffalo phoenix lima man sandwich derby brest tours nancy deal street wells rugby hull"
)
_OTHER_COUNTRY = re.compile(r"\b(?:new|north|south|east|west|equatorial|papua new) $")
_HYPHEN_BEFORE, _HYPHEN_AFTER = re.compile(r"[A-Z][a-z]+-$"), re.compile(r"-[A-Z][a-z]")
# "Paris Hilton's perfume", "Jack London": a name goes on, or has begun, and not with the sentence.
_OWNER_AFTER = re.compile(r" [A-Z][\w-]+['’]s\b")
# "Washington state" is not the city.
_REGION = re.compile(r",? (?:state|province|county)\b", re.IGNORECASE)
_NAME_BEFORE = re.compile(r"(?<![.!?:] )(?<!^)(?<!\n)\b([A-Z][a-z]+) $")
# "London Bridge", "Berlin-style": it goes on, and not with a day, a country or a part of the town.
_NAME_AFTER = re.compile(r" ([A-Z][a-z]+)\b|-(style|based|born|type|made|sized)\b")
# "a New York cheesecake", but "a Berlin hotel" is in Berlin: a model has to tell.
_ATTRIBUTE_BEFORE, _WORD_AFTER = re.compile(r"\b[Aa]n? $"), re.compile(r" [a-z]")
# Words with capitals that do not make another name of a place's: days, months, and parts of a town.
_BESIDE_PLACES = word_set(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december central downtown greater inner north south east west the hotel hostel "
    "restaurant café museum university city airport centre center station i"
)
_ASKED = re.compile(r"\b(?:ask|tell|text|email|remind|thank|invite|call) $")
_SAID_TO = re.compile(r"(?: (?:if|whether|that|about|to|for|when|what)\b|[.,!?]|$)")
# "Canadian dollars" are no dollars of the United States.
_OTHER_MONEY = re.compile(
    r"\b(?:[a-z]*(?:ian|ean|ese|ish|ani|apore|land|kong)|kanadische|australische|swiss|scottish|irish) $"
)
_ADJECTIVE_MONEY = word_set("euro pound pounds dollar franc peso real")
# "the Euros semi-final": a noun after it, and it is no money.
_OF_A_NAME = (
    re.compile(r"\bthe $"),
    re.compile(r" (?!(?:i|you|we|he|she|they|and|or|in|on|for|to|from|please|is|are)\b)\w"),
)
_MONEY_BEFORE = re.compile(r"(?:\d|\b(?:in|into|to|nach|in die|en)) ?$")
_BEFORE_LANGUAGE = re.compile(
    r"\b(?:in|into|to|from|speaks?|speaking|spoken|language|supports?|reads?|writes?|understands?|knows?|auf|ins|aus|en|vers|al|em|para|por|el|le|l'|learn|with|and|or)"
    r"(?: the| simple| plain| brazilian)?,? ?$"
)
_AFTER_LANGUAGE = re.compile(
    r"[ -](?:language|version|translations?|subtitles?|speaking|edition|speakers?|text|lyrics|audio|dub|podcasts?"
    r"|books?|articles?|voice|sprachig\w*)\b"
)
_GERMAN_BEFORE = tuple(f"{before} " for before, _ in GERMAN_INFLECTED)
_OF_A_PEOPLE = re.compile(
    r" (?:restaurants?|food|cuisine|places?|dish|dishes|recipes?|wine|bakery|dinner|lunch|people|side|part|car"
    r"|holidays?|embassy|border|city|cities|market)\b"
)
# A code in lower case is one where it is called so, or quoted.
_CALLED = re.compile(r"(?:\b(?:lang|language|locale|code|currency|country)(?: to| is| code)?[ :=]+[\"'“]?|[\"'“‘(])$")


def named(reading: Reading, value: str, about: About) -> Iterator[Place]:
    """Where ``reading`` has one of the names that people have for the code or name ``value``."""
    kind = about.kind
    if kind == "unit":
        yield from _unit(reading, value)
    elif kind == "place":
        for name in city_names(value):
            yield from (("place", *span) for span in _found(reading, name) if _is_place(reading, *span))
    elif kind is not None:
        stands = {"language": _is_language, "currency": _is_money, "country": _is_country}[kind]
        for name in code_names(value, kind):
            yield from ((kind, *span) for span in _found(reading, name) if stands(reading, *span))
        if kind == "country":
            people = people_of(value)
            of_a_person = _NATIONALITY.search(about.name.lower()) is not None
            for span in _words(reading, people.__contains__):
                if of_a_person or _people_of(reading, span[1], about):
                    yield kind, *span
        if is_code(value, about):
            code = value.strip().lower()
            yield from ((kind, *span) for span in _found(reading, code) if _is_written_code(reading, *span))


def _people_of(reading: Reading, end: int, about: About) -> bool:
    """Whether the word after a people's name is what the parameter is of: "Irish customers" for customer_country."""
    following = re.match(r" ([a-z]{4,})", reading.plain[end : end + 24])
    return following is not None and stem(following[1], "en") in {stem(word, "en") for word in about.words}


def is_code(value: str, about: About) -> bool:
    """Whether ``value`` is a code for a language, a currency or a country: a text may have its letters by chance."""
    plain = value.strip().replace("_", "-")
    return about.kind in ("language", "currency", "country") and bool(_CODE.fullmatch(plain))


def within_other_name(reading: Reading, start: int, end: int, about: About) -> bool:
    """Whether a place's name is only part of another: "New Mexico", "Guinea-Bissau", "Jack London"."""
    if about.kind not in ("place", "country"):
        return is_person(about) and _no_person(reading, start, end, about)
    if _is_spoken_to(reading, start, end):
        return True
    common = reading.plain[start:end] in _COMMON and not _is_name(reading, start, end)
    return common or _goes_on(reading, start, end, country=about.kind == "country")


def _no_person(reading: Reading, start: int, end: int, about: About) -> bool:
    first, last = reading.origin(start, end)
    english = languages(reading)[0] == "en"
    return tells_another(reading.text, first, about) or within_something_else(
        reading.text, first, last, english=english
    )


def _goes_on(reading: Reading, start: int, end: int, *, country: bool) -> bool:
    first, last = reading.origin(start, end)
    before, after = reading.text[max(0, first - _AROUND) : first], reading.text[last : last + _AROUND]
    if country and (
        _OTHER_COUNTRY.search(before.lower()) or _HYPHEN_BEFORE.search(before) or _HYPHEN_AFTER.match(after)
    ):
        return True
    if not country and _REGION.match(after):
        return True
    if not country and _ATTRIBUTE_BEFORE.search(before) and _WORD_AFTER.match(after):
        return True
    named, on = _NAME_BEFORE.search(before), None if country else _NAME_AFTER.match(after)
    if on and (on[2] or not _beside(on[1])):
        return True
    return bool(_OWNER_AFTER.match(after)) or bool(named and named[1].lower() not in _BESIDE_PLACES)


def _beside(word: str) -> bool:
    """Whether a word with a capital after a place's name leaves it what it is: "Paris France", "Boston on Monday"."""
    return word.lower() in _BESIDE_PLACES or word.lower() in STATES or bool(code_names(word, "country"))


def _found(reading: Reading, name: str) -> Iterator[Span]:
    said = read(name)
    if said.words and not UNSPACED.search(name) and "$" not in name:  # "us$" is more than "us"
        yield from spans(reading, exact(reading).find(exact(said)))
        return
    at = reading.plain.find(name)
    while at >= 0:
        yield at, at + len(name)
        at = reading.plain.find(name, at + len(name))


def _unit(reading: Reading, value: str) -> Iterator[Place]:
    unit = unit_named(value.strip().lower())
    if unit:
        yield from (("unit", *span) for span in _words(reading, lambda word: unit_named(word) == unit))


def _words(reading: Reading, wanted: Callable[[str], bool]) -> Iterator[Span]:
    return (reading.span(index, index + 1) for index, word in enumerate(reading.words) if wanted(word))


def _around(reading: Reading, start: int, end: int) -> tuple[str, str, str]:
    """The text before and after a span, in lower case, and the span as it is written."""
    first, last = reading.origin(start, end)
    return (
        reading.plain[max(0, start - _AROUND) : start],
        reading.plain[end : end + _AROUND],
        reading.text[first:last],
    )


def _is_written_code(reading: Reading, start: int, end: int) -> bool:
    before, _, written = _around(reading, start, end)
    return (written.isupper() and reading.case != "upper") or bool(_CALLED.search(before))


def _is_name(reading: Reading, start: int, end: int) -> bool:
    """A name and no common word: "us" in "tell us", "la" of a Spanish text, "turkey for dinner"."""
    before, _, written = _around(reading, start, end)
    word = reading.plain[start:end]
    if len(word) <= 3 and word.isascii():
        # An abbreviation is written in capitals; in a text without any, after a preposition.
        without_capitals = reading.case == "lower" and not is_function_word(word, reading)
        return written.isupper() or (without_capitals and bool(_IN.search(before)))
    if word in _COMMON or is_function_word(word, reading):
        return written[:1].isupper() and bool(_IN.search(before))
    return True


def _is_spoken_to(reading: Reading, start: int, end: int) -> bool:
    """Whether the name is somebody's: "Ask Florence if she comes"."""
    before, after, _ = _around(reading, start, end)
    return bool(_ASKED.search(before) and _SAID_TO.match(after))


def _is_place(reading: Reading, start: int, end: int) -> bool:
    if _is_spoken_to(reading, start, end):
        return False
    return _is_name(reading, start, end) and not _goes_on(reading, start, end, country=False)


def _is_country(reading: Reading, start: int, end: int) -> bool:
    word = reading.plain[start:end]
    if word == "states":
        return reading.plain.startswith("the ", start - 4) and reading.text[reading.origin(start, end)[0]].isupper()
    return _is_name(reading, start, end) and not _goes_on(reading, start, end, country=True)


def _is_money(reading: Reading, start: int, end: int) -> bool:
    """Money, and not "a euro trip", ten pounds of weight, or another country's dollars."""
    before, after, _ = _around(reading, start, end)
    word = reading.plain[start:end]
    if word in ("dollar", "dollars", "dólares", "pounds", "rupees", "$") and _OTHER_MONEY.search(before):
        return False
    if word == "$":
        return not re.search(r"[a-z]$", before)
    if _OF_A_NAME[0].search(before) and _OF_A_NAME[1].match(after):
        return False
    if word == "pounds":  # of weight, if nothing says otherwise
        return bool(re.search(r"\b(?:in|into|to) $", before))
    return word not in _ADJECTIVE_MONEY or bool(_MONEY_BEFORE.search(before))


def _is_language(reading: Reading, start: int, end: int) -> bool:
    """A language, and not a cuisine or a people: after "in" or "into", or with a word about language beside it."""
    before, after, word = _around(reading, start, end)
    if UNSPACED.search(word):
        return True
    if word.lower().startswith(_GERMAN_BEFORE):  # "ins Französische", but "im französischen Lokal"
        return word.split()[-1][:1].isupper()
    if _OF_A_PEOPLE.match(after):
        return False
    alone = not before.strip() and not after.strip(" .!?")
    return alone or bool(_BEFORE_LANGUAGE.search(before) or _AFTER_LANGUAGE.match(after))
