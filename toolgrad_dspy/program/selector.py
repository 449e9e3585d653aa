"""The selector: which report improves the workflow, onto which chain it goes, and what is lacking then."""

import dspy

from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.constrained import signature_of, with_choices
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
        """The selection among ``reports``, all of which have something to add. Raises AnswerError."""
        chains = tuple(chain.id for chain in state.workflow.chains)
        answer = await ask(
            self.predict,
            self._models,
            "selector",
            signature=with_choices(
                signature_of(self.predict),
                report=(*(report.proposal for report in reports), NONE),
                chain=(*chains, NEW),
            ),
            workflow=state.workflow_text(),
            reports="\n".join(report_line(report, state.config.shown_chars) for report in reports),
            progress=state.progress(number),
        )
        chosen = next((report for report in reports if report.proposal == answer.report), None)
        chain = None if answer.chain == NEW else str(answer.chain)
        if chosen is None:
            return Selection(report=None, chain=None, reason=answer.reason, lacking=answer.lacking)
        chain, note = corrected(state.workflow, chosen, chain)
        return Selection(report=chosen.proposal, chain=chain, reason=answer.reason, lacking=answer.lacking, note=note)


def chains_used(workflow: Workflow, report: Report) -> tuple[str, ...]:
    """The chains that hold a step whose result the report's calls use, in the workflow's order."""
    used = {o.step for attempt in report.kept for o in attempt.origins if o.step is not None}
    return tuple(chain.id for chain in workflow.chains if any(step.id in used for step in chain.steps))


def corrected(workflow: Workflow, report: Report, chain: str | None) -> tuple[str | None, str]:
    """The chain that ``report`` belongs to by its argument origins, and a note if that is not ``chain``.

    A report that uses results of a chain continues that chain. One that uses none may start a chain or continue
    the chosen one: whether it continues a chain without taking a value from it is for the selector to judge.
    """
    used = chains_used(workflow, report)
    if not used or chain in used:
        return chain, ""
    # Of several chains the last one; the others are merged into it.
    return used[-1], f"chain {chain or NEW} corrected to {used[-1]}: its arguments come from there"
