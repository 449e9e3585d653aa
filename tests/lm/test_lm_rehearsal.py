"""The rehearsal model: what it does unasked, what it does when asked, and that it reads nothing but its prompt."""

import asyncio
import json
from typing import Any

import dspy
import pytest
from dspy.lm15 import Message, Request
from pydantic import JsonValue

from tests.support.toys import functions
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import ADAPTER
from toolgrad_dspy.lm.rehearsal import HABITS, Habit, active
from toolgrad_dspy.lm.rehearsal.engine import answer
from toolgrad_dspy.lm.rehearsal.habits import asked_for
from toolgrad_dspy.lm.rehearsal.prompt import Demonstration, Prompt, read
from toolgrad_dspy.program import ProgramConfig, ToolGrad
from toolgrad_dspy.program.bases import PLAIN
from toolgrad_dspy.records import Session
from toolgrad_dspy.rendering import line
from toolgrad_dspy.signatures import Propose, Repair, Select, Update
from toolgrad_dspy.tools.library import Library

SIGNATURES: dict[str, Any] = {"proposer": Propose, "selector": Select, "executor": Repair, "updater": Update}
BY_NAME = {habit.name: habit for habit in HABITS}
PARAPHRASES = {
    "reuse": (
        "Do not guess but take ids from earlier results.",
        "Whenever you can, take an id from a previous result instead of inventing one.",
        "Arguments should refer to values that earlier steps have already returned.",
    ),
    "concrete": (
        "Use the examples or enum values given in the schema when you fill in an argument.",
        "Never write dummy text: pick one of the allowed values instead of a placeholder.",
    ),
    "fresh": (
        "Choose tools which have not been called so far and were not used in any step.",
        "Try unused tools first.",
    ),
    "compose": (
        "If a call depends on an id, plan both calls in one proposal.",
        "Combine calls in a single proposal: first the one that produces what the second requires.",
    ),
    "address": (
        "Your proposals should fill the gaps named below.",
        "Follow up on whatever is missing.",
    ),
    "append": (
        "Add the report to the chain it depends on.",
        "Continue the chain that the arguments come from.",
    ),
    "refuse": (
        "Reject any report without content, that is, with an empty result.",
        "Do not choose duplicates of what is there.",
    ),
    "deepen": (
        "Favour reports that depend on what is already there.",
        "If there is a choice, pick the report that builds on previous results.",
    ),
    "name_lack": (
        "Describe what is missing as precisely as you can.",
        "State exactly which values the workflow lacks.",
    ),
}
NEGATIONS = {
    "reuse": (
        "Do not reuse values from earlier results.",
        "Never take ids from previous results.",
        "You must not always try to reuse earlier results.",
        "Refrain from using values of earlier results.",
    ),
    "concrete": ("Do not use the examples of the schema.", "Avoid using enum values, placeholders are fine."),
    "fresh": ("Don't prefer tools that have not been used.", "Never choose unused tools."),
    "compose": ("Never combine calls in the same proposal, even if one needs the other.",),
    "address": ("Do not address what is lacking.", "You need not fill the gaps."),
    "append": ("Do not append a report to the chain whose results it uses.",),
    "refuse": ("Do not refuse empty reports.", "Never reject redundant ones."),
    "deepen": ("Do not prefer reports that build on earlier results.",),
    "name_lack": ("Do not say concretely what is lacking.", "Never name what is missing by name."),
}

OPENED: dict[str, JsonValue] = {
    "chain": "c1",
    "step": "s1",
    "tool": "find_place",
    "arguments": {"kind": "cafe"},
    "result": {"places": [{"place_id": "pl_7"}]},
}
USING = '{"tool": "open_place", "arguments": {"place_id": {"$from": "s1", "$path": "/places/0/place_id"}}}'
COMPOSED = '[{"calls": [{}, {"arguments": {"place_id": {"$from": "#1", "$path": ""}}}]}]'
REPORTS = """{"report": "p1", "calls": [{"call": "#1"}]}
{"report": "p2", "calls": [{"call": "#1", "uses": ["s1"]}]}"""
DEMONSTRATIONS: dict[str, Demonstration] = {
    "reuse": Demonstration({"workflow": line(OPENED)}, {"proposals": f'[{{"calls": [{USING}]}}]'}),
    "concrete": Demonstration(
        {}, {"proposals": '[{"calls": [{"tool": "find_place", "arguments": {"kind": "museum"}}]}]'}
    ),
    "fresh": Demonstration(
        {"workflow": line(OPENED)}, {"proposals": '[{"calls": [{"tool": "get_weather", "arguments": {}}]}]'}
    ),
    "compose": Demonstration({}, {"proposals": COMPOSED}),
    "address": Demonstration(
        {"lacking": "a step that uses place_id"},
        {"proposals": '[{"calls": [{"tool": "t", "arguments": {"place_id": "example"}}]}]'},
    ),
    "append": Demonstration({}, {"chain": "c1"}),
    "refuse": Demonstration({}, {"report": "none"}),
    "deepen": Demonstration({"reports": REPORTS}, {"report": "p2"}),
    "name_lack": Demonstration({}, {"lacking": "a step that uses place_id"}),
}


def switched_on(habit: Habit, instructions: str = "", *demonstrations: Demonstration) -> frozenset[str]:
    prompt = Prompt(text="", instructions=instructions, outputs={}, inputs={}, demonstrations=demonstrations)
    return active(prompt, habit.role)


# Habits


def test_there_are_at_least_five_habits_for_the_tuned_roles() -> None:
    assert {habit.role for habit in HABITS} == {"proposer", "selector"}
    assert len({habit.name for habit in HABITS}) == len(HABITS) >= 5


@pytest.mark.parametrize("role", PLAIN)
def test_every_habit_is_off_in_the_plain_prompts(role: str) -> None:
    plain = SIGNATURES[role].with_instructions(PLAIN[role])
    assert asked_for(plain.instructions) == frozenset()
    messages = ADAPTER.format(plain, [], dict.fromkeys(plain.input_fields, "x"))
    asked = asked_for("\n".join(message["content"] for message in messages))
    assert {name for name in asked if BY_NAME[name].role == role} == set()


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.name)
def test_every_habit_is_on_in_the_prompts_that_ship(habit: Habit) -> None:
    assert habit.name in switched_on(habit, SIGNATURES[habit.role].instructions)


@pytest.mark.parametrize(("base", "on"), [("shipped", True), ("plain", False)])
def test_a_program_begins_with_the_instructions_of_its_base(base: Any, on: bool) -> None:
    program = ToolGrad(Library([]), Models.from_environment(), ProgramConfig(base=base))
    for role, signature in SIGNATURES.items():
        said = getattr(program, role).predict.signature.instructions
        assert said == (signature.instructions if on else PLAIN[role])
        expected = {habit.name for habit in HABITS if habit.role == role and on}
        assert {habit.name for habit in HABITS if habit.role == role} & asked_for(said) == expected


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.name)
def test_a_habit_is_switched_on_by_its_own_sentence_and_no_other_is(habit: Habit) -> None:
    assert switched_on(habit, f"{PLAIN[habit.role]}\n{habit.sentence}") == {habit.name}


@pytest.mark.parametrize(("name", "sentence"), [(n, s) for n, sentences in PARAPHRASES.items() for s in sentences])
def test_a_habit_is_switched_on_by_plain_words_of_ones_own(name: str, sentence: str) -> None:
    assert name in switched_on(BY_NAME[name], sentence)


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.name)
def test_a_habit_is_switched_on_by_a_demonstration(habit: Habit) -> None:
    assert habit.name in switched_on(habit, "", DEMONSTRATIONS[habit.name])
    assert habit.name not in switched_on(
        habit, "", Demonstration({"workflow": "(no steps yet)"}, {"reason": "because"})
    )


@pytest.mark.parametrize(("name", "sentence"), [(n, s) for n, sentences in NEGATIONS.items() for s in sentences])
def test_a_negated_sentence_does_not_switch_a_habit_on(name: str, sentence: str) -> None:
    assert name not in switched_on(BY_NAME[name], sentence)


# Reflection

EXAMPLES = [
    {"Inputs": {"tools": "Prefer unused tools."}, "Feedback": "p1: the tool find was used before, in s1."},
    {"Inputs": {}, "Feedback": "p1 failed: x.\np1: word = 'example' of find looks like a placeholder."},
]


def reflect(instruction: str, examples: Any, salt: str = "") -> str:
    signature = dspy.Signature(
        "current_instruction: str, examples_with_feedback: str -> new_instruction: str", salt or "x"
    )
    with dspy.context(lm=Models.from_environment().lm("reflection"), adapter=ADAPTER):
        answered = dspy.Predict(signature)(
            current_instruction=instruction, examples_with_feedback=json.dumps(examples)
        )
    return str(answered.new_instruction)


def test_reflection_words_only_complaints_of_the_feedback() -> None:
    allowed = {BY_NAME["fresh"].sentence, BY_NAME["concrete"].sentence}
    seen = set()
    for salt in "abcdefgh":
        first, *added = reflect("Propose something.", EXAMPLES, salt).split("\n")
        assert first == "Propose something."
        assert 1 <= len(added) <= 2
        seen |= set(added)
    assert seen == allowed


def test_reflection_adds_nothing_that_the_instruction_says_already_or_that_no_feedback_complains_about() -> None:
    told = f"Propose.\n{BY_NAME['fresh'].sentence}\n{BY_NAME['concrete'].sentence}"
    assert reflect(told, EXAMPLES) == told
    assert reflect("Propose.", [{"Feedback": "p1 ran at once."}]) == "Propose."
    assert reflect("Propose.", "not a list at all") == "Propose."


# Requests


def ask(signature: Any, adapter: dspy.Adapter = ADAPTER, **inputs: str) -> dspy.Prediction:
    with dspy.context(lm=Models.from_environment().lm("proposer"), adapter=adapter):
        return dspy.Predict(signature)(**dict.fromkeys(signature.input_fields, "") | inputs)


TOOLS = "\n".join(f"{name}(word) # Do it." for name in ("one", "two", "three"))


def test_the_same_prompt_gets_the_same_answer_and_another_one_another() -> None:
    first = ask(Propose, tools=TOOLS, progress="iteration 1 of 8; make 2 proposals")
    again = ask(Propose, tools=TOOLS, progress="iteration 1 of 8; make 2 proposals")
    assert first.toDict() == again.toDict()
    assert len(first.proposals) == 2
    others = [
        ask(Propose, tools=TOOLS, progress=f"iteration {n} of 8; make 2 proposals").toDict() for n in range(2, 8)
    ]
    assert any(other != first.toDict() for other in others)


def test_it_answers_in_the_json_format_too() -> None:
    inputs = {"tools": TOOLS, "progress": "iteration 1 of 8; make 2 proposals"}
    answered = ask(Propose, dspy.JSONAdapter(), **inputs)
    assert [len(proposal.calls) for proposal in answered.proposals] == [1, 1]
    assert {call.tool for proposal in answered.proposals for call in proposal.calls} <= {"one", "two", "three"}


def test_whole_sessions_run_in_the_json_format() -> None:
    def find_fact(word: str) -> dict[str, str]:
        """Find a fact."""
        return {"fact_id": f"fact_{len(word)}000"}

    async def main() -> list[Session]:
        async with Library([functions(find_fact)]) as library:
            program = ToolGrad(library, Models.from_environment(), ProgramConfig(iterations=2))
            with dspy.context(adapter=dspy.JSONAdapter()):
                return [(await program.acall(seed=0, index=index)).session for index in range(3)]

    sessions = asyncio.run(main())
    assert [session.reason for session in sessions if session.status != "accepted"] == []
    assert [i.failures for session in sessions for i in session.trace.iterations] == [()] * 6


@pytest.mark.parametrize(
    "text", ["hello", "", "[[ ## tools ## ]]", "[[ ## tools ## ]]\n{broken\n[1]\nnull", "Respond with a JSON object"]
)
def test_a_request_that_fits_none_of_its_parts_gets_an_empty_answer(text: str) -> None:
    response = answer(Request(model="rehearsal", messages=(Message.user(text or " "),)))
    assert "".join(part.text for part in response.message.parts) == ""


def test_the_text_of_a_field_is_not_mistaken_for_the_format() -> None:
    lacking = "a step that says\n\nRespond with a JSON object in the following order of fields: `x`.\nand more"
    messages = ADAPTER.format(
        Propose, [], {"tools": TOOLS, "workflow": "(no steps yet)", "lacking": lacking, "progress": "iteration 1"}
    )
    turns = [Message.user(message["content"]) for message in messages if message["role"] == "user"]
    prompt = read(Request(model="m", messages=tuple(turns), system=messages[0]["content"]))
    assert not prompt.as_json
    assert prompt.inputs == {
        "tools": TOOLS,
        "workflow": "(no steps yet)",
        "lacking": lacking,
        "progress": "iteration 1",
    }
    assert prompt.instructions.split() == Propose.instructions.split()


SCHEMAS: dict[str, Any] = {
    "anything": {"type": "object", "properties": {"a": True, "b": {}}, "required": ["a", "b"]},
    "nothing": {"type": "object"},
    "no type": {},
    "itself": {
        "$defs": {
            "N": {
                "type": "object",
                "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/N"}}},
                "required": ["kids"],
            }
        },
        "type": "object",
        "properties": {"node": {"$ref": "#/$defs/N"}},
        "required": ["node"],
    },
    "by reference": {
        "$defs": {"A": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}},
        "$ref": "#/$defs/A",
    },
    "tuple": {
        "type": "object",
        "properties": {"t": {"type": "array", "items": True, "prefixItems": [{"type": "string"}]}},
        "required": ["t"],
    },
    "choice": {
        "type": "object",
        "properties": {"c": {"anyOf": [True, {"type": "null"}]}, "d": {"type": ["null", "integer"]}},
        "required": ["c", "d"],
    },
    "optional": {
        "type": "object",
        "properties": {"a": True, "b": {"enum": ["x"]}, "c": {"type": "string", "examples": ["y"]}},
    },
}


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("habits", [False, True])
def test_a_call_can_be_made_up_for_any_schema(name: str, habits: bool) -> None:
    tools = line({"name": "t", "description": "", "parameters": SCHEMAS[name]})
    sentences = [habit.sentence for habit in HABITS if habits and habit.role == "proposer"]
    signature = Propose.with_instructions("\n".join([Propose.instructions, *sentences]))
    answered = ask(signature, tools=tools, progress="iteration 1 of 8; make 1 proposals")
    ((call,),) = [proposal.calls for proposal in answered.proposals]
    assert call.tool == "t"
    assert set(SCHEMAS[name].get("required", ())) <= set(call.arguments)


# JSON strings may hold characters at which str.splitlines divides a text.


def test_a_report_is_one_line_whatever_characters_its_results_hold() -> None:
    plain = '{"report": "p1", "calls": [{"call": "#1"}]}'
    using = '{"report": "p2", "calls": [{"call": "#1", "result": "Quay\u2028Cafe", "uses": ["s1"]}]}'
    shown = Demonstration({"reports": f"{plain}\n{using}"}, {"report": "p2"})
    assert switched_on(BY_NAME["deepen"], "", shown) == {"deepen"}


def test_a_text_to_avoid_is_avoided_whatever_characters_it_holds() -> None:
    step = line({**OPENED, "result": {"name": "Quay\u2028Cafe"}})
    said = {avoid: ask(Update, workflow=step, avoid=avoid).response for avoid in ("", "Quay\u2028Cafe")}
    assert ["Quay Cafe" in response for response in said.values()] == [True, False]
