"""A sample to judge with its tools, and answers of a judge, written by hand."""

from collections.abc import Callable
from typing import Any

from tests.support.scripted_model import Answer, ScriptedModels
from tests.support.sessions import sample, step, taken
from toolgrad_dspy.lm.rehearsal.prompt import Prompt
from toolgrad_dspy.records import Origin, Sample, Tool


def tool(name: str, *required: str, **properties: Any) -> Tool:
    return Tool(
        name=name,
        source_name=name,
        description=f"Do {name}.",
        parameters={"type": "object", "properties": properties, "required": list(required)},
        source="test",
        category="test",
    )


WORD = {"type": "string", "description": "a word"}
TOOLS = (
    tool("find_place", "kind", kind=WORD, district=WORD),
    tool("book_table", "place_id", "party_size", "date", place_id=WORD, party_size={"type": "integer"}, date=WORD),
)
# The template of the rehearsal model, so that its judge can read it.
QUERY = (
    "I need to get something organised today. First, please find place with kind cafe. "
    "With what you find there, book table with party size 4, date 2026-05-14."
)
RESPONSE = "For the request to find place: name Bean. For the request to book table: state confirmed."
STEPS = (
    step(
        "s1",
        "find_place",
        {"kind": "cafe"},
        {"place_id": "pl_0001", "name": "Bean"},
        Origin(pointer="/kind", kind="user"),
    ),
    step(
        "s2",
        "book_table",
        {"place_id": "pl_0001", "party_size": 4, "date": "2026-05-14"},
        {"state": "confirmed"},
        taken("/place_id", "s1", "/place_id"),
        Origin(pointer="/party_size", kind="user"),
        Origin(pointer="/date", kind="user"),
    ),
)
SAMPLE: Sample = sample(*STEPS, query=QUERY, response=RESPONSE)


def ruling(holds: bool, reason: str = "it does") -> dict[str, Any]:
    return {"reason": reason, "holds": holds}


def instruction(
    *values: str, follows: tuple[bool, ...] = (True, True), solvable: bool = True, first: int = 1
) -> dict[str, Any]:
    """The answer to the questions on the query; ``values`` are those of the slots, numbered from ``first``."""
    return {
        "extracted": [{"blank": n, "reason": "it says so", "value": v} for n, v in enumerate(values, first)],
        "pairs": [{"pair": n, "reason": "as people talk", "follows": f} for n, f in enumerate(follows, 1)],
        "solvability": ruling(solvable),
    }


def calls(sufficient: bool = True, minimal: bool = True) -> dict[str, Any]:
    return {"sufficiency": ruling(sufficient, "nobody books"), "minimality": ruling(minimal, "s1 is not needed")}


def quality(*scores: float) -> dict[str, Any]:
    return {
        "requests": [{"request": f"request {n}", "reason": "it says it", "score": s} for n, s in enumerate(scores)]
    }


def scripted(adapter: Any = "chat", **answers: list[Answer]) -> ScriptedModels:
    """Models whose judge gives these answers per group (quality, instruction, calls), and then those of rehearsal."""
    left = {group: iter(given) for group, given in answers.items()}

    def respond(prompt: Prompt) -> Answer:
        first = next(iter(prompt.outputs))
        group = {"requests": "quality", "extracted": "instruction", "sufficiency": "calls"}[first]
        return next(left.get(group, iter(())), None)

    script: Callable[[Prompt], Answer] = respond
    return ScriptedModels(adapter=adapter, judge=script)
