"""The updater, or inverse predictor: writes query and response for the chains, and is held to the origins."""

import dspy
from pydantic import JsonValue

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.query_rules import (
    QueryRequirements,
    RequiredValue,
    Violation,
    query_requirements,
    reasons,
    violations,
)
from toolgrad_dspy.rendering import line, short_description, workflow_lines
from toolgrad_dspy.signatures import Update

# Characters of the query that is shown again.
LAST_QUERY = 1200
# Characters of what a tool does, for who writes a request for it.
DOES = 120


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
            await self._write(state, requirements, _complaint(state, broken))
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
            requests=_requests(state, requirements),
            avoid="\n".join(str(value) for value in requirements.to_avoid) or "(nothing)",
            problem=problem,
        )
        state.query, state.response = answer.query.strip(), answer.response.strip()


def _complaint(state: State, broken: tuple[Violation, ...]) -> str:
    """What is wrong with the texts, and the query that it is about."""
    return f"{reasons(broken)}. The last query, to be mended: {one_line(state.query, LAST_QUERY)}"


def _requests(state: State, requirements: QueryRequirements) -> str:
    """A line for each step: what it does, in the words of its tool, and what the query has to say for it."""
    lines = []
    for step in state.workflow.steps:
        tool = state.library.tool(step.call.tool)
        shown: dict[str, JsonValue] = {
            "step": step.id,
            "does": short_description(tool.description, DOES) or tool.name,
        }
        own = [required for required in requirements.to_state if required.step == step.id]
        for key, chosen in (("state", False), ("choices", True)):
            values = _by_name([required for required in own if required.choice == chosen])
            if values:
                shown[key] = values
        lines.append(line(shown))
    return "\n".join(lines)


def _by_name(required: list[RequiredValue]) -> dict[str, JsonValue]:
    """The values by their names; those of one name, as the items of a list have it, as a list."""
    named: dict[str, list[JsonValue]] = {}
    for value in required:
        named.setdefault(value.name, []).append(value.value)
    return {name: values[0] if len(values) == 1 else values for name, values in named.items()}
