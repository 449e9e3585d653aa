"""A repair turn of the executor: another try after a failed call (step 3 of an iteration)."""

import dspy

from toolgrad_dspy.signatures.calls import ProposedCall


class Repair(dspy.Signature):
    """Mend a tool call that failed, or whose result was empty: give the calls to make instead.

    - Read the error and change what it names. Never give a call again that was tried.
    - The last call does what the failed one was meant to do; calls before it look up what it needs. When an id is
      unknown or made up, look it up first with a tool that returns it, and refer to that result:
      {"$from": "#1", "$path": "/items/0/id"} is the value at that JSON Pointer in the result of the first call that
      you give, {"$from": "s2", ...} in that of step s2, {"$from": "a1", ...} in that of an earlier attempt.
    - Give no calls when it cannot be mended (what was booked already cannot be booked again), or when an empty
      result is an answer that a person would want to hear.
    """

    tools: str = dspy.InputField(
        desc="the tools of the calls under repair as JSON, then the others, one per line: "
        "name(parameters) -> keys of its result # purpose"
    )
    workflow: str = dspy.InputField(desc="the steps so far with their results, one JSON object per line")
    instruction: str = dspy.InputField(desc="what the calls are meant to do")
    attempts: str = dspy.InputField(desc="the calls tried so far and what they gave, one JSON object per line")
    calls: list[ProposedCall] = dspy.OutputField(desc="the calls to make instead, at most three")
