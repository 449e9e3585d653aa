"""The updater, or inverse predictor: writes query and response for the chains, and is held to the origins."""

import dspy

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema import JsonSchema
from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import holding
from toolgrad_dspy.program.requests import named_values, request_line
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.query_rules import (
    QueryRequirements,
    Violation,
    query_requirements,
    unstated,
    violations,
)
from toolgrad_dspy.rendering import workflow_lines
from toolgrad_dspy.signatures import Update

# Characters of the query that is shown again.
LAST_QUERY = 1200
# Characters of a sentence of the query, beside those of its request. Small models go on, where nothing ends them.
SENTENCE_CHARACTERS = 240
SHORTEST_SENTENCE = 8
# Characters of a sentence of the response. No longer text is held to its length by a grammar (`dialects/grammar.py`).
ANSWER_CHARACTERS = 500


class Updater(dspy.Module):
    """Writes the texts of a sample."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Update)
        self._models = models

    async def aforward(self, state: State) -> tuple[Violation, ...]:
        """Write ``state.query`` and ``state.response``; the rules that they still break after one re-ask.

        Texts that are up to date with the workflow are left as they are. Raises AnswerError.
        """
        if state.violations is not None:
            return state.violations
        requirements = query_requirements(state.workflow)
        # Of all tools, not only those used: a text that names any of them gives away that there are tools.
        names = frozenset(tool.name for tool in state.library.tools)
        await self._write(state, requirements, "")
        broken = violations(state.query, state.response, requirements, names)
        if broken:
            await self._write(state, requirements, _complaint(state, requirements, broken))
            broken = violations(state.query, state.response, requirements, names)
        # Set last: after an AnswerError the texts are not up to date, and the next update writes them again.
        state.violations = broken
        return broken

    async def _write(self, state: State, requirements: QueryRequirements, problem: str) -> None:
        requests = "\n".join(
            request_line(step, state.library.tool(step.call.tool), requirements.to_state)
            for step in state.workflow.steps
        )
        with holding(lambda: _texts(requests.split("\n"))):
            answer = await ask(
                self.predict,
                self._models,
                "updater",
                workflow=workflow_lines(state.workflow, 2 * state.config.shown_chars),
                requests=requests,
                avoid="\n".join(str(value) for value in requirements.to_avoid) or "(nothing)",
                problem=problem,
            )
        state.query, state.response = answer.query.strip(), answer.response.strip()


def _complaint(state: State, requirements: QueryRequirements, broken: tuple[Violation, ...]) -> str:
    """What is wrong with the texts, and the query that it is about."""
    missing = named_values(unstated(state.query, requirements))
    parts = [f"the query has to say {missing}"] if missing else []
    parts += [violation.text for violation in broken if violation.code != "value_not_stated"]
    return f"{'; '.join(parts)}. The last query, to be mended: {one_line(state.query, LAST_QUERY)}"


def _texts(requests: list[str]) -> dict[str, JsonSchema]:
    """Both texts in sentences, which are read as one: of the query one for each request, and one more.

    A small model that is free to write one text writes of the first requests and forgets the others, and does not
    come to an end.
    """
    # A sentence may have to say all that its request does.
    longest = SENTENCE_CHARACTERS + max(map(len, requests))
    return {
        "query": _sentences(len(requests), len(requests) + 1, longest),
        "response": _sentences(1, 2 * len(requests) + 2, ANSWER_CHARACTERS),
    }


def _sentences(least: int, most: int, longest: int) -> JsonSchema:
    sentence: JsonSchema = {"type": "string", "minLength": SHORTEST_SENTENCE, "maxLength": longest}
    return {"type": "array", "items": sentence, "minItems": least, "maxItems": most}
