"""A repair turn of the executor: another try after a failed call (step 3 of an iteration)."""

import dspy

from toolgrad_dspy.signatures.calls import ProposedCall


class Repair(dspy.Signature):
    """Mend a tool call that failed.

    Read what was asked for, what was tried and how it failed, and give the calls to make instead: the last one
    does what the failed call was meant to do, the ones before it look up what it needs. An argument can be
    written as {"$from": "s2", "$path": "/items/0/name"}: the value at that JSON Pointer in the result of step s2,
    or of the first call of the proposal with "#1". Give no calls when it cannot be mended.
    """

    tools: str = dspy.InputField(desc="the tools at hand, one JSON object per line")
    workflow: str = dspy.InputField(desc="the steps so far with their results, one JSON object per line")
    instruction: str = dspy.InputField(desc="what the calls are meant to do")
    attempts: str = dspy.InputField(desc="the calls tried so far and what they gave, one JSON object per line")
    calls: list[ProposedCall] = dspy.OutputField()
