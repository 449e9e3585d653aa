"""The workflow updater, or inverse predictor: query and response for the chains (step 5 of an iteration)."""

import dspy


class Update(dspy.Signature):
    """Write the message of a person for whom this work gets done, and the answer to it.

    The query is the message, sentence by sentence:
    - It asks for what each of the requests says, in the first person, and says everything in their parentheses:
      names, texts and numbers as they are written there, days, times and which one is meant as people say them ("on
      May 14 at half past seven", "my earliest booking"), the rest in other words. Somebody who has only the query
      could do the same work.
    - Its sentences together are the message of one person with a purpose, who knows nothing of tools, steps or
      records, and asks for the outcome: it names no tool and does not say how the work is done.
    - It asks for nothing else, and adds no detail that no request has: after a search for concerts it does not ask
      for jazz concerts.
    - It contains none of the values under "avoid". It speaks of things by their names.

    The response:
    - It answers everything that the query asks, from the results alone: with their names, dates and numbers, in whole
      sentences. It claims nothing that they do not say, and says so when a result is empty.
    - It contains none of the values under "avoid", and names no tool.
    """

    workflow: str = dspy.InputField(desc="the steps with their results, one JSON object per line")
    requests: str = dspy.InputField(desc="what the query has to ask for, one line for each step")
    avoid: str = dspy.InputField(desc="internal values that must not be in the query, one per line")
    problem: str = dspy.InputField(desc="what was wrong with the last version; all else stays as it was")
    query: str = dspy.OutputField(desc="the person's message")
    response: str = dspy.OutputField(desc="the answer to the person")
