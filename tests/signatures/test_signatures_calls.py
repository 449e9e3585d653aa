"""Proposed calls, read by pydantic alone: as any adapter of DSPy does."""

import copy
import json
from typing import Any

import dspy
import pytest
from pydantic import TypeAdapter

from toolgrad_dspy.signatures import Propose, ProposedCall, ProposedWork

CALL = {"tool": "find", "arguments": {"word": "tea"}}
WORK = {"instruction": "Find tea.", "calls": [CALL]}
INFINITE = float("inf")
GOOD = [
    {"tool_call": {"name": "find", "arguments": {"word": "tea"}}},
    {"tool": {"name": "find", "args": "{'word': 'tea'}"}},
    {"function_name": "`find`", "kwargs": {"word": "tea"}},
]
BAD: list[Any] = [
    *("find", "find(word='tea')", None, [], 1, {}, {"tool": ""}, {"tool": 3}),
    *({"tool": "find", "arguments": given} for given in ("tea", ["tea"], 1, {"n": -INFINITE}, {"n": [[INFINITE]]})),
    {"tool": "find", "arguments": json.loads("[" * 40 + "]" * 40)},
]


@pytest.mark.parametrize("given", GOOD)
def test_a_call_is_read_in_the_formats_of_others(given: Any) -> None:
    call = ProposedCall.model_validate(given)
    assert (call.model_dump(), call.fault) == (CALL, "")


@pytest.mark.parametrize("given", [None, "", "null", "{}", [], {}])
def test_no_arguments_are_written_in_many_ways(given: Any) -> None:
    assert ProposedCall.model_validate({"tool": "find", "arguments": given}) == ProposedCall(tool="find")


@pytest.mark.parametrize("given", BAD, ids=lambda given: json.dumps(given)[:40])
def test_a_call_that_cannot_be_read_says_why_and_leaves_the_others_alone(given: Any) -> None:
    (work,) = TypeAdapter(list[ProposedWork]).validate_python([{**WORK, "calls": [given, CALL]}])
    bad, good = work.calls
    assert bad.fault
    assert "\n" not in bad.fault
    assert (good.model_dump(), good.fault, work.fault) == (CALL, "", "")
    assert copy.deepcopy(bad).fault == bad.fault


@pytest.mark.parametrize("given", ["Find tea.", 1, [], {}, {"idea": "x"}])
def test_work_that_cannot_be_read_says_why(given: Any) -> None:
    bad, good = TypeAdapter(list[ProposedWork]).validate_python([given, WORK])
    assert bad.fault
    assert (good.model_dump(), good.fault) == (WORK, "")


def test_a_fault_stands_in_no_prompt_and_in_no_dump() -> None:
    assert "fault" not in json.dumps(TypeAdapter(list[ProposedWork]).json_schema())
    assert ProposedWork.model_validate(WORK).model_dump() == WORK
    assert ProposedWork.model_validate(ProposedWork.model_validate(WORK)).model_dump() == WORK


@pytest.mark.parametrize("adapter", [dspy.ChatAdapter(), dspy.JSONAdapter(), dspy.XMLAdapter()])
def test_dspys_own_adapters_read_them_too(adapter: dspy.Adapter) -> None:
    works = json.dumps([{"instruction": "Find tea.", "call": {"name": "find", "parameters": '{"word": "tea"}'}}, "x"])
    texts = {
        dspy.ChatAdapter: f"[[ ## reason ## ]]\nx\n\n[[ ## proposals ## ]]\n{works}",
        dspy.JSONAdapter: f'{{"reason": "x", "proposals": {works}}}',
        dspy.XMLAdapter: f"<reason>x</reason><proposals>{works}</proposals>",
    }
    first, second = adapter.parse(Propose, texts[type(adapter)])["proposals"]
    assert first.model_dump() == WORK
    assert second.fault
