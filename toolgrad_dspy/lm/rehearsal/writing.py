"""The updater's part: a query as one person would write it, and a response with facts of each step."""

import random
import re
from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

from toolgrad_dspy.lm.rehearsal.demands import Demand, Detail, read_demand
from toolgrad_dspy.lm.rehearsal.filling import filled
from toolgrad_dspy.lm.rehearsal.phrasing import in_digits, phrases
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.lm.rehearsal.purposes import opening
from toolgrad_dspy.lm.rehearsal.responding import respond
from toolgrad_dspy.lm.rehearsal.wishes import Wish, wish
from toolgrad_dspy.lm.rehearsal.wording import DATE, in_figures, listed, worded
from toolgrad_dspy.records import in_words, leaves

# `{}` is what has to be done, `to be had` what is wanted.
_FIRST = ("Could you {}?", "Can you {}?", "Please {}.", "I'd like you to {}.", "Would you {}, please?")
_NEXT = (
    *(
        "Then please {}.",
        "Could you also {}?",
        "After that, please {}.",
        "I'd also like you to {}.",
        "Please {}, too.",
    ),
    *("Next, could you {}?", "And please {}.", "Can you {} as well?"),
)
_LAST = ("Finally, please {}.", "And lastly, could you {}?", "To round it off, please {}.")
_WANTED_FIRST = ("I'm looking for {}.", "I need {}.", "I'd like to see {}.")
_WANTED_NEXT = ("I also need {}.", "I'd also like to see {}.", "Then I need {}.", "I'm also interested in {}.")
# What people say for the verbs of descriptions.
_SAID = {
    **dict.fromkeys(("get", "retrieve", "fetch", "obtain"), ("get me", "give me", "look up")),
    **dict.fromkeys(("list", "show", "display", "provide"), ("show me", "give me", "list")),
    "search": ("look through", "search"),
    "tell": ("tell me", "find out"),
    "read": ("read me", "show me"),
}
_PLURAL = re.compile(
    r"^(?:the )?[\w-]+(?: [\w-]+)?s(?: (?:of|in|by|on|near|around|called|from|at|with|that|to|for)\b|,|$)"
)
_REFERENCE = re.compile(r"that [\w-]+(?: [\w-]+)?|the [\w-]+(?: [\w-]+)? you found|the [\w ]*one")
_ID = re.compile(r"(?: |^)ids?$")
_STARTS = ("the ", "my ", "that ", "all ", "a ", "an ", "other ")


def write(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """A query with a sentence per request that says all it has to, and a response with facts of each step."""
    steps = list(objects(prompt.inputs.get("workflow", "")))
    asked = prompt.inputs.get("requests", "").split("\n")
    avoid = tuple(value for value in prompt.inputs.get("avoid", "").split("\n") if value)
    # A step without a line is known by its name alone.
    lines = chain(asked, repeat(""))
    demands = [
        read_demand(line or step["tool"], step.get("arguments")) for step, line in zip(steps, lines, strict=False)
    ]
    query = _Query(prompt, steps, avoid, rng)
    return {"query": query.text(demands), "response": respond(steps, demands, avoid, rng)}


class _Query:
    """What the sentences of one query share: how years are told, and which frames are used up."""

    def __init__(
        self, prompt: Prompt, steps: Sequence[dict[str, Any]], avoid: tuple[str, ...], rng: random.Random
    ) -> None:
        self._steps = steps
        self._avoid = avoid
        self._rng = rng
        # Asked once more, it says everything in the most usual way.
        self._careful = bool(prompt.inputs.get("problem"))
        years = set(re.findall(r'"(\d{4})-\d\d-\d\d', prompt.inputs.get("workflow", "")))
        self._year = self._careful or len(years) > 1 or rng.random() < 0.5
        self._one_year = len(years) < 2 and not self._careful
        self._frame = ""
        # Words of what was done before: what somebody made was not found.
        self._made: set[str] = set()

    def text(self, demands: Sequence[Demand]) -> str:
        sentences = [opening((demand.does for demand in demands), self._rng)]
        for at, (step, demand) in enumerate(zip(self._steps, demands, strict=True)):
            sentences.append(self._sentence(step, demand, at, len(demands)))
        return " ".join(sentences)

    def _sentence(self, step: dict[str, Any], demand: Demand, at: int, of: int) -> str:
        # A tool that nothing describes is known by its name, which is never said as it is.
        named = demand.does == step["tool"]
        wanted = wish(demand.does if named else demand.does.replace(step["tool"], in_words(step["tool"])))
        about = filled(wanted, demand, self._references(step), self._say)
        self._made |= {word for word in about.split() if not wanted.looks}
        if not about and not wanted.verb:
            return self._framed(("I need your help with this.",), ("I need your help once more.",), at, "")
        if not wanted.verb:
            return self._framed(_WANTED_FIRST, _WANTED_NEXT, at, _named(about))
        if wanted.looks and _REFERENCE.fullmatch(about):
            return self._framed(_FIRST, _NEXT, at, f"{self._rng.choice(('tell me about', 'look up'))} {about}")
        if wanted.looks and about.startswith(_STARTS) and self._rng.random() < 0.4:
            return self._framed(_WANTED_FIRST, _WANTED_NEXT, at, about)
        last = at == of - 1 and of > 2 and self._rng.random() < 0.5
        return self._framed(_FIRST, _LAST if last else _NEXT, at, f"{self._verb(wanted, about)} {about}".strip())

    def _references(self, step: dict[str, Any]) -> dict[str, str]:
        """The things whose ids a call was given, as they are spoken of again."""
        names = {_last_name(path) for path, _ in leaves(step.get("arguments"))}
        things = sorted(_ID.sub("", name) for name in names if _ID.search(name))
        found = {thing: self._rng.random() < 0.4 and not {thing, thing.split()[-1]} & self._made for thing in things}
        return {thing: f"the {thing} you found" if told else f"that {thing}" for thing, told in found.items()}

    def _framed(self, first: tuple[str, ...], then: tuple[str, ...], at: int, what: str) -> str:
        frames = [frame for frame in (then if at else first) if frame != self._frame] or list(then)
        if re.search(r"[.!?][\"']$", what):  # a quoted sentence has the end of its own
            frames = [frame for frame in frames if frame.endswith("{}.")]
        elif ", " in what or '"' in what:
            frames = [frame for frame in frames if re.search(r"\{\}\W$", frame)]
        self._frame = self._rng.choice(frames)
        text = self._frame.replace("{}", what)
        # A quoted sentence has its own end.
        return text[:-1] if re.search(r"[.!?][\"']\.$", text) else text

    def _verb(self, wanted: Wish, about: str) -> str:
        if wanted.verb == "search" and _PLURAL.match(about):
            return self._rng.choice(("find", "look for", "search for"))
        return self._rng.choice(_SAID.get(wanted.verb, (wanted.verb,)))

    def _say(self, detail: Detail) -> str:
        digits = in_digits(phrases(detail.name)[0])
        return listed([self._worded(value, detail.choice, digits) for value in detail.values])

    def _worded(self, value: Any, choice: bool, digits: bool) -> str:
        if digits and isinstance(value, (int, float)) and not isinstance(value, bool):
            return in_figures(value)
        dated = isinstance(value, str) and bool(DATE.match(value))
        ways = [way for way in worded(value, plain=choice, year=self._year) if not self._avoided(way)]
        if dated and self._one_year:
            self._year = False  # said once
        if not ways:
            return str(value)
        return ways[0] if self._careful else self._rng.choice(ways)

    def _avoided(self, text: str) -> bool:
        return any(_spaced(value) in _spaced(text) for value in self._avoid)


def _last_name(path: str) -> str:
    return in_words(next((token for token in reversed(path.split("/")) if not token.isdigit()), ""))


def _spaced(text: str) -> str:
    words = re.findall(r"[^\W_]+", text.lower())
    return f" {' '.join(words)} "


def _named(about: str) -> str:
    return about if about.startswith((*_STARTS, "this: ")) or not about.isascii() else f"the {about}"
