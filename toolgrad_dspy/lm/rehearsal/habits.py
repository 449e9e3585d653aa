"""The habits of the rehearsal model: off by default, on when the prompt asks for one or shows it.

A sentence asks for a habit if it has a word of each group in ``asks`` and that of the first group is not negated. A
demonstration shows the habit if ``shows`` holds for it. At a temperature above 0, a habit may also be on by chance.
``cue`` matches the complaint in an optimizer's feedback that the habit would remedy, and ``sentence`` is the
instruction that the reflection role then adds.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from toolgrad_dspy.lm.rehearsal.prompt import Demonstration, Prompt

# The chance, at temperature 1, that a habit is on although the prompt does not ask for it. It gives optimizers that
# sample answers something to choose from.
LUCK = 0.15


@dataclass(frozen=True, slots=True)
class Habit:
    """One named habit of one role."""

    name: str
    role: str
    sentence: str
    asks: tuple[str, ...]
    cue: str
    shows: Callable[[Demonstration], bool]


def _answer(field: str, pattern: str) -> Callable[[Demonstration], bool]:
    """A condition for ``shows``: the answer has ``pattern`` in ``field``."""
    compiled = re.compile(pattern)
    return lambda demonstration: bool(compiled.search(demonstration.answer.get(field, "")))


def _shows_fresh(demonstration: Demonstration) -> bool:
    """All proposed tools are new to a workflow that has steps."""
    used = set(re.findall(r'"tool": ?"([^"]+)"', demonstration.inputs.get("workflow", "")))
    proposed = set(re.findall(r'"tool": ?"([^"]+)"', demonstration.answer.get("proposals", "")))
    return bool(used and proposed) and not used & proposed


def _shows_concrete(demonstration: Demonstration) -> bool:
    """The proposals have arguments, and no placeholder among them."""
    proposals = demonstration.answer.get("proposals", "")
    return bool(re.search(r'"arguments": ?\{"', proposals)) and '"example"' not in proposals


def _shows_addressing(demonstration: Demonstration) -> bool:
    """A parameter in the proposals was named as lacking."""
    lacking = set(re.findall(r"\b\w+_id\b", demonstration.inputs.get("lacking", "")))
    return any(f'"{word}"' in demonstration.answer.get("proposals", "") for word in lacking)


def _shows_deepening(demonstration: Demonstration) -> bool:
    """The chosen report uses earlier results, and another one does not."""
    lines = demonstration.inputs.get("reports", "").split("\n")
    chosen = demonstration.answer.get("report", "").strip()
    uses = {line.split('"')[3]: '"uses"' in line for line in lines if line.startswith('{"report"')}
    return uses.get(chosen, False) and not all(uses.values())


HABITS: tuple[Habit, ...] = (
    Habit(
        name="reuse",
        role="proposer",
        sentence="Reuse values found in earlier results as arguments, by reference, wherever a parameter fits one.",
        asks=(
            r"reus\w+|re-us\w+|tak(?:e|ing)|us(?:e|ing)|cop(?:y|ying)|refer\w*|draw\w*",
            r"values?|ids?|identifiers?|results?|outputs?",
            r"earlier|previous|prior|preceding|already",
        ),
        cue=r"although step s\d+ already holds|no call uses a result of the workflow",
        shows=_answer("proposals", r'"\$from": ?"s\d+"'),
    ),
    Habit(
        name="concrete",
        role="proposer",
        sentence="Fill arguments with enum, example or default values of the schema rather than with placeholders.",
        asks=(
            r"fill\w*|tak(?:e|ing)|us(?:e|ing)|prefer|choose|pick|giv(?:e|ing)",
            r"enum\w*|examples?|defaults?|allowed values|listed values",
            r"placeholders?|schemas?|made-up|invent\w*|dumm(?:y|ies)",
        ),
        cue=r"looks? like (?:a )?placeholder",
        shows=_shows_concrete,
    ),
    Habit(
        name="fresh",
        role="proposer",
        sentence="Prefer tools that the workflow has not used yet.",
        asks=(
            r"prefer|choose|favou?r|try|use|pick|propose",
            r"tools?",
            r"not (?:been )?used|not yet|unused|have not|haven't|has not|hasn't|new ones",
        ),
        cue=r"was used before|repeats a call",
        shows=_shows_fresh,
    ),
    Habit(
        name="compose",
        role="proposer",
        sentence=(
            "When a tool needs an id that no result holds, look it up first with another call in the same proposal "
            "and refer to its result."
        ),
        asks=(
            r"look\w* (?:it |them )?up|first|plan\w*|combin\w*|compos\w*|chain\w*",
            r"(?:same|one|single) proposal",
            r"needs?|depend\w*|requir\w*|produc\w*",
        ),
        cue=r"no result holds a value for",
        shows=_answer("proposals", r'"\$from": ?"#\d+"'),
    ),
    Habit(
        name="address",
        role="proposer",
        sentence="Address first what the workflow is said to be lacking.",
        asks=(r"address\w*|clos(?:e|ing)|fill\w*|meet|follow\w*|answer\w*|suppl\w+", r"lack\w*|missing|gaps?"),
        cue=r"does not address what is lacking",
        shows=_shows_addressing,
    ),
    Habit(
        name="append",
        role="selector",
        sentence="Append a report to the chain whose results its calls use; start a new one only if it uses none.",
        asks=(
            r"append\w*|add\w*|attach\w*|put\w*|continu\w*",
            r"chains?",
            r"depend\w*|whose results?|uses?|come from|builds? on",
        ),
        cue=r"belongs to chain",
        shows=_answer("chain", r"^c\d+$"),
    ),
    Habit(
        name="refuse",
        role="selector",
        sentence="Refuse reports whose results are empty, and redundant ones that repeat a step of the workflow.",
        asks=(
            r"refus\w+|reject\w*|skip\w*|avoid\w*|ignor\w+|discard\w*"
            r"|(?:never|do not|don't) (?:choose|select|take|add)",
            r"empty|redundant|duplicat\w+|repeat\w*",
        ),
        cue=r"came back empty|adds nothing new",
        shows=_answer("report", r"^none$"),
    ),
    Habit(
        name="deepen",
        role="selector",
        sentence="Prefer reports whose calls build on earlier results, and those with more calls.",
        asks=(
            r"prefer|favou?r|choose|select|pick",
            r"reports?",
            r"build\w* on|depend\w*|earlier results?|previous results?|uses? (?:earlier|previous)",
        ),
        cue=r"was passed over although it builds on",
        shows=_shows_deepening,
    ),
    Habit(
        name="name_lack",
        role="selector",
        sentence="Say concretely what the workflow is lacking: name the values in its results that nothing uses yet.",
        asks=(
            r"say\w*|stat(?:e|ing)|(?<!by )nam(?:e|ing)|describ\w+|writ(?:e|ing)|tell\w*",
            r"lack\w*|missing",
            r"concrete\w*|specific\w*|precise\w*|exact\w*|by name",
        ),
        cue=r"says nothing concrete about what is lacking",
        shows=_answer("lacking", r"\b\w+_id\b"),
    ),
)

_NEGATED = re.compile(
    r"(?:\bnot|\bnever|n't|\bavoid|\bwithout|\brefrain from)\s+(?:(?!but\b|rather\b|instead\b)\w+\s+){0,3}$",
    re.IGNORECASE,
)
# A line that ends without a sentence's end goes on in the next one, unless that begins an item of a list.
_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+(?=[-*] |\d+[.)] )|\n{2,}")


def active(prompt: Prompt, role: str) -> frozenset[str]:
    """The names of the habits of ``role`` that are on: which ``prompt`` asks for or shows, or which chance adds."""
    asked = asked_for(prompt.instructions)
    lucky = _lucky(prompt)
    return frozenset(
        habit.name
        for habit in HABITS
        if habit.role == role
        and (habit.name in asked or habit.name in lucky or any(habit.shows(d) for d in prompt.demonstrations))
    )


def _lucky(prompt: Prompt) -> frozenset[str]:
    """The habits that are on by chance, which grows with the temperature; at temperature 0 there are none."""
    if not prompt.temperature:
        return frozenset()
    rng = prompt.generator("luck")
    return frozenset(habit.name for habit in HABITS if rng.random() < LUCK * prompt.temperature)


@lru_cache(maxsize=4096)
def asked_for(instructions: str) -> frozenset[str]:
    """The names of the habits, of any role, that ``instructions`` ask for in words."""
    sentences = _SENTENCE.split(instructions)
    return frozenset(habit.name for habit in HABITS if any(asks_for(habit, sentence) for sentence in sentences))


def asks_for(habit: Habit, sentence: str) -> bool:
    """Whether ``sentence`` asks for ``habit``: it has a word of every group, that of the first one not negated."""
    first, *others = habit.asks
    if not all(re.search(rf"\b(?:{group})\b", sentence, re.IGNORECASE) for group in others):
        return False
    return any(
        not _NEGATED.search(sentence[: word.start()])
        for word in re.finditer(rf"\b(?:{first})\b", sentence, re.IGNORECASE)
    )
