"""The API proposer: what to call next (arXiv 2508.04086, section 3; step 2 of an iteration)."""

from typing import Any

import dspy
from pydantic import BaseModel, Field, field_validator

# No real tool takes arguments nested deeper; a model that repeats itself goes deeper than can be stored.
ARGUMENT_LEVELS = 32


class ProposedCall(BaseModel):
    """One call: the tool's name and its arguments."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)

    @field_validator("arguments")
    @classmethod
    def _shallow(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        level: list[Any] = [arguments]
        for _ in range(ARGUMENT_LEVELS):
            containers = [value for value in level if isinstance(value, (dict, list))]
            level = [item for held in containers for item in (held.values() if isinstance(held, dict) else held)]
        if level:
            raise ValueError(f"arguments may be nested {ARGUMENT_LEVELS} levels deep at most")
        return arguments


class ProposedWork(BaseModel):
    """One next piece of work."""

    instruction: str = Field(description="what to do, as one imperative sentence")
    calls: list[ProposedCall] = Field(description="the calls that do it, in order, at most three")


class Propose(dspy.Signature):
    """Grow a workflow of tool calls by one step.

    Read the tools and the workflow so far and propose different ways to go on, each with complete calls.
    An argument can be written as {"$from": "s2", "$path": "/items/0/name"}: the value at that JSON Pointer in the
    result of step s2, or of the first call of the same proposal with "#1".
    """

    tools: str = dspy.InputField(desc="the tools at hand, one JSON object per line")
    workflow: str = dspy.InputField(desc="the steps so far with their results, one JSON object per line")
    lacking: str = dspy.InputField(desc="what the workflow lacks now")
    progress: str = dspy.InputField(desc="which iteration this is, and how many proposals to make")
    reason: str = dspy.OutputField(desc="why these proposals, in one sentence")
    proposals: list[ProposedWork] = dspy.OutputField()
