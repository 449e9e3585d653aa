"""Two worked examples for every question of the judge: a sample that is right, and one with a fault for each.

Judges that are shown examples agree better with people (arXiv 2409.16341, section 4). The code that asks the
questions shows them, so that they look like the one they stand before. They are the same in every prompt: a provider
bills the repeated beginning of a prompt at a fraction.
"""

from collections.abc import Mapping
from typing import Any, Literal

import dspy
from pydantic import JsonValue

from toolgrad_dspy.judging.prompts import GROUPS, Questions
from toolgrad_dspy.records import Chain, JudgeGroup, Observation, Origin, Sample, Step, Tool, ToolCall, Workflow

Answer = dict[str, Any]


def _tool(name: str, description: str, required: list[JsonValue], properties: dict[str, JsonValue]) -> Tool:
    schema: dict[str, JsonValue] = {"type": "object", "properties": properties, "required": required}
    return Tool(name=name, source_name=name, description=description, parameters=schema, source="", category="")


def _step(name: str, tool: str, arguments: dict[str, JsonValue], result: JsonValue, *origins: Origin) -> Step:
    call = ToolCall(tool=tool, arguments=arguments)
    return Step(id=name, call=call, observation=Observation(content=result, text=""), origins=origins)


def _from(kind: Literal["user", "schema"], *names: str, match: str | None = None) -> tuple[Origin, ...]:
    return tuple(Origin(pointer=f"/{name}", kind=kind, match=match) for name in names)


def _sample(query: str, response: str, *steps: Step) -> Sample:
    workflow = Workflow(chains=(Chain(id="c1", steps=steps),))
    return Sample(id="example", seed=0, query=query, workflow=workflow, response=response)


def _value(blank: int, value: str, reason: str) -> Answer:
    return {"blank": blank, "reason": reason, "value": value}


def _ruling(holds: bool, reason: str) -> Answer:
    return {"reason": reason, "holds": holds}


_TEXT: JsonValue = {"type": "string"}
_DATE: JsonValue = {"type": "string", "format": "date"}

_RIGHT = Questions(
    _sample(
        "Mara Quist would like to borrow Dune, in large print. She brings it back on 3 June.",
        "Dune is lent to Mara Quist until 3 June; it stands on shelf B4.",
        _step(
            "s1",
            "find_member",
            {"name": "Mara Quist"},
            {"member_id": "m_17", "name": "Mara Quist"},
            *_from("user", "name"),
        ),
        _step(
            "s2",
            "lend_book",
            {"member_id": "m_17", "title": "Dune", "until": "2026-06-03", "large_print": True},
            {"state": "lent", "shelf": "B4"},
            Origin(pointer="/member_id", kind="result", step="s1", path="/member_id", match="reference"),
            *_from("user", "title", "until"),
            *_from("schema", "large_print", match="boolean"),
        ),
    ),
    (
        _tool("find_member", "Find a member.", ["name"], {"name": _TEXT}),
        _tool(
            "lend_book",
            "Lend a book to a member.",
            ["member_id", "title", "until"],
            {
                "member_id": _TEXT,
                "title": _TEXT,
                "until": _DATE,
                "large_print": {"type": "boolean", "default": False},
            },
        ),
    ),
)
_RIGHT_ANSWERS: Mapping[JudgeGroup, Answer] = {
    "quality": {
        "requests": [
            {
                "request": "lend Dune to Mara Quist until 3 June",
                "reason": "It says that it is lent and until when, and names the right shelf.",
                "score": 100,
            }
        ]
    },
    "instruction": {
        "extracted": [
            _value(1, "Mara Quist", "It is Mara Quist who would like to borrow."),
            _value(2, "Dune", "She would like to borrow Dune."),
            _value(3, "3 June", "She brings it back on 3 June; no year is given."),
            _value(4, "true", "It says in large print."),
        ],
        "pairs": [{"pair": 1, "reason": "When she brings it back goes on about the loan.", "follows": True}],
        "solvability": _ruling(True, "lend_book lends it, and find_member finds her id."),
    },
    "calls": {
        "sufficiency": _ruling(True, "The only request, the loan, is served by s2."),
        "minimality": _ruling(True, "s1 looks up the id that s2 needs."),
    },
}

_WRONG = Questions(
    _sample(
        "Book a room with the chairs in a circle for 12 May, and tell me what coffee costs. My cat is called Otto.",
        "The room Elm is booked for 12 May.",
        _step(
            "s1",
            "book_room",
            {"day": "2026-05-12", "people": 30, "chairs": "rows"},
            {"room": "Oak", "state": "booked"},
            *_from("user", "day", "people"),
            *_from("schema", "chairs", match="enum"),
        ),
        _step("s2", "list_rooms", {}, {"rooms": ["Elm", "Oak"]}),
    ),
    (
        _tool(
            "book_room",
            "Book a room.",
            ["day", "people", "chairs"],
            {"day": _DATE, "people": {"type": "integer"}, "chairs": {"enum": ["rows", "circle"]}},
        ),
        _tool("list_rooms", "List the rooms.", [], {}),
    ),
)
_WRONG_ANSWERS: Mapping[JudgeGroup, Answer] = {
    "quality": {
        "requests": [
            {
                "request": "book a room for 12 May",
                "reason": "It is booked for that day, but the room is Oak, not Elm.",
                "score": 50,
            },
            {"request": "what coffee costs", "reason": "Nothing is said about it.", "score": 0},
        ]
    },
    "instruction": {
        "extracted": [
            _value(1, "12 May", "It says for 12 May; no year is given."),
            _value(2, "#missing", "It does not say how many people come."),
            _value(3, "circle", "It says with the chairs in a circle."),
        ],
        "pairs": [{"pair": 1, "reason": "The cat has nothing to do with the room.", "follows": False}],
        "solvability": _ruling(False, "No tool knows what coffee costs."),
    },
    "calls": {
        "sufficiency": _ruling(False, "No call asks what coffee costs."),
        "minimality": _ruling(False, "s2 lists rooms, which nobody asks for and s1 does not need."),
    },
}


def examples_of(group: JudgeGroup) -> list[dict[str, Any]]:
    """The fields of the worked examples for ``group``, first the sound one."""
    return [
        {**_RIGHT.inputs(group), **_RIGHT_ANSWERS[group]},
        {**_WRONG.inputs(group), **_WRONG_ANSWERS[group]},
    ]


# As DSPy's demonstrations.
EXAMPLES: Mapping[JudgeGroup, tuple[dspy.Example, ...]] = {
    group: tuple(dspy.Example(**fields) for fields in examples_of(group)) for group in GROUPS
}
