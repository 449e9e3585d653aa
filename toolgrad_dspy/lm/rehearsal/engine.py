"""The rehearsal model as an engine pair for DSPy."""

import json
import random
from collections.abc import Callable
from typing import Any, Self

from dspy.lm15 import Message, Request, Response, TextPart, Usage

from toolgrad_dspy.lm.calls.sizes import CHARACTERS_PER_TOKEN
from toolgrad_dspy.lm.rehearsal.checking import check_response
from toolgrad_dspy.lm.rehearsal.extracting import extract
from toolgrad_dspy.lm.rehearsal.inducing import induce
from toolgrad_dspy.lm.rehearsal.instructing import (
    advise,
    describe_module,
    describe_program,
    ground,
    observe,
    offer_feedback,
    reword,
    summarize,
)
from toolgrad_dspy.lm.rehearsal.judging import judge_calls, judge_instruction, score_requests
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, read
from toolgrad_dspy.lm.rehearsal.proposing import propose
from toolgrad_dspy.lm.rehearsal.reflecting import reflect
from toolgrad_dspy.lm.rehearsal.repairing import repair
from toolgrad_dspy.lm.rehearsal.selecting import select
from toolgrad_dspy.lm.rehearsal.writing import write

# What stands in a field that none of the parts knows, by its type; others are texts.
REHEARSED = "This is a rehearsal."
_REHEARSED: dict[str, Any] = {"int": 1, "float": 1.0, "bool": True, "list": [], "dict": {}}

Answer = dict[str, Any]
Part = Callable[[Prompt, random.Random], Answer]

# The fields that a prompt asks for tell which part it is, as they would tell any model. To those of the loop a user's
# signature may add some, and dspy.ChainOfThought adds a reasoning.
LOOP_PARTS: dict[frozenset[str], Part] = {
    frozenset({"reason", "proposals"}): propose,
    frozenset({"calls"}): repair,
    frozenset({"reason", "report", "chain", "lacking"}): select,
    frozenset({"query", "response"}): write,
}
PARTS: dict[frozenset[str], Part] = {
    **LOOP_PARTS,
    frozenset({"new_instruction"}): reflect,
    frozenset({"proposed_instruction", "proposed_prefix_for_output_field"}): reword,
    frozenset({"proposed_instruction"}): ground,
    frozenset({"observations"}): observe,
    frozenset({"summary"}): summarize,
    frozenset({"program_description"}): describe_program,
    frozenset({"module_description"}): describe_module,
    frozenset({"discussion", "module_advice"}): advise,
    frozenset({"discussion", "advice"}): offer_feedback,
    frozenset({"reasoning", "natural_language_rules"}): induce,
    frozenset({"requests"}): score_requests,
    frozenset({"extracted", "requests"}): extract,
    frozenset({"extracted", "pairs", "solvability"}): judge_instruction,
    frozenset({"sufficiency", "minimality"}): judge_calls,
    frozenset({"claims_checked", "answers_checked"}): check_response,
}


def answer(request: Request) -> Response:
    """The answer to ``request``: the same text and seed get the same answer, whatever was asked before.

    A request that fits none of the parts gets an empty answer.
    """
    prompt = read(request)
    rng = prompt.generator()
    part = _part(frozenset(prompt.outputs))
    # An adapter refuses an empty text, as it does an answer of a model that did not understand.
    text = _formatted(part(prompt, rng), prompt) if part else ""
    input_tokens, output_tokens = (int(len(said) // CHARACTERS_PER_TOKEN) for said in (prompt.text, text))
    return Response(
        id=f"rehearsal-{rng.getrandbits(48):012x}",
        model=request.model,
        message=Message.assistant([TextPart(text)]),
        finish_reason="stop",
        usage=Usage(
            input_tokens=input_tokens, output_tokens=output_tokens, total_tokens=input_tokens + output_tokens
        ),
    )


def _part(outputs: frozenset[str]) -> Part | None:
    return PARTS.get(outputs) or next((part for fields, part in LOOP_PARTS.items() if fields < outputs), None)


def _formatted(answered: Answer, prompt: Prompt) -> str:
    fields = {
        name: answered.get(name, _REHEARSED.get(kind.partition("[")[0], REHEARSED))
        for name, kind in prompt.outputs.items()
    }
    if prompt.as_json:
        return json.dumps(fields, ensure_ascii=False)
    shown = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in fields.items()
    }
    return "\n\n".join(f"[[ ## {name} ## ]]\n{shown[name]}" for name in prompt.outputs) + "\n\n[[ ## completed ## ]]"


class RehearsalEngine:
    """The rehearsal model behind the interface of a remote one."""

    async def complete(self, request: Request) -> Response:
        return answer(request)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
