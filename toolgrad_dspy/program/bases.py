"""The instructions that a program begins with: those that ship, or the plain ones that only say what is asked for.

What ships is the best program known. The plain base is for measuring: what optimizers find is told against it, since
the rehearsal model does from the start whatever the shipped instructions ask for.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

import dspy

from toolgrad_dspy.signatures import Propose, Repair, Select, Update

BaseName = Literal["shipped", "plain"]

_REFERENCES = """An argument can be written as {"$from": "s2", "$path": "/items/0/name"}: the value at that JSON \
Pointer in the result of step s2, or of the first call of the same proposal with "#1"."""

# By module of the program. The task and the notation, and no advice.
PLAIN: Mapping[str, str] = {
    "proposer": f"""Grow a workflow of tool calls by one step.

Read the tools and the workflow so far and propose different ways to go on, each with complete calls.
{_REFERENCES}""",
    "selector": """Choose the report that improves the workflow most, or none.

Say which report to add, onto which chain ("new" starts one), why, and what the workflow lacks then.""",
    "executor": f"""Mend a tool call that failed.

Read what was asked for, what was tried and how it failed, and give the calls to make instead. {_REFERENCES}
Give no calls when it cannot be mended.""",
    "updater": """Write the request that a person would make to get this work done, and the answer to it.

The query says everything in the parentheses of the requests and contains none of the values listed under "avoid". The
response answers it from the results alone.""",
}


def prompts_digest() -> str:
    """A digest of all prompts that this version ships: samples of other prompts do not belong in the same run."""
    shipped = [
        [
            signature.instructions,
            {name: field.json_schema_extra.get("desc") for name, field in signature.fields.items()},
        ]
        for signature in (Propose, Repair, Select, Update)
    ]
    return hashlib.sha256(json.dumps([shipped, dict(PLAIN)]).encode()).hexdigest()[:16]


def with_base(program: dspy.Module, name: BaseName) -> None:
    """Give ``program``, a new ToolGrad, the instructions of the base ``name``."""
    if name == "shipped":  # what the signatures say
        return
    for module, instructions in PLAIN.items():
        predictor = getattr(program, module).predict
        predictor.signature = predictor.signature.with_instructions(instructions)
