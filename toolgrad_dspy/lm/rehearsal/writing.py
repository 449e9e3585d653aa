"""The updater's part: a plain template query and response."""

import random
import re
from typing import Any

from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.records import last_key, leaves

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
# How much of each result the response repeats.
FACTS = 3
FACT_CHARACTERS = 80


def write(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """A query with one request per step that states every required value, and a response with facts of each step."""
    steps = list(objects(prompt.inputs.get("workflow", "")))
    wanted = list(objects(prompt.inputs.get("state", "")))
    avoid = set(prompt.inputs.get("avoid", "").split("\n"))
    requests = [rng.choice(_OPENINGS)]
    answers = ["Here is what I found."]
    for number, step in enumerate(steps):
        values = [value for value in wanted if value.get("for") == step["step"]]
        requests.append(_request(step, values, number, rng))
        answers.append(_fact(step, avoid))
    return {"query": " ".join(requests), "response": " ".join(answers)}


def _request(step: dict[str, Any], values: list[dict[str, Any]], number: int, rng: random.Random) -> str:
    words = _FIRST if number == 0 else _NEXT if values or not step["arguments"] else _DEPENDENT
    details = ", ".join(_detail(value) for value in values)
    return f"{rng.choice(words)} {plain(step['tool'])}{f' with {details}' if details else ''}."


def _detail(value: dict[str, Any]) -> str:
    """``party size 4``, with quotation marks around a longer text; the value of an enum in plain words."""
    shown = value["value"]
    if isinstance(shown, bool):
        shown = "yes" if shown else "no"
    text = plain(shown) if value.get("as") and isinstance(shown, str) else str(shown)
    return f"{plain(str(value.get('is', '')))} {text if len(text.split()) < 4 else chr(34) + text + chr(34)}"


def _fact(step: dict[str, Any], avoid: set[str]) -> str:
    facts = []
    for path, value in leaves(step.get("result")):
        text = str(value)
        if isinstance(value, (dict, list, bool)) or value is None or text in avoid or text.startswith("…"):
            continue
        key = last_key(path)
        if key.endswith("id") and re.search(r"\d", text):
            continue
        facts.append(f"{plain(key)} {' '.join(text.split())[:FACT_CHARACTERS]}" if key else text[:FACT_CHARACTERS])
        if len(facts) == FACTS:
            break
    subject = plain(step["tool"])
    return f"For the request to {subject}: {', '.join(facts)}." if facts else f"There was nothing for {subject}."


def plain(name: str) -> str:
    """``search_places`` as "search places", ``getWeather`` as "get weather"."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return re.sub(r"[_-]+", " ", spaced).strip().lower()
