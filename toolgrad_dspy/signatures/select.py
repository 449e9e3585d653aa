"""The API selector: the textual gradient (step 4 of an iteration)."""

import dspy


class Select(dspy.Signature):
    """Choose the report that improves the workflow most, or none: its calls become steps of the workflow, for which a
    person's request will be written.

    - Prefer reports whose calls build on earlier results, or that do what one person would want done together.
    - Refuse reports whose results are empty, and redundant ones that repeat a step of the workflow.
    - Append a report to the chain whose results its calls use, or whose purpose it continues; start a new one only
      for something independent.
    - Say concretely what the workflow is lacking then: name the values in its results that nothing uses yet, and what
      a person would want to do with them.
    """

    workflow: str = dspy.InputField(desc="the steps so far with their results, one JSON object per line")
    reports: str = dspy.InputField(desc="the calls that were tried, and their results, one JSON object per line")
    progress: str = dspy.InputField(desc="which iteration this is, and which chains can be chosen")
    reason: str = dspy.OutputField(desc="why this choice, in one sentence")
    report: str = dspy.OutputField(desc='the id of a report, such as p1, or "none"')
    chain: str = dspy.OutputField(desc='the id of a chain to append to, such as c1, or "new"')
    lacking: str = dspy.OutputField(desc="what the workflow is lacking then, for the next proposals")
