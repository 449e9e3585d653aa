"""The API proposer: what to call next (arXiv 2508.04086, section 3; step 2 of an iteration)."""

import dspy

from toolgrad_dspy.signatures.calls import ProposedWork


class Propose(dspy.Signature):
    """Propose the next calls of a workflow. Afterwards a person's request will be written that needs exactly the
    workflow's calls, so propose what one person would plausibly want done together, and say to what end.

    - Build on the workflow: use values of earlier results as arguments wherever a parameter fits one (some are listed
      as usable), and address first what the workflow is lacking.
    - Take every id from a result. Write {"$from": "s2", "$path": "/items/0/id"} for the value at that JSON Pointer in
      the result of step s2. When a tool needs an id that no result holds, look it up first with another call in the
      same proposal, and refer to that result: {"$from": "#1", "$path": "/items/0/id"}. Never make up an id.
    - Fill the other arguments with concrete values that a person would say: the enum, example or default values of
      the tool rather than placeholders. Leave out optional arguments that serve nothing.
    - Make the proposals different from one another, and prefer tools that the workflow has not used yet. Never repeat
      a call of the workflow, or one that failed.
    """

    tools: str = dspy.InputField(
        desc="one tool per line: name(parameters) -> keys of its result # purpose. "
        "? marks what may be left out, a name without a type is a string"
    )
    workflow: str = dspy.InputField(desc="the steps so far with their results, one JSON object per line")
    usable: str = dspy.InputField(desc="ids in those results, and the parameters of the tools that they fit")
    failed: str = dspy.InputField(desc="calls that failed before, and why")
    lacking: str = dspy.InputField(desc="what the workflow is lacking")
    progress: str = dspy.InputField(desc="which iteration this is, and how many proposals to make")
    reason: str = dspy.OutputField(desc="what a person would want next, in one sentence")
    proposals: list[ProposedWork] = dspy.OutputField(
        desc="each an instruction in one sentence, and its one to three calls"
    )
