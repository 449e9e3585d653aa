"""The part that infers rules: it puts into words what the examples in its prompt have in common."""

import random
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from toolgrad_dspy.lm.rehearsal.habits import HABITS
from toolgrad_dspy.lm.rehearsal.prompt import Demonstration, Prompt

_EXAMPLE = re.compile(r"^Input Fields:\n", re.MULTILINE)
_ANSWER = re.compile(r"^=========\nOutput Fields:\n", re.MULTILINE)
_FIELD = re.compile(r"^(\w+): ", re.MULTILINE)
_WANTED = re.compile(r"\ba list of (\d+)\b")
# The rule when the examples show none of the habits.
_NOTHING = "Answer in the way of the examples."


def induce(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The sentences of some habits that the examples show, at most as many as the prompt asks for.

    A habit that more of the examples show is more likely to be among them. Only habits of the role that gave the
    examples' answers count.
    """
    examples = list(_examples(prompt.inputs.get("examples_text", "")))
    role = "proposer" if any("proposals" in example.answer for example in examples) else "selector"
    shown = [
        (sum(habit.shows(example) for example in examples) * rng.uniform(0.5, 1.5), habit.sentence)
        for habit in HABITS
        if habit.role == role
    ]
    noticed = sorted((scored for scored in shown if scored[0]), reverse=True)
    wanted = _WANTED.search(prompt.instructions)
    most = min(len(noticed), int(wanted[1])) if wanted else len(noticed)
    rules = [sentence for _, sentence in noticed[: rng.randint(1, most) if most else 0]]
    return {
        "reasoning": f"{len(rules)} things recur in {len(examples)} examples.",
        "natural_language_rules": "\n".join(f"{number}. {rule}" for number, rule in enumerate(rules, 1)) or _NOTHING,
    }


def _examples(text: str) -> Iterator[Demonstration]:
    for example in _EXAMPLE.split(text)[1:]:
        given, *answered = _ANSWER.split(example, maxsplit=1)
        yield Demonstration(_fields(given), _fields("".join(answered)))


def _fields(text: str) -> dict[str, str]:
    """The ``name: value`` fields of one half of an example; a value may have many lines."""
    marks = list(_FIELD.finditer(text))
    return {
        mark[1]: text[mark.end() : following.start() if following else len(text)].strip()
        for mark, following in zip_longest(marks, marks[1:])
    }
