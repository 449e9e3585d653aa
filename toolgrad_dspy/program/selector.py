"""The selector: which report improves the workflow, onto which chain it goes, and what is lacking then."""

import dspy

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema import JsonSchema
from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import holding
from toolgrad_dspy.program.answer_schemas import SENTENCE, choice_schema
from toolgrad_dspy.program.choices import read_choice
from toolgrad_dspy.program.state import State
from toolgrad_dspy.records import Report, Selection, Workflow
from toolgrad_dspy.rendering import report_line
from toolgrad_dspy.signatures import Select

NONE = "none"
NEW = "new"


class Selector(dspy.Module):
    """Asks for the textual gradient, and checks the choice of chain against the argument origins."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Select)
        self._models = models

    async def aforward(self, state: State, reports: tuple[Report, ...], number: int) -> Selection:
        """The selection among ``reports``, all of which have something to add.

        A report that is not there is no choice, and nothing is taken; the ``note`` says so. A chain that is not there
        is replaced by the one that the argument origins name, else by a new one. Raises AnswerError.
        """
        chains = chain_choices(state)
        limit = state.config.shown_chars // len(reports)  # one limit for all of them, however many there are
        ids = (*(report.proposal for report in reports), NONE)

        def schemas() -> dict[str, JsonSchema]:
            return {
                "reason": SENTENCE,
                "report": choice_schema(ids),
                "chain": choice_schema(chains),
                "lacking": SENTENCE,
            }

        with holding(schemas):
            answer = await ask(
                self.predict,
                self._models,
                "selector",
                workflow=state.workflow_text(),
                reports="\n".join(report_line(report, limit) for report in reports),
                progress=f"{state.progress(number)}; chains: {', '.join(chains)}",
            )
        said = read_choice(answer.report, ids)
        chosen = next((report for report in reports if report.proposal == said), None)
        if chosen is None:
            note = "" if said == NONE else f"there is no report {one_line(answer.report, 80)!r}"
            return Selection(report=None, chain=None, reason=answer.reason, lacking=answer.lacking, note=note)
        chain, note = corrected(state.workflow, chosen, read_choice(answer.chain, chains) or chains[-1])
        return Selection(report=chosen.proposal, chain=chain, reason=answer.reason, lacking=answer.lacking, note=note)


def chain_choices(state: State) -> tuple[str, ...]:
    """The chains to choose from: those there are, then ``new`` if one more is allowed."""
    chains = tuple(chain.id for chain in state.workflow.chains)
    return chains if len(chains) >= state.config.chains else (*chains, NEW)


def chains_used(workflow: Workflow, report: Report) -> tuple[str, ...]:
    """The chains that hold a step whose result the report's calls use, in the workflow's order."""
    used = {source.step for attempt in report.kept for origin in attempt.origins for source in origin.sources}
    return tuple(chain.id for chain in workflow.chains if any(step.id in used for step in chain.steps))


def corrected(workflow: Workflow, report: Report, chain: str) -> tuple[str | None, str]:
    """The chain that ``report`` belongs to by its argument origins, None for a new one, and a note if that is not
    ``chain``.

    A report that uses results of a chain continues that chain. One that uses none may start a chain or continue
    the chosen one: whether it continues a chain without taking a value from it is for the selector to judge.
    """
    used = chains_used(workflow, report)
    if not used or chain in used:
        return (None if chain == NEW else chain), ""
    # Of several chains the last one; the others are merged into it.
    return used[-1], f"chain {chain} corrected to {used[-1]}: its arguments come from there"
