"""The reader's part for a response: a claim is supported if a result or the message has its words."""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.lm.rehearsal.responding import Fact, facts_told
from toolgrad_dspy.records import in_words, last_key, leaves


def check_response(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """Supported are the claims whose words stand in a result or in the message; answered the calls of which the
    response has a fact, or the words of the tool.
    """
    steps = list(objects(prompt.inputs.get("results", "")))
    said = _plain(prompt.inputs.get("response", ""))
    told = {
        step.get("step"): facts
        for step, facts in zip(steps, facts_told([s.get("result") for s in steps]), strict=True)
    }
    results = [step.get("result") for step in steps]
    return {
        "claims_checked": [
            _checked(claim, results, prompt.inputs.get("query", ""))
            for claim in objects(prompt.inputs.get("claims", ""))
        ],
        "answers_checked": [
            _answered(call, steps, told.get(call["call"], []), said)
            for call in objects(prompt.inputs.get("calls", ""))
        ],
    }


def _checked(claim: dict[str, Any], results: list[Any], query: str) -> dict[str, Any]:
    """One that is said "of" a thing has to stand in a record with its name."""
    says, of = _plain(claim["says"]), _plain(claim.get("of", ""))
    known = [record for result in results for record in _records(result)] if of.strip() else [results, query]
    supported = any(says in text and of in text for text in map(_plain_json, known))
    return {
        "claim": claim["claim"],
        "reason": f"The results {'have' if supported else 'do not have'} it.",
        "supported": supported,
    }


def _records(value: Any) -> Iterator[Any]:
    """Every object in ``value``, without the lists that it holds."""
    if isinstance(value, dict):
        yield {key: item for key, item in value.items() if not isinstance(item, list)}
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _records(item)


def _plain_json(value: Any) -> str:
    return _plain(json.dumps(value, ensure_ascii=False))


def _answered(call: dict[str, Any], steps: list[dict[str, Any]], told: Sequence[Fact], said: str) -> dict[str, Any]:
    own = next((step for step in steps if step.get("step") == call["call"]), {})
    facts = [text for _, leaf in leaves(own.get("result")) if len(text := _plain(str(leaf)).strip()) > 3]
    # A small number tells nothing by itself, but with the word for what it is of.
    facts += [_plain(fact.said()).strip() for fact in told if fact.key]
    spoken = any(f" {fact} " in said for fact in facts) or all(
        f" {word}" in said for word in in_words(str(call["tool"])).split()
    )
    asked = set(call.get("asked", ()))
    wanted = [(in_words(last_key(path)), leaf) for path, leaf in leaves(own.get("result"))]
    spoken = spoken and all(_is_said(leaf, said) for key, leaf in wanted if key in asked)
    reason = f"The response {'speaks' if spoken else 'does not speak'} of it."
    return {"call": call["call"], "reason": reason, "answered": spoken}


def _is_said(leaf: Any, said: str) -> bool:
    ways = Fact("", leaf).ways() if isinstance(leaf, (str, int, float)) else (str(leaf),)
    return any(_plain(way) in said for way in ways)


def _plain(text: str) -> str:
    return " " + " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split()) + " "
