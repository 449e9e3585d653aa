"""The updater, or inverse predictor: writes query and response for the chains, and is held to the origins."""

from collections.abc import Iterable

import dspy
from pydantic import JsonValue

from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.constrained import signature_of
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.query_rules import Demands, demands, violations
from toolgrad_dspy.rendering import line
from toolgrad_dspy.signatures import Update


class Updater(dspy.Module):
    """Writes the texts of a sample. Frozen: optimizers neither see nor save it."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Update)
        self._models = models
        self._compiled = True

    async def aforward(self, state: State) -> tuple[str, ...]:
        """Write ``state.query`` and ``state.response``; what is still wrong with them after one re-ask.

        Texts that are up to date with the workflow are left as they are. Raises AnswerError.
        """
        if state.violations is not None:
            return state.violations
        wanted = demands(state.workflow, state.library)
        names = frozenset(tool.name for tool in state.library.tools)
        await self._write(state, wanted, "")
        wrong = violations(state.query, state.response, wanted, names)
        if wrong:
            await self._write(state, wanted, "; ".join(wrong))
            wrong = violations(state.query, state.response, wanted, names)
        state.violations = wrong
        return wrong

    async def _write(self, state: State, wanted: Demands, problem: str) -> None:
        answer = await ask(
            self.predict,
            signature_of(self.predict),
            self._models,
            "updater",
            workflow=state.workflow_text(),
            state=_lines(demand.shown() for demand in wanted.state),
            avoid="\n".join(str(value) for value in wanted.avoid) or "(nothing)",
            problem=problem,
        )
        state.query, state.response = answer.query.strip(), answer.response.strip()


def _lines(values: Iterable[dict[str, JsonValue]]) -> str:
    return "\n".join(line(value) for value in values) or "(nothing)"
