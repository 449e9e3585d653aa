"""The reader's part for a response: a claim is supported if a result or the message has its words."""

import json
import random
from typing import Any

from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.records import in_words, leaves


def check_response(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """Supported are the claims whose words stand in a result or in the message; answered the calls of which the
    response has a fact, or the words of the tool.
    """
    steps = list(objects(prompt.inputs.get("results", "")))
    said = _plain(prompt.inputs.get("response", ""))
    known = _plain(json.dumps([step.get("result") for step in steps], ensure_ascii=False)) + _plain(
        prompt.inputs.get("query", "")
    )
    return {
        "claims_checked": [
            {
                "claim": claim["claim"],
                "reason": f"The results {'have' if _plain(claim['says']) in known else 'do not have'} it.",
                "supported": _plain(claim["says"]) in known,
            }
            for claim in objects(prompt.inputs.get("claims", ""))
        ],
        "answers_checked": [_answered(call, steps, said) for call in objects(prompt.inputs.get("calls", ""))],
    }


def _answered(call: dict[str, Any], steps: list[dict[str, Any]], said: str) -> dict[str, Any]:
    own = next((step for step in steps if step.get("step") == call["call"]), {})
    facts = [text for _, leaf in leaves(own.get("result")) if len(text := _plain(str(leaf)).strip()) > 3]
    told = any(f" {fact} " in said for fact in facts) or all(
        f" {word}" in said for word in in_words(str(call["tool"])).split()
    )
    reason = f"The response {'speaks' if told else 'does not speak'} of it."
    return {"call": call["call"], "reason": reason, "answered": told}


def _plain(text: str) -> str:
    return " " + " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split()) + " "
