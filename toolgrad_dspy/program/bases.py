"""The instructions that a program begins with: those that ship, or the plain ones that only say what is asked for.

What ships is the best program known. The plain base is for measuring: what optimizers find is told against it, since
the rehearsal model does from the start whatever the shipped instructions ask for.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import dspy

from toolgrad_dspy.errors import UsageError, hint

BaseName = Literal["shipped", "plain"]
BASES: tuple[BaseName, ...] = get_args(BaseName)

_REFERENCES = """An argument can be written as {"$from": "s2", "$path": "/items/0/name"}: the value at that JSON \
Pointer in the result of step s2, or of the first call of the same proposal with "#1"."""

# By predictor. The task and the notation, and no advice.
PLAIN: Mapping[str, str] = {
    "proposer.predict": f"""Grow a workflow of tool calls by one step.

Read the tools and the workflow so far and propose different ways to go on, each with complete calls.
{_REFERENCES}""",
    "selector.predict": """Choose the report that improves the workflow most, or none.

Say which report to add, onto which chain ("new" starts one), why, and what the workflow lacks then.""",
    "executor.predict": f"""Mend a tool call that failed.

Read what was asked for, what was tried and how it failed, and give the calls to make instead. {_REFERENCES}
Give no calls when it cannot be mended.""",
    "updater.predict": """Write the request that a person would make to get this work done, and the answer to it.

The query states every value listed under "state" and contains none listed under "avoid". The response answers it from
the results alone.""",
}


def with_base(program: dspy.Module, name: str) -> None:
    """Give ``program``, a ToolGrad, the instructions of the base ``name``; its demonstrations stay.

    Raises UsageError for another name (``unknown_base``).
    """
    if name not in BASES:
        raise UsageError(f"unknown base {name!r}; {hint(name, BASES)}", code="unknown_base")
    if name == "shipped":  # what the signatures say
        return
    for module in ("proposer", "executor", "selector", "updater"):
        predictors = getattr(program, module).named_predictors()
        for _, predictor in predictors:
            instructions = PLAIN[f"{module}.predict"]
            predictor.signature = predictor.signature.with_instructions(instructions)
