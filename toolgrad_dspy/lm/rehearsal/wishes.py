"""What a tool's description says that it does, as the wish of a person who wants it done."""

import re
from functools import lru_cache

from toolgrad_dspy.lm.rehearsal.vocabulary import CHANGES, GIVES, LOOKS, UNCOUNTED, VERBS

# How descriptions begin that speak of the tool, before what it does.
_TOOL_TALK = re.compile(
    r"^(?:(?:this|the|a|an|use this|use the) (?:\w+ )?(?:tool|function|endpoint|api|method|server) "
    r"(?:to|that|which|for|is used to|allows you to|lets you|will|can)? ?"
    r"|(?:tool|function|utility|used|use|endpoint) (?:to|for) |allows? (?:you|users?|the user) to |lets you )",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"[*`#>|\[\]{}]+|\(https?://[^)]*\)|https?://\S+")
# What a description says of the tool's own ways and limits: no part of a wish.
_ASIDE = re.compile(
    r",? ?\b(?:optionally|at most|at the latest|by default|if any|keeping|simultaneously|using)\b.*$"
    r"|,? (?:for|of|over) (?:one|1) or more \w+"
    r"|,? by (?:(?:its|their|his|the|a|an) )?[\w-]+(?:(?:, [\w -]+)*,? (?:and|or) [\w-]+(?: [\w-]+)?)?$"
    r"| or (?:\w+ly )?(?:ensure|overwrite|update|replace)\b.*$|,? based on an? \w+$"
    r"|, (?:including|such as) .*$| as (?:text|json|a json \w+|a string|a list)$| e\.?g\.? .*$",
    re.IGNORECASE,
)
# A moment that nobody has to name is left out.
_OPEN_MOMENT = re.compile(
    r",? (?:within [\w ]+? of|on|at|for|in|from|of) (?:an?|another|some) "
    r"(?:given |specific |certain |particular )?(?:date and time|date|day|time|moment|range of days)(?: onwards?)?\b"
)
_OPEN_GIVEN = re.compile(
    r" (?:with|for|in|by|of|at|from|matching|using) (?:the|an?) (?:given|specified|provided|specific) "
    r"[\w-]+(?: [\w-]+)?(?=$|,)"
)
_PERSON = {
    "your own": "my own",
    "your": "my",
    "yourself": "myself",
    "yours": "mine",
    "you": "I",
    "the user's": "my",
    "the user": "me",
}
_YOU = re.compile(
    r"\b(to|for|with|at|of|from|give|tell|show) you\b|\b(the user's|the user|yourself|yours|your|you)\b"
)
_ENGLISH = re.compile(r"\b(?:of|for|the|an?|in|to|with|by|from|on|at|and|or|all)\b", re.IGNORECASE)
_MANY = re.compile(r"\bmultiple (?=new )")
_RENDER = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


class Wish:
    """A verb and what it is about, of one description: ``list`` and ``the tables of a restaurant``."""

    __slots__ = ("about", "verb")

    def __init__(self, verb: str, about: str) -> None:
        self.verb = verb
        self.about = about

    @property
    def looks(self) -> bool:
        """Whether something is to be found or shown, rather than done."""
        return self.verb in LOOKS or self.verb in GIVES

    @property
    def changes(self) -> bool:
        """Whether something is made, moved or taken away."""
        return self.verb in CHANGES


@lru_cache(maxsize=4096)
def wish(does: str) -> Wish:
    """The wish in what a tool ``does``. A description that begins with no known verb is a thing that is wanted.

    >>> found = wish("Searches your calendar entries by title and day")
    >>> found.verb, found.about
    ('search', 'my calendar entries')
    """
    text = " ".join(_MARKDOWN.sub(" ", does).split()).strip(" .;:,-…")
    text = _TOOL_TALK.sub("", text).partition(". ")[0]
    if not any(letter.isalpha() for letter in text):
        return Wish("", "")
    if " " not in text and text.isascii():
        return _of_name(text)
    text = _RENDER.sub(lambda name: name[0].replace("_", " "), text)
    first, _, rest = re.sub(r"^(\w+)ly ", "", text).partition(" ")
    verb = base_form(first.lower())
    if not verb:
        if not _ENGLISH.search(text):
            return Wish("", f"this: {text}")
        return Wish("", _mine(text[:1].lower() + text[1:] if text[1:2].islower() else text))
    # "Return a borrowed book" gives it back; tools return what they find.
    verb = "get" if verb == "return" and (first.lower() != verb or rest.startswith("the ")) else verb
    # What stands behind the colon tells what is in the result. That of "09:00" is none.
    about = rest.partition(": ")[0] or rest
    return Wish(verb, _mine(_without_asides(re.sub(r"^for (?=\w)", "", about) if verb in LOOKS else about)))


def base_form(word: str) -> str:
    """The verb that ``word`` is a form of, or nothing.

    >>> base_form("searches"), base_form("queries"), base_form("gets"), base_form("weather")
    ('search', 'query', 'get', '')
    """
    forms = [word, word.removesuffix("s"), word.removesuffix("es"), f"{word.removesuffix('ies')}y"]
    return next((form for form in forms if form in VERBS), "")


def _of_name(name: str) -> Wish:
    """The wish in the bare name of a tool that nothing describes: ``write_note``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    words = re.sub(r"[\s_.-]+", " ", spaced).strip().lower().split()
    verb = base_form(words[0]) if words else ""
    things = words[1:] if verb else words
    if not things:
        return Wish(verb, "")
    return Wish(verb, f"{_article(things, verb)}{' '.join(things)}")


def _article(things: list[str], verb: str) -> str:
    if things[-1].endswith("s"):
        return ""
    if things[-1] in UNCOUNTED or not verb:
        return "the "
    return "an " if things[0][:1] in "aeiou" else "a "


def _without_asides(text: str) -> str:
    for _ in range(3):
        shorter = _ASIDE.sub("", text).rstrip(" ,;-")
        if shorter == text or not shorter:
            break
        text = shorter
    return text


def without_open_slots(text: str) -> str:
    """``text`` without the dates and times that it leaves open, and without what "the given status" stands for."""
    return _OPEN_GIVEN.sub("", _OPEN_MOMENT.sub("", text)) or text


def _mine(text: str) -> str:
    """What is said to the user, said by them."""
    text = f"the {text}" if text.startswith(("current ", "latest ", "newest ", "full ", "complete ")) else text
    text = _MANY.sub("", text)
    return _YOU.sub(lambda said: f"{said[1]} me" if said[1] else _PERSON[said[2]], text)
