"""A reader that is always right: it answers from what is known of a text, over the same path as a model.

It measures what the rules and a reader find together when the reader makes no mistake; a language model makes some.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.records import Tool, Workflow
from toolgrad_dspy.signatures import MISSING, NO_CALL
from toolgrad_dspy.texts import demands


@dataclass
class Truth:
    """What is so of a sample's texts.

    ``says`` has, by step and name, what the query says for each blank, one after the other (None: nothing),
    ``foreign`` the requests that no call serves, ``unasked`` the calls that it does not ask for, ``false`` what the
    response says wrongly, and ``unanswered`` the calls of which it does not tell the outcome.
    """

    says: dict[tuple[str, str], list[JsonValue]] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    unasked: set[str] = field(default_factory=set)
    false: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, workflow: Workflow, tools: dict[str, Tool]) -> "Truth":
        """The truth of a sample whose query says all that its calls were given."""
        truth = cls()
        for demand in demands(workflow, tools):
            said = demand.pick.labels[demand.pick.index] if demand.pick else demand.value
            truth.says.setdefault((demand.step, demand.name), []).append(said)
        return truth

    def answer(self, prompt: Prompt) -> dict[str, Any] | None:
        """The answer to a reader's prompt."""
        if "extracted" in prompt.outputs:
            return self._read(prompt)
        return self._checked(prompt) if "claims_checked" in prompt.outputs else None

    def _read(self, prompt: Prompt) -> dict[str, Any]:
        query = str(json.loads(prompt.inputs["query"]))
        extracted = []
        asked: Counter[tuple[str, str]] = Counter()
        for blank in objects(prompt.inputs["blanks"]):
            key = (blank["call"], blank["parameter"])
            values = [value for value in self.says.get(key, []) if value is not None]
            if not blank.get("list"):  # of several blanks of one name each has its own value
                values = values[asked[key] :][:1] or values[:1]
                asked[key] += 1
            missing = not values
            text = ", ".join(value if isinstance(value, str) else json.dumps(value) for value in values) or MISSING
            extracted.append({"blank": blank["blank"], "words": "" if missing else query, "value": text})
        calls = [call["call"] for call in objects(prompt.inputs["calls"]) if call["call"] not in self.unasked]
        requests = [{"request": text, "call": NO_CALL} for text in self.foreign]
        return {"extracted": extracted, "requests": requests + [{"request": "-", "call": call} for call in calls]}

    def _checked(self, prompt: Prompt) -> dict[str, Any]:
        return {
            "claims_checked": [
                {"claim": claim["claim"], "reason": "-", "supported": claim["says"] not in self.false}
                for claim in objects(prompt.inputs["claims"])
            ],
            "answers_checked": [
                {"call": call["call"], "reason": "-", "answered": call["call"] not in self.unanswered}
                for call in objects(prompt.inputs["calls"])
            ],
        }


def reading_models(truth: Truth) -> ScriptedModels:
    """Models whose judge answers from ``truth``."""
    return ScriptedModels(judge=truth.answer)
