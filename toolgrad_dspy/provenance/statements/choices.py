"""Whether a text conveys a choice: an option of an enumeration, or yes or no.

A choice is conveyed in words of its own ("somewhere outside", "cheapest first"), so nothing but certainty counts
here: the option's own words or what always means them, not denied, and no other option named in its place. What is
doubtful is left to a model.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.calendar_names import day_names
from toolgrad_dspy.provenance.statements.direction import opposed
from toolgrad_dspy.provenance.statements.elsewhere import names_something_else
from toolgrad_dspy.provenance.statements.languages import is_function_word, languages
from toolgrad_dspy.provenance.statements.lines import Span, exact, spans, stem, stems
from toolgrad_dspy.provenance.statements.meanings import said_for_option, said_for_switch, switch_named
from toolgrad_dspy.provenance.statements.mentions import Mention, mentions
from toolgrad_dspy.provenance.statements.negation import negated, undone
from toolgrad_dspy.provenance.statements.reading import Reading, bare, read, word_set
from toolgrad_dspy.records import in_words

# Options that are words of every sentence, or mean nothing alone: they need the parameter's noun beside them.
_COLOURLESS = word_set(
    "any all none no other others default auto normal standard both open closed active on off new old name date "
    "first last up down left right in out to work home business single short long medium high low fast full good "
    "best"
)
# Kinds of codes: what is looked for is what they stand for, "grams" and no "g".
_CODES = frozenset({"language", "currency", "country", "unit"})
_SORTS = frozenset({"sort", "order", "sorting", "ordering", "orderby"})
_BY = re.compile(r"\b(?:by|on|according to|nach|par|por|per|de acordo com) (?:the |the lowest |the highest )?$")
# Words of a boolean's name that say nothing of what is switched on.
_SWITCH_WORDS = word_set(
    "is has have include included with allow allowed enable enabled only show require required want need use "
    "should do extra additional list get be friendly available option flag seating site"
)
_VERBS = word_set("send print copy get issue create keep make export attach")
# A word after these is what somebody does: "I closed the window".
_SUBJECT = re.compile(r"\b(?:i|we|you|he|she|they|to|please|ich|wir|je|nous|yo|io|let's|can you|could you) $")
# What is switched off, or not done; of a name's own value ("cancel order 12") that says nothing, of a choice it does.
_OFF = re.compile(
    r"\b(?:(?:turn|switch|turned|switched|leave|leaving|left) (?:off|out)|disable|deactivate|mute|stop|skip|drop|hide"
    r"|no more|kill|get rid of|stop (?:giving|sending|showing|using)(?: me| us)?|(?:don't|do not|doesn't|never"
    r"|won't|cannot|can't)(?: want to)?)(?: (?:the|any|my|all|to))? $"
)
_TURNED, _OFF_AFTER = re.compile(r"\b(?:turn|switch|put|keep|leave) (?:the |my )?$"), re.compile(r"(?: \w+)? off\b")
_THAN = re.compile(
    r"\b(?:rather|prefer\w*|sooner|lieber|plutôt|prefiero)\b[^.!?]*\b(?:than|als|que) "
    r"(?:[^.!?,]{0,16} (?:or|oder|ou|o) )?$"
)
# "pas de viande saignante": none of a thing that is so.
_NO_SUCH = re.compile(
    r"\b(?:pas d[e']|without|sans|kein\w*|ohne|sin|nada de|senza|niente|sem) ?\w+ $"
    r"|\b(?:no|não|non) (?!olvid|dimentic|esque)\w+ $"
)
_PAST = re.compile(
    r" (?:from )?last (?:time|week|month|year)\b| (?:was|were|had|has been|broke|is late|loved|liked|said|told"
    r"|thought|wanted|knows|thinks|loves)\b"
)
_THING = re.compile(r" (?:my|the|a|an|all|me|this|these|it|them|your|our)\b")
# The rest of a name that a word is a part of: "Premium Outdoors", "the Silver Plan Hotel".
_NAME_AFTER = re.compile(r" [A-Z]")
_NAME_BEFORE = re.compile(r"[a-z,] [A-Z][a-z]+ $")
_DOUBTFUL = re.compile(
    r"\b(?:doesn't matter|don't mind|don't care|either way|whether|optional|not important"
    r"|isn't important|with or without|if possible|no preference|egal"
    r"|peu importe|da igual|bother(?:s)? me)\b"
)
_QUESTION = re.compile(
    r"^\W*(?:is|are|does|(?:do|have)(?= (?:i|you|we|they|the|any|all|these|those)\b)|what|how|when|why|was|were"
    r"|did|has"
    r"|ist|hat|est-ce|qué|cuánto)\b"
)
_WITH = re.compile(r"\b(?:with|including|include|mit|avec|con|com|has|have|having) (?:\w+ ){0,2}$")
# What an English sentence has before the word for a choice, with small words between: "I'd like a window seat".
_CHOOSING = re.compile(
    r"\b(?:in|as|by|with|on|for|(?<!according )to|into|via|using|use|take|taking|want|wanted|like|prefer|need"
    r"|needs|choose|pick|make"
    r"|making|set|only|just|mostly|rather|please|get|give|show|list|find|book|order|play|paint|go|going|keep|mark|put"
    r"|of|sort|is|are|be|or|from|than|send|save|export|add|extra|have|having|something|anything|somewhere|ones"
    r"|it|them|all"
    r"|that's|that are|which are|it's|i'm|we're|fly|travel|ship|see|every|bring|display|filter|at|called|also"
    r"|which|what|fancy|there (?:are|is)|(?:are|is) there|(?:have|there's|got) a new|do|does|serves?|serving|offers?"
    r"|sells?)"
    r"(?: (?:a|an|the|it|me|my|us|them|this|that|those|these|some|something|any|all|only|really|very|quite|more|most"
    r"|our|your|their|his|her|as|of|to|be|in|is|are|\w+ly|\d+)){0,3}[ (\"']$"
)
# "He was critical of the film", "I'd be happy if": said of somebody, and asked for nothing.
_ABOUT_SOMEBODY = re.compile(
    r"\b(?:i|we|you|he|she|they|who|that|it|\w+)(?:'d| would| will|'ll)? (?:was|were|been|am|be|become|feel|felt) $"
)
# "Which of them have been delivered": those are asked for, and no other ones.
_STATES = word_set("status state")
_IN_STATE = re.compile(
    r"\b(?:which|whose|who|those|ones|all|any)\b[^.!?,;]{0,50}\b(?:is|are|been|being|already|still|got) $"
)
_BEGINS = re.compile(r"(?:^|[.!?:;,\n(] *|\b(?:(?<!by )and|or|but|then) |\d )(?:(?:an?|some|any) )?[\"'(]?$")
_CLAUSE_END = re.compile(r"[.,;!?]\s")
_ONE_OF = re.compile(r" (?:ones?|version|option|edition|variant)\b")
_PARTICLE = re.compile(r" (?:down|up|out|off|over|away|if|that)\b")
# How far the words of one name may stand apart, in characters: "parking that is free".
_NEAR = 40


def conveys(text: str, value: JsonValue, about: About) -> Mention | None:
    """Where ``text`` conveys the choice ``value`` for sure; None if it does not, or if that is doubtful.

    >>> conveys("somewhere outside, please", True, About("outdoor_seating")) is not None
    True
    >>> conveys("the cheapest first", "price_asc", About("sort", {"enum": ["price_asc", "price_desc"]})) is not None
    True
    >>> conveys("anything but Thai", "thai", About("cuisine", {"enum": ["thai", "indian"]})) is None
    True
    """
    reading = read(text)
    if isinstance(value, bool):
        return _switched(reading, value, about)
    if not isinstance(value, str):
        found = mentions(text, value, about)
        return found[0] if len(found) == 1 and _is_alone(text, value, about) else None
    places = list(_said(reading, value, about))
    if not places:
        return None
    others = [
        other
        for option in about.options
        if isinstance(option, str) and option != value
        for other in _said(reading, option, about)
        if not any(start <= other[0] and other[1] <= end for start, end in places)
    ]
    if others and not _takes_many(about):
        # "An aisle seat, I'm in the middle block": the noun beside it decides; of "from newest to oldest" the first.
        places = _decided(reading, places, others, about)
    return Mention("choice", *reading.origin(*places[0])) if places else None


def _is_alone(text: str, value: JsonValue, about: About) -> bool:
    return not any(mentions(text, option, about) for option in about.options if option != value)


def _takes_many(about: About) -> bool:
    return about.name.endswith("s") and not about.name.endswith(("ss", "us"))


def _decided(reading: Reading, places: list[Span], others: list[Span], about: About) -> list[Span]:
    if _SORTS.intersection(about.words):
        return places if min(places) < min(others) else []
    beside = [place for place in places if _noun_beside(reading, place, about)]
    return beside if not any(_noun_beside(reading, other, about) for other in others) else []


def _said(reading: Reading, option: str, about: About) -> Iterator[Span]:
    """Where ``option`` is named or meant, and not denied."""
    words = in_words(option)
    sorts = bool(_SORTS.intersection(about.words))
    for start, end in _named(reading, option, words, about):
        if _denied(reading, start, end) or _PAST.match(reading.plain, end) or opposed(reading, start, end, about):
            continue
        if names_something_else(reading, start, end, "choice", option, about) or _NO_SUCH.search(
            reading.plain, max(0, start - 30), start
        ):
            continue
        before = reading.plain[max(0, start - 30) : start]
        if sorts and not _BY.search(before) and " " not in words:
            continue
        colourless = about.kind not in _CODES and (
            words in _COLOURLESS or len(words) <= 2 or is_function_word(words, reading)
        )
        # "Read my mails" is what to do, and no kind of mails.
        verb = _SUBJECT.search(before) or (not before.strip() and _THING.match(reading.plain, end))
        chosen = _is_chosen(reading, start, end) or _is_state(reading, start, about)
        if (colourless or verb or not chosen) and not (sorts or _noun_beside(reading, (start, end), about)):
            continue
        yield start, end
    pattern = said_for_option(words)
    # "urgent" is high where nothing is higher.
    if pattern and not (words == "high" and {"urgent", "critical", "highest"} & {*map(str, about.options)}):
        yield from _unaccented(reading, pattern)


def _is_chosen(reading: Reading, start: int, end: int) -> bool:
    """Whether a word stands where English has what somebody chooses, and is not said of something else."""
    if languages(reading)[0] != "en":
        return True
    before = reading.plain[max(0, start - _NEAR) : start]
    if _ABOUT_SOMEBODY.search(before) or _in_a_name(reading, start, end):
        return False
    if _ONE_OF.match(reading.plain, end):  # "the black one"
        return True
    return bool(_CHOOSING.search(before) or (_BEGINS.search(before) and not _PARTICLE.match(reading.plain, end)))


def _is_state(reading: Reading, start: int, about: About) -> bool:
    """Whether what starts there is the state of the things that are asked for."""
    return not _STATES.isdisjoint(about.words) and bool(_IN_STATE.search(reading.plain, max(0, start - 80), start))


def _in_a_name(reading: Reading, start: int, end: int) -> bool:
    """Whether a word has its capital from a name that it is a part of: "Premium Outdoors"."""
    first, last = reading.origin(start, end)
    if not reading.text[first].isupper() or reading.text[first:last].isupper():
        return False
    before = _NAME_BEFORE.search(reading.text, max(0, first - _NEAR), first)
    return before is not None or _NAME_AFTER.match(reading.text, last) is not None


def _named(reading: Reading, option: str, words: str, about: About) -> Iterable[Span]:
    if about.kind in _CODES:
        return ((m.start, m.end) for m in _plain_mentions(reading, option, about))
    said = read(words)
    found: dict[Span, None] = dict.fromkeys(spans(reading, exact(reading).find(exact(said))))
    for name in day_names(words):
        found |= dict.fromkeys(spans(reading, exact(reading).find(exact(read(name)))))
    if len(words) > 3:
        for language in languages(reading)[:2]:
            found |= dict.fromkeys(spans(reading, stems(reading, language).find(stems(said, language))))
    return found


def _plain_mentions(reading: Reading, option: str, about: About) -> list[Mention]:
    return mentions(reading.plain if reading.text.isascii() else reading.text, option, about)


def _denied(reading: Reading, start: int, end: int) -> bool:
    return (
        negated(reading, start, end)
        or undone(reading, start)
        or _switched_off(reading, start, end)
        or bool(_OFF.search(reading.plain, max(0, start - 30), start))
    )


def _switched_off(reading: Reading, start: int, end: int) -> bool:
    """Whether it is turned off around its name ("turn shuffle off"), or is what something is preferred to."""
    before = reading.plain[max(0, start - 2 * _NEAR) : start]
    return bool((_TURNED.search(before) and _OFF_AFTER.match(reading.plain, end)) or _THAN.search(before))


def _noun_beside(reading: Reading, place: Span, about: About) -> bool:
    """Whether what the parameter is called stands by the place: "an aisle seat", "priority: high"."""
    language = languages(reading)[0]
    nouns = {stem(word, language) for word in in_words(about.name).split()}
    before, after = reading.plain[max(0, place[0] - 14) : place[0]], reading.plain[place[1] : place[1] + 14]
    # In the same clause: "I closed the window, book a seat" is about no seat at a window.
    near = (*read(_CLAUSE_END.split(before)[-1]).words, *read(_CLAUSE_END.split(after)[0]).words)
    return any(stem(word, language) in nouns for word in near)


def _unaccented(reading: Reading, pattern: re.Pattern[str]) -> Iterator[Span]:
    text = _typed(reading)
    for match in pattern.finditer(text):
        if not _denied(reading, *match.span()):
            yield match.span()


def _typed(reading: Reading) -> str:
    """The plain text without accents, sign by sign: places stay what they are; apostrophes and hyphens as blanks."""
    text = reading.plain.replace("ß", "s").replace("-", " ").replace("'", " ")
    return text if text.isascii() else "".join(bare(sign) or " " for sign in text)


def _switched(reading: Reading, value: bool, about: About) -> Mention | None:
    if _DOUBTFUL.search(reading.plain):
        return None
    wanted, denied = _votes(reading, about)
    found = wanted if value else denied
    if not found or (denied if value else wanted):
        return None
    if value and _is_asked(reading, found[0]):
        return None
    return Mention("choice", *reading.origin(*found[0]))


def _is_asked(reading: Reading, place: Span) -> bool:
    """Whether a question is about it: "Is breakfast included?" wants to know and does not yet want it."""
    begin = max(reading.plain.rfind(sign, 0, place[0]) for sign in ".!?\n") + 1
    sentence = reading.plain[begin : place[0]]
    return bool(_QUESTION.match(sentence.lstrip())) and not _WITH.search(sentence)


def _votes(reading: Reading, about: About) -> tuple[list[Span], list[Span]]:
    """The places that say yes, and those that say no, to what the parameter's name is about."""
    words = [word for word in in_words(about.name).split() if word not in _SWITCH_WORDS]
    wanted: list[Span] = []
    denied: list[Span] = []
    if not words:
        return wanted, denied
    whole = switch_named(words)
    if said_for_switch(whole) != (None, None):  # known as a whole: "dry run"
        words = [whole]
    # What the name is about is its first word; the others have to stand near it.
    leading, *others = (_word_places(reading, word) for word in words)
    for place in leading:
        near = [[other for other in _around(places, place) if _are_near(reading, place, other)] for places in others]
        if all(near):
            first = min([place, *(group[0] for group in near)])
            last = max([place, *(group[0] for group in near)])
            no = _is_denied(reading, first, last) or any(negated(reading, *group[0]) for group in near)
            if not names_something_else(reading, first[0], last[1], "choice", None, about):
                (denied if no else wanted).append((first[0], last[1]))
    # What "send_receipt" is about is the receipt: "no need for a receipt" says no, but "the receipt" says nothing.
    for noun in [word for word in words[1:] if words[0] in _VERBS]:
        denied += [place for place in _word_places(reading, noun) if negated(reading, *place)]
    for word in words:
        if opposite := said_for_switch(word)[1]:
            denied += list(_unaccented(reading, opposite))
    return wanted, denied


def _around(places: list[Span], place: Span) -> list[Span]:
    """Those of ``places``, which are in order, that begin so near that they may be of one name with ``place``."""
    first = bisect_left(places, (place[0] - _NEAR, 0))
    return places[first : bisect_left(places, (place[1] + _NEAR, 0))]


def _are_near(reading: Reading, one: Span, other: Span) -> bool:
    first, last = sorted((one, other))
    between = reading.plain[first[1] : last[0]]
    return last[0] - first[0] < _NEAR and not re.search(r"[.!?]\s", between)


def _is_denied(reading: Reading, first: Span, last: Span) -> bool:
    after = reading.plain[last[1] : last[1] + 30]
    return _denied(reading, *first) or bool(re.match(r" (?:is|are)(?:n't| not) (?:needed|necessary|wanted)", after))


def _word_places(reading: Reading, word: str) -> list[Span]:
    pattern = said_for_switch(word)[0]
    if pattern:
        return [match.span() for match in pattern.finditer(_typed(reading))]
    places: dict[Span, None] = {}
    for language in languages(reading)[:2]:
        places |= dict.fromkeys(spans(reading, stems(reading, language).find(stems(read(word), language))))
    return sorted(places)
