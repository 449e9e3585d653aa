"""Salvage: what is left of a sample when its query, written twice, still does not say what its calls were given.

A session has cost tens of LM calls by then. An optional choice that nothing conveys is taken out of its call, which
is run again; a chain that the query does not ask for, or only in part, is dropped. What is left has to be a whole
sample: every step gives its result again on a fresh session, and the texts, or new ones, keep all rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.made_up import without_optional
from toolgrad_dspy.records import Step, ToolCall, Workflow
from toolgrad_dspy.texts import Violation
from toolgrad_dspy.tools.verdict import Context, classify

# What can be mended by a smaller workflow. A leaked name or a false claim is in the texts, and stays there.
_OF_A_STEP = frozenset(
    {"value_not_stated", "choice_not_conveyed", "pick_not_determined", "call_not_asked", "not_answered"}
)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A smaller workflow, and a line for each thing that was taken out."""

    workflow: Workflow
    notes: tuple[str, ...]


async def salvaged(state: State, branches: Branches, broken: Sequence[Violation]) -> Salvaged | None:
    """What can be kept of the workflow of ``state`` whose texts are ``broken``; None if that is not a sample.

    Raises BudgetSpentError, and CrashError.
    """
    about = [violation for violation in broken if violation.code in _OF_A_STEP]
    if not about:
        return None
    shorter, notes, left = await _without_choices(state, branches, about)
    dropped = _chains_of(shorter, left)
    kept = tuple(chain for chain in shorter.chains if chain.id not in dropped)
    notes += tuple(f"chain {chain} was dropped: {reason}" for chain, reason in dropped.items())
    if not kept or not notes:
        return None
    workflow = shorter.model_copy(update={"chains": kept})
    if _gone(workflow) or await branches.differing(workflow.steps):
        return None
    return Salvaged(workflow, notes)


async def _without_choices(
    state: State, branches: Branches, about: Sequence[Violation]
) -> tuple[Workflow, tuple[str, ...], list[Violation]]:
    """The workflow without the optional choices that nothing conveys, what was left out, and the other violations.

    A call that gives another result without the choice keeps it: later steps and the response build on that result.
    """
    steps = {step.id: step for step in state.workflow.steps}
    notes: list[str] = []
    left: list[Violation] = []
    for violation in about:
        demand = violation.demand
        step = steps[violation.step] if violation.step else None
        shorter = None
        if step is not None and demand is not None and demand.kind == "choice" and demand.optional:
            shorter = _without(state, step, demand.pointer)
        if step is None or demand is None or shorter is None:
            left.append(violation)
            continue
        again = await branches.again(steps.values(), shorter)
        needed = any(step.id in other.depends_on for other in steps.values())
        same = again is not None and again.value == step.observation.value
        tool = state.library.tool(step.call.tool)
        context = Context(returns=tool.returns, call=shorter.call, writes=tool.writes)
        usable = again is not None and classify(again, context).outcome == "ok"
        if again is None or not usable or (needed and not same):
            left.append(violation)
            continue
        steps[step.id] = shorter.model_copy(update={"observation": again})
        notes.append(f"{demand.name} {demand.said} was left out of {step.id}: the query does not convey it")
    chains = (
        chain.model_copy(update={"steps": tuple(steps[step.id] for step in chain.steps)})
        for chain in state.workflow.chains
    )
    # A write that is called in another way may also have another effect: nothing is known of its order any more.
    ordered = state.workflow.ordered and not notes
    return Workflow(chains=tuple(chains), ordered=ordered), tuple(notes), left


def _without(state: State, step: Step, pointer: str) -> Step | None:
    tool = state.library.tool(step.call.tool)
    arguments = without_optional(tool, step.call.arguments, pointer)
    if arguments is None or state.library.validate(ToolCall(tool=tool.name, arguments=arguments)) is not None:
        return None
    name = pointer.split("/")[1]
    origins = tuple(origin for origin in step.origins if origin.pointer.split("/")[1] != name)
    return step.model_copy(
        update={"call": ToolCall(tool=tool.name, arguments=arguments), "origins": origins, "volatile": ()}
    )


def _chains_of(workflow: Workflow, about: Iterable[Violation]) -> dict[str, str]:
    """The chains that the violations are about, with the first of them."""
    found: dict[str, str] = {}
    for violation in about:
        chain = workflow.chain_of(violation.step) if violation.step else None
        if chain is not None:
            found.setdefault(chain, violation.text)
    return found


def _gone(workflow: Workflow) -> bool:
    """Whether a step depends on one that is not there any more."""
    names = {step.id for step in workflow.steps}
    return any(step.depends_on - names for step in workflow.steps)
