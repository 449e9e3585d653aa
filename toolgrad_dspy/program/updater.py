"""The updater, or inverse predictor: writes query and response for the chains, and is held to the origins."""

from collections.abc import Iterable

import dspy
from pydantic import JsonValue

from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.query_rules import (
    QueryRequirements,
    Violation,
    query_requirements,
    reasons,
    violations,
)
from toolgrad_dspy.rendering import line, workflow_lines
from toolgrad_dspy.signatures import Update


class Updater(dspy.Module):
    """Writes the texts of a sample. Frozen: optimizers neither see nor save it."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Update)
        self._models = models
        self._compiled = True

    async def aforward(self, state: State) -> tuple[Violation, ...]:
        """Write ``state.query`` and ``state.response``; the rules that they still break after one re-ask.

        Texts that are up to date with the workflow are left as they are. Raises AnswerError.
        """
        if state.violations is not None:
            return state.violations
        requirements = query_requirements(state.workflow, state.library)
        # Of all tools, not only those used: a text that names any of them gives away that there are tools.
        names = frozenset(tool.name for tool in state.library.tools)
        await self._write(state, requirements, "")
        broken = violations(state.query, state.response, requirements, names)
        if broken:
            await self._write(state, requirements, reasons(broken))
            broken = violations(state.query, state.response, requirements, names)
        # Set last: after an AnswerError the texts are not up to date, and the next update writes them again.
        state.violations = broken
        return broken

    async def _write(self, state: State, requirements: QueryRequirements, problem: str) -> None:
        answer = await ask(
            self.predict,
            self._models,
            "updater",
            workflow=workflow_lines(state.workflow, 2 * state.config.shown_chars),
            state=_lines(required.shown() for required in requirements.to_state),
            avoid="\n".join(str(value) for value in requirements.to_avoid) or "(nothing)",
            problem=problem,
        )
        state.query, state.response = answer.query.strip(), answer.response.strip()


def _lines(values: Iterable[dict[str, JsonValue]]) -> str:
    return "\n".join(line(value) for value in values) or "(nothing)"
