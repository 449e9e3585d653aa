"""The updater, or inverse predictor: writes query and response for the chains, held to what they have to say."""

from collections.abc import Sequence
from functools import partial

import dspy

from toolgrad_dspy.concurrency import beside
from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema import JsonSchema
from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import holding
from toolgrad_dspy.program.reader import Reader, Texts
from toolgrad_dspy.program.requests import request_line
from toolgrad_dspy.program.state import State
from toolgrad_dspy.records import Check
from toolgrad_dspy.rendering import workflow_lines
from toolgrad_dspy.signatures import Update
from toolgrad_dspy.texts import Demand, Violation, demands, examine, internal_values

# Characters of the texts that are shown again.
LAST_TEXT = 1200
# Characters of a sentence of the query, beside those of its request. Small models go on, where nothing ends them.
SENTENCE_CHARACTERS = 240
SHORTEST_SENTENCE = 8
# Characters of a sentence of the response. No longer text is held to its length by a grammar (`dialects/grammar.py`).
ANSWER_CHARACTERS = 500
_OF_THE_RESPONSE = frozenset(
    {"empty_response", "copied_response", "claim_unsupported", "not_answered", "internal_value", "tool_named"}
)


class Updater(dspy.Module):
    """Writes the texts of a sample. ``reader`` decides what the rules leave open about them."""

    def __init__(self, models: Models, reader: Reader) -> None:
        super().__init__()
        self.predict = dspy.Predict(Update)
        self._models = models
        self._reader = reader

    async def aforward(self, state: State) -> tuple[Violation, ...]:
        """Write ``state.query`` and ``state.response``; the rules that they still break after one re-ask.

        The decisions about them are in ``state.checks``. Texts that are up to date with the workflow are left as they
        are. Raises AnswerError.
        """
        if state.violations is not None:
            return state.violations
        wanted = demands(state.workflow, state.tools_used)
        await self._write(state, wanted, "")
        broken, checks = await self.examined(state)
        state.rewritten = bool(broken)
        if broken:
            await self._write(state, wanted, _complaint(state, broken))
            broken, checks = await self.examined(state)
        # Set last: after an AnswerError the texts are not up to date, and the next update writes them again.
        state.violations, state.checks = broken, checks
        return broken

    async def examined(self, state: State) -> tuple[tuple[Violation, ...], tuple[Check, ...]]:
        """What the texts of ``state`` break, and all decisions about them: of the rules, and of the reader where the
        rules find nothing wrong for sure and leave something open.
        """
        shown_chars = state.config.written_chars
        work = partial(
            examine,
            state.query,
            state.response,
            state.workflow,
            state.tools_used,
            # Of all tools, not only those used: a text that names any of them gives away that there are tools.
            names=[tool.name for tool in state.library.tools],
            shown_chars=shown_chars,
        )
        found = await beside(any(step.observation.is_large for step in state.workflow.steps), work)
        if found.broken or not found.questions:
            undecided = tuple(question.decided(False, "nobody", "") for question in found.questions)
            # All that is missing is listed, so that one rewrite can mend it.
            missing = tuple(q.violation for q in found.questions if q.about == "value") if found.broken else ()
            return (*missing, *found.broken), (*found.checks, *undecided)
        texts = Texts(state.query, state.response, state.workflow, state.tools_used, shown_chars)
        reading = await self._reader.acall(texts=texts, examination=found)
        return reading.broken, (*found.checks, *reading.checks)

    async def _write(self, state: State, wanted: Sequence[Demand], problem: str) -> None:
        requests = "\n".join(
            request_line(step, state.library.tool(step.call.tool), wanted) for step in state.workflow.steps
        )
        with holding(lambda: _texts(requests.split("\n"))):
            answer = await ask(
                self.predict,
                self._models,
                "updater",
                workflow=workflow_lines(state.workflow, state.config.written_chars),
                requests=requests,
                avoid="\n".join(str(value) for value in internal_values(state.workflow)) or "(nothing)",
                problem=problem,
            )
        state.query, state.response = answer.query.strip(), answer.response.strip()


def _complaint(state: State, broken: Sequence[Violation]) -> str:
    """What is wrong with the texts, and those that it is about."""
    last = f"The last query, to be mended: {one_line(state.query, LAST_TEXT)}"
    if any(violation.code in _OF_THE_RESPONSE for violation in broken):
        last += f" The last response: {one_line(state.response, LAST_TEXT)}"
    return f"{'; '.join(violation.remedy or violation.text for violation in broken)}. {last}"


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
