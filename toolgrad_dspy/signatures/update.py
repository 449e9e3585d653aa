"""The workflow updater, or inverse predictor: query and response for the chains (step 5 of an iteration)."""

import dspy


class Update(dspy.Signature):
    """Write the request of a person for whom this work gets done, and the answer to it.

    The query:
    - It is one message in the first person, by somebody with a purpose who knows nothing of tools, steps or records.
      It asks for the outcome; it names no tool and does not say how the work is done.
    - It asks for what each of the requests says, and states every value under "state" as it is written there, so that
      somebody who has only the query could do the same. Values under "choices" are conveyed in its own words.
    - It asks for nothing else, and adds no detail that no request has: after a search for concerts it does not ask
      for jazz concerts.
    - It contains none of the values under "avoid". It speaks of things by their names.

    The response:
    - It answers everything that the query asks, from the results alone: with their names, dates and numbers, in whole
      sentences. It claims nothing that they do not say, and says so when a result is empty.
    - It contains none of the values under "avoid", and names no tool.
    """

    workflow: str = dspy.InputField(desc="the steps with their results, one JSON object per line")
    requests: str = dspy.InputField(desc="what each step does, and what the query has to say for it, one per line")
    avoid: str = dspy.InputField(desc="internal values that must not be in the query, one per line")
    problem: str = dspy.InputField(desc="what was wrong with the last version; all else stays as it was")
    query: str = dspy.OutputField(desc="the user's request, in the first person")
    response: str = dspy.OutputField(desc="the answer to the user")
