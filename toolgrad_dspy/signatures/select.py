"""The API selector: the textual gradient (step 4 of an iteration)."""

import dspy


class Select(dspy.Signature):
    """Choose the report that improves the workflow most, or none.

    Say which report to add, onto which chain ("new" starts one), why, and what the workflow lacks then.
    """

    workflow: str = dspy.InputField(desc="the steps so far with their results, one JSON object per line")
    reports: str = dspy.InputField(desc="the calls that were tried, and their results, one JSON object per line")
    progress: str = dspy.InputField(desc="which iteration this is")
    reason: str = dspy.OutputField(desc="why this choice, in one sentence")
    report: str = dspy.OutputField(desc='the report\'s id, or "none"')
    chain: str = dspy.OutputField(desc='the chain to append to, or "new"')
    lacking: str = dspy.OutputField(desc="what the workflow lacks now, for the next proposals")
