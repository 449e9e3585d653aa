"""The workflow updater, or inverse predictor: query and response for the chains (step 5 of an iteration)."""

import dspy


class Update(dspy.Signature):
    """Write the request that a person would make to get this work done, and the answer to it.

    The query reads like a person's own words: it has a purpose, needs every step without saying how, names no
    tool, and states every value listed under "state". It must not contain a value listed under "avoid". The
    response answers the query from the results alone, and names no tool.
    """

    workflow: str = dspy.InputField(desc="the steps with their results, one JSON object per line")
    state: str = dspy.InputField(desc="values that the query has to state, one JSON object per line")
    avoid: str = dspy.InputField(desc="internal values that the query must not contain, one per line")
    problem: str = dspy.InputField(desc="what was wrong with the last version, if there was one")
    query: str = dspy.OutputField(desc="the user's request, in the first person")
    response: str = dspy.OutputField(desc="the final answer to the user")
