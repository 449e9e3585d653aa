"""What a person is up to, who has such work done: the first sentence of a query."""

import random
import re
from collections.abc import Iterable
from functools import lru_cache

from toolgrad_dspy.lm.rehearsal.vocabulary import word_set

# What is spoken of, by words that its tools' descriptions have; the openings say nothing that a tool could be given.
_PURPOSES: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (
        word_set("place restaurant event ticket menu museum cinema concert booking film cuisine tour"),
        (
            "I'm planning an outing.",
            "I'm getting out of the house for a bit.",
            "Some friends are visiting.",
            "I'm putting together a nice day out.",
        ),
    ),
    (
        word_set("stop line departure journey route tram bus ferry flight train hotel station airport trip"),
        (
            "I'm working out how to get around.",
            "I have a trip ahead of me.",
            "I'll be on the move for a while.",
        ),
    ),
    (
        word_set("calendar entry meeting appointment contact message attendee invitation email people"),
        (
            "I'm getting my calendar and my contacts sorted.",
            "I'm arranging to meet some people.",
            "I'm agreeing a few things with people I know.",
        ),
    ),
    (
        word_set("parcel post loan library book reservation order shop account payment customer cart product"),
        (
            "I'm catching up on my errands.",
            "I have a few errands to get out of the way.",
            "I'm ticking things off my list.",
        ),
    ),
    (
        word_set("weather forecast rain alert temperature wind"),
        ("I'm curious about the days ahead.", "The weather matters to me at the moment."),
    ),
    (
        word_set("file folder directory path document pdf"),
        (
            "I'm tidying up my files.",
            "I have a folder of documents to take care of.",
            "I'm getting some files in order.",
        ),
    ),
    (
        word_set("note memo memory entity knowledge graph observation topic reminder todo"),
        ("I'm collecting my thoughts on something.", "I'm keeping my notes in order."),
    ),
    (
        word_set("database sql statistic dataset number calculate convert chart stock price rate column"),
        ("I'm checking some figures.", "I'm working with some data.", "I have some sums to do."),
    ),
    (
        word_set("repository commit branch issue code deploy container log package"),
        ("I'm getting a project into shape.", "I'm taking care of a piece of software."),
    ),
    (
        word_set("page website browser url web article news video"),
        ("I'm reading up on something.", "I'm spending some time on the web."),
    ),
)
_GENERAL = (
    "I have a small job for you.",
    "I could use a hand with a few things.",
    "I have something to get done.",
    "There are some things to sort out.",
)
# A purpose has to fit this share of the steps.
_FITS = 0.3
# So near to the one that fits best another one is as good.
_NEAR = 0.7


def opening(descriptions: Iterable[str], rng: random.Random) -> str:
    """The first sentence of a query for work of these ``descriptions``: by what most of them are about."""
    spoken = [_words(text) for text in descriptions]
    counts = [sum(bool(words & about) for words in spoken) for about, _ in _PURPOSES]
    most = max(counts)
    if not spoken or most < _FITS * len(spoken):
        return rng.choice(_GENERAL)
    fitting = [openings for (_, openings), count in zip(_PURPOSES, counts, strict=True) if count >= _NEAR * most]
    return rng.choice(rng.choice(fitting))


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    """The words of a description, and the singular of those that may be a plural."""
    words = re.findall(r"[a-z]+", text.lower())
    return frozenset((*words, *(f"{w[:-3]}y" if w.endswith("ies") else w.removesuffix("s") for w in words)))
