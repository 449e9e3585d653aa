"""What a text asks for, clause by clause, and which call each clause is about: by the words that they share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise, repeat

from toolgrad_dspy.lm.rehearsal.vocabulary import VERBS, word_set
from toolgrad_dspy.lm.rehearsal.wording import NUMBERS
from toolgrad_dspy.records import in_words

# Texts in quotation marks are one piece, whatever stands in them.
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^'\n]*\"[^'\n]*'(?!\w)")
_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)[\"'”’)]*\s+(?![a-z])|(?<=[。！？])|\n+")
_POLITE = r"(?:(?:please|also|then|just|kindly|could|can|would|will|you|to|me|i'd|i|like|need|want) )*"
# Those that are nouns as often follow an "and" in lists.
_NOUNS = word_set(
    "answer like map mark message need note order place play process report request review test text time"
)
_VERB = "|".join(sorted(VERBS - _NOUNS))
_ANY_VERB = "|".join(sorted(VERBS))
_JOINED = re.compile(
    rf",? (?:and|but|plus|then)(?: also| then)? (?={_POLITE}(?:{_VERB}|who|what|when|where|which|how|whether)\b)"
    rf"|,? (?:and then|then|and also|and please) (?=(?:{_ANY_VERB})\b)",
    re.IGNORECASE,
)
_CONNECTED = (
    r"\W*(?:(?:first|first of all|next|then|also|and|after that|finally|lastly|now|too|to begin with|to round it off"
    r"|(?:once|when|with|based on|if|before|after) [^,.]{1,80}(?=,))\b[,:]? ?)*"
)
_ASKS = re.compile(
    rf"{_CONNECTED}(?:please\b|let's |let me know|(?:{_ANY_VERB})\b|wh(?:o|at|en|ere|ich|y)\b|how\b)"
    r"|.*\?\W*$|.*\bplease\b"
    r"|.*\b(?:(?:could|can|would|will) you|(?:i|we)(?:'d| would)(?: also)? (?:like|love)|(?:i|we)(?: also)? "
    r"(?:need|want|wish|wonder)|(?:i'm|i am|we're|we are)(?: also)? (?:looking|interested|after))\b"
    # What is wanted, and nothing said about it.
    r"|\W*(?:an?|any|some) (?!.*\b(?:is|are|was|were|has|have|had|will|told|said|came|comes)\b)",
    re.IGNORECASE | re.DOTALL,
)
# What is not said in words of the request: a message, an address, a path.
_CONTENT = re.compile(
    r"\b(?:saying|that says|and say)\b.*|(?<!\S)[^\s@]+@\S+|https?://\S+|(?<!\w)~?\.{0,2}/\S+", re.DOTALL
)
_SYNONYMS = {"reserv": "book", "purchas": "buy", "eras": "delet", "mail": "email", "mak": "creat", "schedul": "creat"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
# Words that stand in requests of every kind, and tell nothing of which one it is.
_GENERAL = word_set(
    "a about after again all also am an and any are as at be been both but by call called can could detail "
    "details do does done each earliest every few finally find first for found from get give given had hand has have "
    "help how i i'd i'm if in interested into is it its just know last lastly latest least let like list listed look "
    "looking love me mine more most my myself need next no not nothing of off on one ones only or other our "
    "out over own please same search see show so some such tell than thank thanks that the their them then "
    "there these they thing things this those through to too under up us use very want was we well were what "
    "when where whether which who will wish with without would yes you your"
)
# Characters of a clause that are looked at for whether it asks, and of a text that is read.
CLAUSE = 1_000
TEXT = 40_000
# The least share of a clause's telling words that a call has to have.
_SHARED = 0.3
# Of a clause that only goes on with what its sentence has begun.
_SHARED_IN_SENTENCE = 0.6


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a text that stands for itself: its words, the number of its sentence, and whether it asks."""

    text: str
    sentence: int
    asks: bool


def sentences(text: str) -> list[str]:
    """The sentences of ``text``; one in quotation marks belongs to the sentence around it."""
    hidden = _QUOTED.sub(lambda quoted: f"{re.sub('[.!?]', '_', quoted[0][:-2])}{quoted[0][-2:]}", text)
    bounds = [0, *(end.end() for end in _END.finditer(hidden)), len(text)]
    return [part for a, b in pairwise(bounds) if (part := text[a:b].strip())]


def clauses(text: str) -> list[Clause]:
    """The clauses of ``text``: its sentences, and the parts of those that ask for several things."""
    found = []
    for number, sentence in enumerate(sentences(text[:TEXT])):
        hidden = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), sentence)
        bounds = [0, *(at.start() for at in _JOINED.finditer(hidden)), len(sentence)]
        asked = False
        for a, b in pairwise(bounds):
            if part := sentence[a:b].strip(" ,"):
                # "Could you find it and tell me ...": what goes on asks as its beginning does.
                asked = asked or bool(_ASKS.match(part[:CLAUSE]))
                found.append(Clause(part, number, asked))
    return found


def served(found: Sequence[Clause], calls: Sequence[tuple[str, str]], hints: Sequence[str] = ()) -> list[int | None]:
    """For each clause the number of the call that it is about, or None. ``calls`` are names of tools, with what they
    do; ``hints`` are further words about each.

    The best fitting pairs come first. A call serves one clause, and what goes on in the same sentence.
    """
    known = [telling(f"{in_words(tool)} {does}") for tool, does in calls]
    known = [about | telling(hint) for about, hint in zip(known, chain(hints, repeat("")), strict=False)]
    spoken = [telling(clause.text) for clause in found]
    fits = [
        {call: fit for call, about in enumerate(known) if clause.asks and (fit := _fit(words, about)) >= _SHARED}
        for clause, words in zip(found, spoken, strict=True)
    ]
    scores = [
        {call: fit + _closeness(found, calls, place, call) for call, fit in fitting.items()}
        for place, fitting in enumerate(fits)
    ]
    leaders = _leaders(found, spoken, fits, scores)
    pairs = sorted((score, -place, -call) for place, own in enumerate(scores) for call, score in own.items())
    taken: dict[int, int] = {}
    for _, place, call in reversed(pairs):
        if -place not in taken and -call not in taken.values() and leaders[-place] == -place:
            taken[-place] = -call
    _exchange(taken, fits, leaders)
    return [taken.get(leaders[place]) for place in range(len(found))]


def _leaders(
    found: Sequence[Clause],
    spoken: Sequence[frozenset[str]],
    fits: Sequence[dict[int, float]],
    scores: Sequence[dict[int, float]],
) -> list[int]:
    """For each clause the one whose request it belongs to: itself, if it makes one of its own."""
    leaders = list(range(len(found)))
    for place in range(len(found)):
        for beside in (place - 1, place + 1):
            if not 0 <= beside < len(found) or found[place].sentence != found[beside].sentence:
                continue
            other = leaders[beside]
            if other == place or not scores[other]:
                continue
            best = max(scores[other], key=lambda call: scores[other][call])
            goes_on = beside < place and fits[place].get(best, 0) >= max([_SHARED_IN_SENTENCE, *fits[place].values()])
            # "Open the file and read it": a verb alone is about the same thing.
            if goes_on if fits[place] else found[place].asks and spoken[place] <= _STEMS_OF_VERBS:
                leaders[place] = other
                break
    return leaders


def _exchange(taken: dict[int, int], fits: Sequence[dict[int, float]], leaders: Sequence[int]) -> None:
    """Give a clause that is left without a call the one of another clause, to which a free call is as good."""
    for place, fitting in enumerate(fits):
        if place in taken or leaders[place] != place:
            continue
        for other, call in list(taken.items()):
            free = [c for c, fit in fits[other].items() if c not in taken.values() and fit >= fits[other][call]]
            if call in fitting and free:
                taken[place], taken[other] = call, free[0]
                break


def _closeness(found: Sequence[Clause], calls: Sequence[tuple[str, str]], place: int, call: int) -> float:
    """What decides between calls of which a clause shares as much: small words, and that both come in their order."""
    tool, does = calls[call]
    about = _all_words(f"{in_words(tool)} {does}")
    small = len(_all_words(found[place].text) & about) / max(1, len(about))
    return 0.5 * small - 0.4 * abs(place / len(found) - (call + 0.5) / len(calls))


@lru_cache(maxsize=8192)
def _all_words(text: str) -> frozenset[str]:
    return frozenset(_stem(word.lower()) for word in _WORD.findall(text))


@lru_cache(maxsize=8192)
def telling(text: str) -> frozenset[str]:
    """The words of ``text`` that tell what it is about, without common endings; neither quotations nor numbers."""
    words = _WORD.findall(_CONTENT.sub(" ", _QUOTED.sub(" ", text)).replace("e-mail", "email"))
    plain = [word.lower() for at, word in enumerate(words) if at == 0 or not word[:1].isupper()]
    return frozenset(
        _stem(word) for word in plain if word not in _GENERAL and len(word) > 2 and not word[0].isdigit()
    )


def _fit(words: frozenset[str], about: frozenset[str]) -> float:
    """The share of ``words`` that ``about`` has. Verbs alone do not make two the same: one can buy anything."""
    shared = words & about
    if not shared or (shared <= _STEMS_OF_VERBS and shared != words):
        return 0.0
    return len(shared) / len(words)


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


_NUMBERS = frozenset(map(_stem, NUMBERS))
_STEMS_OF_VERBS = frozenset(map(_stem, VERBS - _NOUNS - word_set("book copy list plan reserve")))
