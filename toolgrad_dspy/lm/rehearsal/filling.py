"""A wish with its values and references in their places: ``that restaurant``, ``a party of four``, ``on 15 May``."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from toolgrad_dspy.lm.rehearsal.demands import Demand, Detail
from toolgrad_dspy.lm.rehearsal.phrasing import listed_as, phrases, yes_or_no
from toolgrad_dspy.lm.rehearsal.picking import DIRECTIONS
from toolgrad_dspy.lm.rehearsal.vocabulary import MAKES, word_set
from toolgrad_dspy.lm.rehearsal.wishes import Wish, without_open_slots
from toolgrad_dspy.lm.rehearsal.wording import DATE, TIME, listed

# Writes a value: the phrase it belongs to decides nothing, the name of its parameter may.
Say = Callable[[Detail], str]

_NO_NOUN = r"(?!(?:of|for|in|to|from|at|on|by|with|an?|the|and|or|that)\b)[\w-]+ "
# After the noun something else begins: "a text message" is no text.
_NOUN_END = (
    r"(?= (?:of|for|in|to|from|at|on|by|with|that|which|and|or|is|are|between|as|into|within|near|until|I|\w+s)\b"
    r"|[,.:;]|$)"
)
_GIVEN = r"(?:given|specific|specified|certain|particular|single|existing|own)"
_DETERMINER = rf"(?:(?:one|any|some|each) of (?:the|my) |(?:an?|one|the|my|another|some|any|each)(?: {_GIVEN})* )"
_MOMENT = re.compile(
    r"\b(?P<prep>(?:on|for|at|to|of|from|within [\w ]{1,20}? of) )?"
    rf"(?:an?|another|some)(?: {_GIVEN}| later| new)* (?:date|day|time|hour)"
    r"(?: (?:and|or) (?:date|day|time|hour))?\b"
)
# Under which nouns a description speaks of a parameter.
_NOUNS = {
    **dict.fromkeys(("path", "file path", "filepath", "filename"), ("file", "directory", "folder", "path")),
    **dict.fromkeys(("city", "location"), ("city", "location", "place", "town")),
    **dict.fromkeys(("paths", "file paths"), ("files", "directories", "folders", "paths")),
    "party size": ("party",),
    "start": (),
}
_DATES, _TIMES = ("date", "day"), ("time", "hour", "start")
_THE_ONE, _THE_FIRST = re.compile(r"one (?:of my )?(?=\w)"), re.compile(r"an? (?=\w)")
_LIST = re.compile(r"the ([\w ]+(?:, [\w ]+)+ or [\w ]+?)(?= of\b)")
_GIVEN_PEOPLE = re.compile(r",? (?:and|or) (?:the|any|some) given \w+,?")
_LIST_OF = re.compile(
    r"\b(?:(?:an?|the) (?:list|array|set) of|multiple|several|one or more) (?:the |new )?([\w-]+s)\b"
)
# What a clause goes on with, after what it asks for.
_TAIL = re.compile(r"(?:with|and from|and learn|soonest|newest|nearest|oldest|latest|cheapest|sorted)\b")
_OR_FOLDER = re.compile(r" or (?:an? )?(?:file|directory|folder)\b")
_ONE_TO_ANOTHER = re.compile(r" from one ([\w-]+) to another")
_HEAD_END = re.compile(r" (?:to|in|from|by|on|at|for|with|that|which|you|and)\b|,")
_OF_ONE = re.compile(rf" of (?:an?|one|the) (?:{_NO_NOUN})?(?!(?:of|for|in|to)\b)[\w-]+{_NOUN_END}")
# Places, by the last word: something is there, not for it.
_PLACES = word_set("place venue location branch stop station address office room")


def filled(wish: Wish, demand: Demand, references: Mapping[str, str], say: Say) -> str:
    """What the wish is about, with all that ``demand`` has to say. ``references`` are the words for the things that
    have an id.
    """
    held = _Held()
    demand = replace(demand, which={thing: held.mark(told) for thing, told in demand.which.items()})

    def said(detail: Detail) -> str:
        # What a choice is says how it is said: "that are confirmed", "film events".
        return say(detail) if detail.choice else held.mark(say(detail))

    text, after, demand = _only_changed(_GIVEN_PEOPLE.sub("", wish.about), demand, said)
    text, of_things = _with_things(text, demand, references, wish.verb)
    after += of_things
    text, details = _with_moment(text, demand, said)
    text = _without_ways(text, details)
    # How many there are to be stands before what they are: "at most three Indian restaurants".
    for detail in sorted(details, key=lambda detail: phrases(detail.name)[0] == "{} at most"):
        text, phrase = _with_detail(text, detail, wish, said)
        after += phrase
    return held.back(_joined(without_open_slots(text), after))


class _Held:
    """Values kept out of the way of the rules for a description's words. Each is one private character there."""

    def __init__(self) -> None:
        self._values: dict[int, str] = {}

    def mark(self, value: str) -> str:
        first = _PLAIN if value[:1] not in ('"', "'") else _QUOTED
        mark = first + min(len(self._values), _MARKS - 1)
        self._values[mark] = value
        return chr(mark)

    def back(self, text: str) -> str:
        return text.translate(self._values)


# The first marks of values, and of those in quotation marks; there are as many of each.
_PLAIN, _QUOTED, _MARKS = 0xE000, 0xE800, 0x800


def _is_quoted(text: str) -> bool:
    return any(_QUOTED <= ord(sign) < _QUOTED + _MARKS for sign in text)


def _with_things(text: str, demand: Demand, references: Mapping[str, str], verb: str) -> tuple[str, list[str]]:
    text, things = _from_one_to_another(text, demand)
    after = []
    for thing in things:
        if thing.split()[-1] in (*_DATES, *_TIMES):
            continue
        which = demand.which.get(thing)
        that = which or references.get(thing) or _same(thing)
        placed = None if thing.startswith(DIRECTIONS) else _replaced(text, thing, that, keep=which is None)
        if placed is None and thing in references and len(references) == 1:
            # "Get one line", for a route: whatever the description calls it, it is the one thing there.
            first = _THE_ONE.match(text) or (None if verb in MAKES else _THE_FIRST.match(text))
            placed = f"that {text[first.end() :]}{f', {which}' if which else ''}" if first else None
        if placed is None:
            after.append(_reference(thing, which, thing in references))
        text = placed or text
    if demand.found and not demand.things:
        placed = re.sub(r"\b(?:one of my|one|an?)(?: given)? (?=\w)", "that ", text, count=1)
        return placed, after if placed != text else [*after, "with what you found"]
    return text, after


def _from_one_to_another(text: str, demand: Demand) -> tuple[str, list[str]]:
    """ "Between two stops", of which both were found; and the things that are left."""
    things = list(demand.things)
    for thing in demand.things:
        noun = thing.removeprefix("from ")
        if noun == thing or f"to {noun}" not in things or f" between two {noun}s" not in text:
            continue
        if demand.which:
            return text.replace(f" between two {noun}s", "", 1), things
        text = text.replace(f"between two {noun}s", f"from one of those {noun}s to the other", 1)
        things = [other for other in things if other not in (thing, f"to {noun}")]
    return text, things


def _only_changed(text: str, demand: Demand, say: Say) -> tuple[str, list[str], Demand]:
    """ "Change the date, time or note of a booking": only what is to be changed, and what it is changed to."""
    choice = _LIST.match(text)
    if choice is None:
        return text, [], demand
    items = re.split(r", | or | and ", choice[1])
    details = [detail for detail in demand.details if any(detail.name.endswith(item) for item in items)]
    things = [thing for thing in demand.things if thing in items]
    named = [item for item in items if item in things or any(detail.name.endswith(item) for detail in details)]
    if not named:
        return text, [], demand
    same = [thing for thing in things if thing not in demand.which]
    to = [demand.which[thing] for thing in things if thing in demand.which]
    to += [f"that {listed(same)}"] if same else []
    to += [say(detail) for detail in details]
    left = replace(
        demand,
        things=tuple(thing for thing in demand.things if thing not in things),
        details=tuple(detail for detail in demand.details if detail not in details),
    )
    return f"the {listed(named)}{text[choice.end() :]}", [f"to {listed(to)}"], left


def _without_ways(text: str, details: Sequence[Detail]) -> str:
    """ "From one currency to another" is left out where both are told."""
    told = {detail.name for detail in details}
    for at in reversed(list(_ONE_TO_ANOTHER.finditer(text))):
        if {f"from {at[1]}", f"to {at[1]}"} <= told:
            text = text[: at.start()] + text[at.end() :]
    return text


def _reference(thing: str, which: str | None, entity: bool) -> str:
    direction = next((word for word in DIRECTIONS if thing.startswith(word)), "")
    noun = thing.removeprefix(direction)
    if direction == "reply to ":
        return f"in reply to {which or f'that {noun}'}"
    if direction and (entity or which):
        return f"{direction}{which or f'that {noun}'}"
    known = phrases(thing)[0]
    if which and known == "in {}":
        return f"in {which}"
    if entity or which:
        return f"{'at' if thing.split()[-1] in _PLACES else 'for'} {which or f'that {thing}'}"
    if known == "in {}":
        return f"in that {thing}"
    return f"for {_same(thing)}" if "people" in known else f"with the same {thing}"


def _same(thing: str) -> str:
    return "the same number of people" if "people" in phrases(thing)[0] else f"that {thing}"


@lru_cache(maxsize=4096)
def _slot(noun: str) -> re.Pattern[str]:
    stem = re.escape(noun[:-1]) + "(?:y|ies)" if noun.endswith("y") else re.escape(noun) + "(?:s|es)?"
    return re.compile(rf"\b{_DETERMINER}(?P<mods>(?:{_NO_NOUN}){{0,2}}?){stem}{_NOUN_END}", re.IGNORECASE)


def _replaced(text: str, noun: str, by: str, keep: bool = True) -> str | None:
    """``text`` with ``by`` in the place of the first ``a <noun>``; None where it speaks of none.

    ``keep`` keeps the words between, those of "a calendar entry".
    """
    found = next((at for word in _nouns(noun) if (at := _slot(word).search(text))), None)
    if found is None:
        return None
    mods = found["mods"] if keep else ""
    if mods:
        by = re.sub(rf"^((?:that|the) )(?={re.escape(noun)}\b)", lambda start: start[1] + mods, by)
    # A path is that of one of both.
    rest = _OR_FOLDER.sub("", text[found.end() :], count=1) if noun in _NOUNS["path"] else text[found.end() :]
    # "That table" needs no "of a restaurant".
    of = _OF_ONE.match(rest)
    return text[: found.start()] + by + (rest[of.end() :] if of else rest)


def _nouns(name: str) -> tuple[str, ...]:
    words = name.split()
    return _NOUNS.get(name, (name, words[-1]) if len(words) > 1 else (name,))


def _with_moment(text: str, demand: Demand, say: Say) -> tuple[str, list[Detail]]:
    """The date and the time in the place where the description has them; the details that are still to be said."""
    slot = _MOMENT.search(text)
    own = {detail.name: detail for detail in demand.details}
    # Without a place for it, "from date" is said in its own phrase.
    names = _DATES if slot is None else [name for name in own if name.split()[-1:] == ["date"]]
    date = next((own[name] for name in names if name in own and _is(own[name], DATE)), None)
    time = next((own[name] for name in own if name in _TIMES and _is(own[name], TIME)), None)
    left = [detail for detail in demand.details if detail is not date and detail is not time]
    day = say(date) if date else _found_moment(demand, _DATES, "that date")
    hour = say(time) if time else _found_moment(demand, _TIMES, "that time")
    if not day and not hour:
        return text, left
    if slot is None:
        return _joined(text, [_moment("", day, hour)]), left
    said = _moment((slot["prep"] or "").strip(), day, hour)
    return f"{text[: slot.start()]}{said}{text[slot.end() :]}", left


def _moment(preposition: str, day: str, hour: str) -> str:
    """``on 14 May at 7 pm``, or with the ``preposition`` that the description has: ``to 14 May``."""
    both = "that date and time" if (day, hour) == ("that date", "that time") else ""
    both = both or (f"{day} at {hour}" if day and hour else "")
    if preposition.startswith("within") and not hour:
        return f"on {day}"
    if preposition in ("to", "from", "of") or preposition.startswith("within") or (preposition == "for" and day):
        return f"{preposition} {both or day or hour}"
    return f"on {both or day}" if day else f"at {hour}"


def _found_moment(demand: Demand, names: Sequence[str], that: str) -> str:
    thing = next((thing for thing in demand.things if thing.split()[-1] in names), None)
    return demand.which.get(thing, that) if thing else ""


def _is(detail: Detail, form: re.Pattern[str]) -> bool:
    return len(detail.values) == 1 and isinstance(detail.values[0], str) and bool(form.fullmatch(detail.values[0]))


def _with_detail(text: str, detail: Detail, wish: Wish, say: Say) -> tuple[str, list[str]]:
    """``text`` with the detail in its place, or the phrase that says it after the text."""
    if detail.values and all(isinstance(value, bool) for value in detail.values):
        return text, [yes_or_no(detail.name, bool(detail.values[0]))]
    said, known = say(detail), phrases(detail.name)
    if known[0] == "called {}":
        end = _HEAD_END.search(text)
        head = end.start() if end else len(text)
        return f"{text[:head]} called {said}{text[head:]}", []
    if detail.choice and detail.name.split()[-1] in ("kind", "type", "cuisine"):
        return _qualified(text, said, known[0])
    if known[0] == "{} at most":
        return (f"at most {said} {text}", []) if _bare_plural(text) else (text, [f"at most {said} of them"])
    if "people" in known[0]:
        placed = _replaced(text, detail.name, f"a party of {said}", keep=False)
        return (placed, []) if placed else (text, [known[0].format(said)])
    listed_ = _LIST_OF.search(text)
    if listed_ and listed_[1] in _nouns(detail.name):
        return f"{text[: listed_.start()]}the {listed_[1]} {said}{text[listed_.end() :]}", []
    if any(isinstance(value, (int, float)) for value in detail.values) and not detail.name.endswith(("id", "number")):
        return text, [known[0].format(said)]
    noun = re.sub(r" (?:id|name)$", "", detail.name)
    by = said if known[0] == "in {}" else f"the {noun.split()[-1] if noun else 'one'} {said}"
    placed = None if detail.choice and known[0] != "in {}" else _placed(text, noun, by)
    if placed is not None:
        return placed, []
    if detail.choice:
        return text, [listed_as(detail.name, said)]
    if wish.looks and known[0] == "saying {}":
        return text, [f"matching {said}"]
    return text, [known[0].format(said)]


def _qualified(text: str, said: str, phrase: str) -> tuple[str, list[str]]:
    """A kind before what is of it: ``film events``; or its phrase, where no bare plural begins the text."""
    return (f"{said} {text}", []) if _bare_plural(text) else (text, [phrase.format(said)])


def _bare_plural(text: str) -> bool:
    end = _HEAD_END.search(text)
    head = text[: end.start()] if end else text
    determined = head.startswith(("the ", "my ", "a ", "an ", "all ", "other ", "that "))
    return head.endswith("s") and head.count(" ") < 3 and not determined


def _placed(text: str, noun: str, by: str) -> str | None:
    if not noun:
        return None
    for word in _nouns(noun):
        by_word = re.sub(r"^the [\w]+", f"the {word}", by) if by.startswith("the ") else by
        if (placed := _replaced(text, word, by_word, keep=False)) is not None:
            return placed
    return None


def _joined(text: str, after: Iterable[str]) -> str:
    """``text`` with the phrases where its first clause ends."""
    said = _merged(list(after))
    if not said:
        return text
    head, comma, tail = text.partition(", ")
    # A list of things is no end of a clause, and a long text stands last.
    if re.search(r" with [\w ]+$", head):
        return f"{text} and {said}" if said.startswith("with ") else f"{text}, {said}"
    if not comma or not _TAIL.match(tail) or _is_quoted(said + head):
        return f"{text} {said}".strip()
    return f"{head} {said}, {tail}"


def _merged(after: Sequence[str]) -> str:
    """Phrases in a row: all that something is "with" and "without" as lists, and quoted texts last."""
    said = [phrase for phrase in after if not phrase.startswith(("with ", "without "))]
    for word in ("with ", "without "):
        of_it = [phrase.removeprefix(word) for phrase in after if phrase.startswith(word)]
        said += [f"{word}{listed(of_it)}" if word == "with " else f"{word}{' or '.join(of_it)}"] if of_it else []
    return " ".join(sorted(said, key=_is_quoted))
