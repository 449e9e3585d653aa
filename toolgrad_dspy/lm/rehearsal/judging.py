"""The judge's parts: scripted rulings, from what can be counted in the prompt.

They know the queries of ``writing.py``, a sentence for each request, and little else. They show that judgements are
asked for, read and counted; they do not judge quality.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolgrad_dspy.lm.rehearsal.extracting import Blank, read_blanks, spoken_of
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.lm.rehearsal.reading import Found
from toolgrad_dspy.lm.rehearsal.requesting import clauses, sentences, served
from toolgrad_dspy.lm.rehearsal.responding import facts_told
from toolgrad_dspy.signatures import MISSING


def score_requests(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """One request per sentence but the opening, scored by the share of its facts that the response states.

    The facts of a request are the first few values of the result at the same position, or the words of a reference
    text.
    """
    query, response = _text(prompt.inputs.get("query", "")), _text(prompt.inputs.get("response", ""))
    steps = list(objects(prompt.inputs.get("reference", "")))
    asked = sentences(query)
    facts = [[fact.ways() for fact in told] for told in facts_told([step.get("result") for step in steps])]
    facts = facts or [[(word,) for word in _words(_text(prompt.inputs.get("reference", "")))]]
    asked = asked[max(0, len(asked) - len(facts)) :]  # without the opening
    said = " ".join(response.split())
    requests = []
    for request, wanted in zip(asked, facts, strict=False):
        stated = [ways for ways in wanted if any(way in said for way in ways)]
        share = len(stated) / len(wanted) if wanted else 1.0
        reason = f"The response states {len(stated)} of {len(wanted)} facts."
        requests.append({"request": request, "reason": reason, "score": round(100 * share)})
    return {"requests": requests}


def judge_instruction(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """Values are what is read for the blanks. A pair follows unless it repeats itself. The query is solvable if a
    tool serves one of its requests.
    """
    query = _text(prompt.inputs.get("query", ""))
    tools = {str(tool.get("name", "")): tool for tool in objects(prompt.inputs.get("tools", ""))}
    found = clauses(query)
    numbers = served(found, [(name, str(tool.get("description", ""))) for name, tool in tools.items()])
    serving = {number for number in numbers if number is not None}
    blanks = [{**_kind(tools, blank), **blank} for blank in objects(prompt.inputs.get("blanks", ""))]
    pairs = list(objects(prompt.inputs.get("sentences", "")))
    return {
        "extracted": [
            _extracted(blank, value) for blank, value in zip(blanks, _values(query, blanks, tools), strict=True)
        ],
        "pairs": [
            {
                "pair": pair["pair"],
                "reason": "It repeats the first." if pair["first"] == pair["second"] else "It goes on.",
                "follows": pair["first"] != pair["second"],
            }
            for pair in pairs
        ],
        "solvability": _ruling(bool(serving), f"{len(serving)} of {len(tools)} tools serve a request of the query."),
    }


def judge_calls(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """As many calls as sentences without the opening suffice; a call that is made twice is redundant."""
    calls = [(call["tool"], call["arguments"]) for call in objects(prompt.inputs.get("calls", ""))]
    requests = max(1, len(sentences(_text(prompt.inputs.get("query", "")))) - 1)
    twice = [tool for number, (tool, given) in enumerate(calls) if (tool, given) in calls[:number]]
    return {
        "sufficiency": _ruling(requests <= len(calls), f"There are {requests} requests and {len(calls)} calls."),
        "minimality": _ruling(not twice, f"{twice[0]} is called twice alike." if twice else "No call is made twice."),
    }


def _values(query: str, blanks: Sequence[Blank], tools: Mapping[str, dict[str, Any]]) -> list[Found | None]:
    """What the query says for the blanks, each in the clauses about its call."""
    calls = {str(blank.get("call", "")): str(blank.get("tool", "")) for blank in blanks}
    described = [(name, str(tools.get(name, {}).get("description", ""))) for name in calls.values()]
    return read_blanks(query, blanks, spoken_of(query, list(calls), described, blanks))


def _extracted(blank: Blank, found: Found | None) -> dict[str, Any]:
    if found is None:
        return {"blank": blank["blank"], "reason": f"It does not speak of {blank['parameter']}.", "value": MISSING}
    return {"blank": blank["blank"], "reason": f"It says {found.words!r}.", "value": found.value}


def _kind(tools: Mapping[str, dict[str, Any]], blank: Blank) -> dict[str, Any]:
    """The type and format of a parameter, where its tool's schema has them beside its name."""
    schema = tools.get(str(blank.get("tool", "")), {}).get("parameters")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    declared = properties.get(blank.get("parameter")) if isinstance(properties, dict) else None
    if not isinstance(declared, dict):
        return {}
    return {key: declared[key] for key in ("type", "format") if isinstance(declared.get(key), str)}


def _ruling(holds: bool, reason: str) -> dict[str, Any]:
    return {"reason": reason, "holds": holds}


def _words(text: str) -> list[str]:
    return sorted(set(re.findall(r"\w{5,}", text)))


def _text(field: str) -> str:
    """The text in a field that is a JSON string, else an empty one."""
    try:
        text = json.loads(field)
    except ValueError:
        return ""
    return text if isinstance(text, str) else ""
