"""The API proposer: what to call next (arXiv 2508.04086, section 3; step 2 of an iteration)."""

import dspy

from toolgrad_dspy.signatures.calls import ProposedWork


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
