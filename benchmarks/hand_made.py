"""The texts and defects of ``natural/`` as planted samples: what a reader that makes no mistake knows of each."""

import re
from collections.abc import Iterator

from benchmarks.natural_samples import Defect, NaturalSample
from benchmarks.perfect_reader import Truth
from benchmarks.planting import Planted
from toolgrad_dspy.provenance import EarlierResult, trace_origins
from toolgrad_dspy.records import Step, Tool, Workflow
from toolgrad_dspy.texts import claims, demands, examine
from toolgrad_dspy.texts.clauses import clauses
from toolgrad_dspy.texts.evidence import Evidence

# The violations that tell of a defect of each kind.
CODES = {
    "value_removed": {"value_not_stated", "pick_not_determined"},
    "argument_changed": {"value_not_stated", "choice_not_conveyed", "broken_origin", "pick_not_determined"},
    "choice_not_conveyed": {"choice_not_conveyed"},
    "boolean_not_conveyed": {"choice_not_conveyed"},
    "pick_not_determined": {"pick_not_determined"},
    "foreign_request": {"request_unserved"},
    "wrong_number": {"claim_unsupported", "not_answered"},
    "wrong_name": {"claim_unsupported", "not_answered"},
    "wrong_date": {"claim_unsupported", "not_answered"},
    "answer_left_out": {"not_answered"},
    "internal_id_told": {"internal_value"},
}
_ARGUMENT = re.compile(r"\b(s\d+)/([\w/]+)")


def tools_of(sample: NaturalSample) -> dict[str, Tool]:
    return {tool.name: tool for tool in sample.tools}


def retraced(sample: NaturalSample) -> NaturalSample:
    """``sample`` with the origins that its arguments are given today; references stay as they were made."""
    tools = tools_of(sample)
    earlier: list[EarlierResult] = []
    steps: dict[str, Step] = {}
    for step in sample.workflow.steps:
        made = {o.pointer: (o.step, o.path or "") for o in step.origins if o.match == "reference" and o.step}
        origins = trace_origins(tools[step.call.tool], step.call.arguments, made, earlier)
        steps[step.id] = step.model_copy(update={"origins": origins})
        earlier.append(EarlierResult(step.id, step.observation, step.call, origins))
    chains = (
        chain.model_copy(update={"steps": tuple(steps[step.id] for step in chain.steps)})
        for chain in sample.workflow.chains
    )
    return sample.model_copy(update={"workflow": Workflow(chains=tuple(chains))})


def hand_made(defect: Defect, clean: NaturalSample) -> Planted:
    """``clean`` with the defect, and the truth of it."""
    faulty = defect.applied_to(clean)
    truth = Truth.of(clean.workflow, tools_of(clean))
    if defect.kind == "argument_changed":
        # The query says what it said before; a value that is another one's now is a demand of its own.
        truth = _as_before(clean, faulty)
    elif defect.kind in ("value_removed", "choice_not_conveyed", "boolean_not_conveyed", "pick_not_determined"):
        _unsay(truth, clean, defect)
    truth.foreign += _added(clean.query, faulty.query) if defect.kind == "foreign_request" else []
    if defect.kind.startswith("wrong_"):
        before = {claim.text for claim in claims(clean.response)}
        truth.false |= {claim.text for claim in claims(faulty.response)} - before
        # What is true of one thing and said of another.
        truth.false |= _of_others(faulty) - _of_others(clean)
    if defect.kind == "answer_left_out":
        told = _told(clean, faulty.response)
        # Told by a fact before; or, where the rules know none of its facts, whatever they do not find told.
        truth.unanswered |= (_told(clean, clean.response) - told) or {s.id for s in clean.workflow.steps} - told
    return Planted(faulty.query, faulty.response, faulty.workflow, truth, frozenset(CODES[defect.kind]))


def _of_others(sample: NaturalSample) -> set[str]:
    """What the response seems to say of a thing that is another one's."""
    found = examine(sample.query, sample.response, sample.workflow, tools_of(sample))
    return {question.claim.text for question in found.questions if question.claim and question.subject}


def _as_before(clean: NaturalSample, faulty: NaturalSample) -> Truth:
    tools = tools_of(clean)
    known = {(d.step, d.pointer): d for d in demands(clean.workflow, tools)}
    truth = Truth.of(faulty.workflow, tools)
    truth.says = {}
    for demand in demands(faulty.workflow, tools):
        own = known.get((demand.step, demand.pointer))
        said = None if own is None else own.pick.label if own.pick else own.value
        truth.says.setdefault((demand.step, demand.name), []).append(said)
    return truth


def _unsay(truth: Truth, clean: NaturalSample, defect: Defect) -> None:
    """The query does not say what the defect is about any more, for whichever call."""
    about = set(_ARGUMENT.findall(defect.about))
    tools = tools_of(clean)
    gone = {
        repr(demand.value)
        for demand in demands(clean.workflow, tools)
        if any(demand.step == step and demand.pointer.startswith(f"/{path}") for step, path in about)
    }
    truth.says = {}
    for demand in demands(clean.workflow, tools):
        said = demand.pick.labels[demand.pick.index] if demand.pick else demand.value
        hit = any(demand.step == step and demand.pointer.startswith(f"/{path}") for step, path in about)
        lost = hit or (defect.kind == "value_removed" and repr(demand.value) in gone)
        truth.says.setdefault((demand.step, demand.name), []).append(None if lost else said)


def _added(before: str, after: str) -> list[str]:
    """The clauses of a text that it did not have."""
    old = {clause.text for clause in clauses(before)}
    return [clause.text for clause in clauses(after) if clause.text not in old]


def _told(sample: NaturalSample, response: str) -> set[str]:
    shown = {step.id: step.observation.value for step in sample.workflow.steps}
    return set(Evidence(shown, [sample.query]).steps_told(response))


def kinds(defects: list[Defect]) -> Iterator[str]:
    """The kinds of ``defects``, each once."""
    return iter(dict.fromkeys(defect.kind for defect in defects))
