"""The updater's part: a plain template query and response."""

import json
import random
import re
from itertools import chain, repeat
from typing import Any

from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.records import in_words, last_key, leaves

_OPENINGS = (
    "I am sorting out my week and need a hand.",
    "Could you help me with a few things?",
    "I have some errands to arrange.",
    "I need to get something organised today.",
    "Please help me put a plan together.",
    "I want to get this done in one go.",
)
_FIRST = ("First, please", "To begin with,", "Please")
_NEXT = ("Then", "After that,", "Next,", "Also")
_DEPENDENT = ("With what you find there,", "Based on that,", "Then use it to")
# What a request has in its parentheses: `name "value" and "value", name value, ...`.
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_VALUES = re.compile(rf"(?:{_TEXT.pattern}|[^\"()])+")
_VALUE = re.compile(rf"(?:{_TEXT.pattern}|[^\",])+")
# How much of each result the response repeats.
FACTS = 3
FACT_CHARACTERS = 80


def write(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """A query with one request per step that says all it has to, and a response with facts of each step."""
    wanted = [read_request(text) for text in prompt.inputs.get("requests", "").split("\n")]
    avoid = set(prompt.inputs.get("avoid", "").split("\n"))
    requests = [rng.choice(_OPENINGS)]
    answers = ["Here is what I found."]
    steps = objects(prompt.inputs.get("workflow", ""))
    for number, (step, details) in enumerate(zip(steps, chain(wanted, repeat([])), strict=False)):
        requests.append(_request(step, details, number, rng))
        answers.append(_fact(step, avoid))
    return {"query": " ".join(requests), "response": " ".join(answers)}


def _request(step: dict[str, Any], details: list[str], number: int, rng: random.Random) -> str:
    words = _FIRST if number == 0 else _NEXT if details or not step["arguments"] else _DEPENDENT
    said = f" with {', '.join(details)}" if details else ""
    return f"{rng.choice(words)} {in_words(step['tool'])}{said}".removesuffix(".") + "."


def read_request(asked: str) -> list[str]:
    """What has to be said for one of the requests: ``party size 4``."""
    if not asked.endswith(")"):
        return []
    # The description before them may have parentheses, too.
    groups = [asked[at.end() : -1] for at in re.finditer(r" \(", asked)]
    group = next((group for group in groups if _VALUES.fullmatch(group)), "")
    return [_TEXT.sub(_unquoted, part.strip()) for part in _VALUE.findall(group)]


def _unquoted(text: re.Match[str]) -> str:
    """A text as a person writes it: a longer one in quotation marks."""
    said = str(json.loads(text[0]))
    return said if len(said.split()) < 4 else f'"{said}"'


def _fact(step: dict[str, Any], avoid: set[str]) -> str:
    facts = []
    for path, value in leaves(step.get("result")):
        text = str(value)
        if isinstance(value, (dict, list, bool)) or value is None or text in avoid or text.startswith("…"):
            continue
        key = last_key(path)
        if key.endswith("id") and re.search(r"\d", text):
            continue
        facts.append(f"{in_words(key)} {' '.join(text.split())[:FACT_CHARACTERS]}" if key else text[:FACT_CHARACTERS])
        if len(facts) == FACTS:
            break
    subject = in_words(step["tool"])
    return f"For the request to {subject}: {', '.join(facts)}." if facts else f"There was nothing for {subject}."
