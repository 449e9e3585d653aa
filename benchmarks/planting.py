"""Defects, planted in samples that have none: one function per kind, which changes as little as it can.

Each takes a sample, its run's tools, another sample to take foreign things from, and a generator of random numbers;
it gives the planted sample, or None where the sample has no place for such a defect.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import JsonValue

from benchmarks.perfect_reader import Truth
from toolgrad_dspy.json_schema.enumerated import enumerated
from toolgrad_dspy.provenance.statements import conveys, mentions, states
from toolgrad_dspy.records import Chain, Sample, Step, Tool, ToolCall, Workflow, leaves
from toolgrad_dspy.records.pointer import list_index, unescape
from toolgrad_dspy.texts import Demand, claims, demands, told_ids
from toolgrad_dspy.texts.evidence import Evidence
from toolgrad_dspy.texts.sentences import sentence_of, sentences

Tools = dict[str, Tool]


@dataclass(frozen=True)
class Planted:
    """A sample with one defect; ``codes`` are the violations that tell of it."""

    query: str
    response: str
    workflow: Workflow
    truth: Truth
    codes: frozenset[str]


Plant = Callable[[Sample, Tools, Sample, random.Random], Planted | None]


def value_removed(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """The words that state a value are cut out of the query."""
    for demand in _shuffled(_demands(sample, tools, "value"), rng):
        query = sample.query
        for mention in reversed(mentions(query, demand.value, demand.about)):
            query = query[: mention.start] + query[mention.end :]
        if query != sample.query and not states(query, demand.value, demand.about):
            truth = _truth(sample, tools)
            _unsay(truth, demand)
            return _planted(sample, truth, "value_not_stated", query=" ".join(query.split()))
    return None


def argument_changed(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A call gets another value than the query states."""
    for demand in _shuffled(_demands(sample, tools, "value"), rng):
        wrong = _another(demand.value, rng)
        if wrong is not None and not states(sample.query, wrong, demand.about):
            # Known of the sample as it was: the query says what it said before.
            truth = _truth(sample, tools)
            changed = _with_argument(sample.workflow, demand, wrong)
            return _planted(sample, truth, "value_not_stated", workflow=changed)
    return None


def choice_not_conveyed(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A call gets another enumerated value, or the other boolean, than the query conveys."""
    for demand in _shuffled(_demands(sample, tools, "choice"), rng):
        options = [not demand.value] if isinstance(demand.value, bool) else _options(demand)
        wrong = [
            value for value in options if value != demand.value and not conveys(sample.query, value, demand.about)
        ]
        if wrong:
            truth = _truth(sample, tools)
            changed = _with_argument(sample.workflow, demand, rng.choice(wrong))
            return _planted(sample, truth, "choice_not_conveyed", workflow=changed)
    return None


def foreign_request(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """The query gets a request of another sample's query, for a call that this one does not have."""
    own = {(step.call.tool, str(step.call.arguments)) for step in sample.workflow.steps}
    asked = [text for text in _sentences(other.query) if text not in sample.query]
    steps = [step for step in other.workflow.steps if (step.call.tool, str(step.call.arguments)) not in own]
    if len(asked) < 2 or len(steps) < len(other.workflow.steps):
        return None
    foreign = rng.choice(asked[1:])  # the first one says what it is all for
    parts = _sentences(sample.query)
    place = rng.randrange(1, len(parts) + 1)
    query = " ".join([*parts[:place], foreign, *parts[place:]])
    truth = _truth(sample, tools)
    truth.foreign.append(foreign)
    return _planted(sample, truth, "request_unserved", query=query)


def wrong_number(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A number of the response is another one, which no result has."""
    return _wrong_claim(sample, tools, rng, "number", lambda text: _other_number(text, rng))


def wrong_date(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A date or a time of the response is another one."""
    return _wrong_claim(sample, tools, rng, "date", lambda text: _other_day(text, rng))


def wrong_name(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A name of the response is one of another sample's."""
    names = [claim.text for claim in claims(other.response) if claim.kind == "name" and " " in claim.text]
    return _wrong_claim(sample, tools, rng, "name", lambda text: rng.choice(names) if names else text)


def answer_left_out(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """What came of a call that no other one uses is cut out of the response."""
    used = {name for step in sample.workflow.steps for name in step.uses}
    shown = {step.id: step.observation.value for step in sample.workflow.steps}
    evidence = Evidence(shown, [sample.query])
    parts = [sample.response[a:b] for a, b in sentences(sample.response)]
    for step in _shuffled([step for step in sample.workflow.steps if step.id not in used], rng):
        about = [part for part in parts if evidence.steps_told(part) == {step.id}]
        kept = [part for part in parts if part not in about]
        if about and kept and step.id not in evidence.steps_told(" ".join(kept)):
            truth = _truth(sample, tools)
            truth.unanswered.add(step.id)
            return _planted(sample, truth, "not_answered", response=" ".join(part.strip() for part in kept))
    return None


def internal_id_told(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """The response tells an id that stands in a result."""
    ids = [
        leaf
        for step in sample.workflow.steps
        for path, leaf in leaves(step.observation.value)
        if isinstance(leaf, str) and path.endswith("_id")
    ]
    if not ids:
        return None
    told = rng.choice(ids)
    response = re.sub(r"([.!?])", rf" ({told})\1", sample.response, count=1)
    if response == sample.response or not told_ids(response, "", sample.workflow):
        return None
    return _planted(sample, _truth(sample, tools), "internal_value", response=response)


def redundant_call(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A call is made twice, or one of another sample is made, too."""
    steps = sample.workflow.steps
    number = max(step.number for step in steps) + 1
    own = {step.call.tool for step in steps}
    others = [s for s in other.workflow.steps if not s.uses and s.call.tool not in own]
    twice = [s for s in steps if not tools[s.call.tool].writes]
    chosen = rng.choice(twice) if twice and (rng.random() < 0.5 or not others) else None
    extra = chosen or (rng.choice(others) if others else None)
    if extra is None:
        return None
    # Of another sample's results this one's have nothing.
    origins = extra.origins if extra is chosen else tuple(o.model_copy(update={"echo": None}) for o in extra.origins)
    added = extra.model_copy(update={"id": f"s{number}", "after": (), "origins": origins})
    truth = _truth(sample, tools)
    truth.unasked.add(added.id)
    for demand in demands(Workflow(chains=(Chain(id="c1", steps=(added,)),)), tools):
        truth.says[demand.step, demand.name] = [None]
    chains = (*sample.workflow.chains, Chain(id="c99", steps=(added,)))
    codes = ("repeated_call", "call_not_asked", "value_not_stated", "choice_not_conveyed", "not_answered")
    return _planted(sample, truth, *codes, workflow=Workflow(chains=chains))


def dropped_call_used(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A call whose result another one uses is gone."""
    used = {name for step in sample.workflow.steps for name in step.uses}
    return _without(sample, tools, [step for step in sample.workflow.steps if step.id in used], rng, "broken_origin")


def dropped_call_unused(sample: Sample, tools: Tools, other: Sample, rng: random.Random) -> Planted | None:
    """A call that no other one uses is gone, and the query asks for it."""
    used = {name for step in sample.workflow.steps for name in step.uses}
    left = [step for step in sample.workflow.steps if step.id not in used]
    return _without(sample, tools, left, rng, "request_unserved", "claim_unsupported", "broken_origin")


PLANTS: dict[str, Plant] = {
    "value removed from the query": value_removed,
    "argument nobody stated": argument_changed,
    "choice or boolean not conveyed": choice_not_conveyed,
    "request without a call": foreign_request,
    "wrong number in the response": wrong_number,
    "wrong name in the response": wrong_name,
    "wrong date or time in the response": wrong_date,
    "answer left out": answer_left_out,
    "internal id told": internal_id_told,
    "redundant call": redundant_call,
    "dropped call, used": dropped_call_used,
    "dropped call, not used": dropped_call_unused,
}


# What they share


def _truth(sample: Sample, tools: Tools) -> Truth:
    return Truth.of(sample.workflow, tools)


def _planted(
    sample: Sample,
    truth: Truth,
    *codes: str,
    query: str | None = None,
    response: str | None = None,
    workflow: Workflow | None = None,
) -> Planted:
    return Planted(
        query=sample.query if query is None else query,
        response=sample.response if response is None else response,
        workflow=workflow or sample.workflow,
        truth=truth,
        codes=frozenset(codes),
    )


def _demands(sample: Sample, tools: Tools, kind: str) -> list[Demand]:
    return [demand for demand in demands(sample.workflow, tools) if demand.kind == kind and demand.nth == 1]


def _shuffled(items: list[Any], rng: random.Random) -> list[Any]:
    return rng.sample(items, len(items))


def _unsay(truth: Truth, demand: Demand) -> None:
    """The query does not say the value any more, for whichever call."""
    for key, values in truth.says.items():
        truth.says[key] = [None if value == demand.value and key[1] == demand.name else value for value in values]


def _sentences(text: str) -> list[str]:
    return [text[a:b].strip() for a, b in sentences(text)]


def _another(value: JsonValue, rng: random.Random) -> JsonValue:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return value + rng.choice([1, 2, 3])
    text = str(value)
    changed = _other_day(text, rng)
    if changed != text:
        return changed
    return rng.choice(["Lighthouse walk", "Quarterly figures", "Violin lesson"]) if len(text) > 2 else None


def _other_number(text: str, rng: random.Random) -> str:
    return re.sub(r"\d+(?!.*\d)", lambda found: str(int(found[0]) + rng.randrange(1, 8)), text)


def _other_day(text: str, rng: random.Random) -> str:
    """``text`` with another day or minute in it."""
    if found := re.search(r"\d{4}-\d{2}-\d{2}", text):
        moved = date.fromisoformat(found[0]) + timedelta(days=rng.randrange(33, 70))
        return text.replace(found[0], moved.isoformat())
    if found := re.search(r"\b([01]?\d|2[0-3]):([0-5]\d)", text):
        return text.replace(found[0], f"{found[1]}:{(int(found[2]) + 7) % 60:02d}")
    if re.fullmatch(r"\D*\d{1,2}\D*", text):  # "May 14th"
        return re.sub(
            r"\d{1,2}(?:st|nd|rd|th)?", lambda found: str((int(re.sub(r"\D", "", found[0])) + 8) % 27 + 1), text
        )
    return text


def _wrong_claim(
    sample: Sample, tools: Tools, rng: random.Random, kind: str, change: Callable[[str], str]
) -> Planted | None:
    kinds = ("date", "time") if kind == "date" else (kind,)
    for claim in _shuffled([c for c in claims(sample.response) if c.kind in kinds], rng):
        wrong = change(claim.text)
        # An equal text somewhere in the results would make it true by chance.
        known = str([step.observation.value for step in sample.workflow.steps]) + sample.query
        if wrong == claim.text or wrong.casefold() in known.casefold():
            continue
        response = sample.response[: claim.start] + wrong + sample.response[claim.end :]
        truth = _truth(sample, tools)
        truth.false |= {c.text for c in claims(response) if c.start <= claim.start < c.end or wrong in c.text}
        codes = ("claim_unsupported", "not_answered")
        return _planted(sample, truth, *codes, response=response)
    return None


def _options(demand: Demand) -> list[JsonValue]:
    return enumerated(demand.about.schema or {})


def _with_argument(workflow: Workflow, demand: Demand, value: JsonValue) -> Workflow:
    """``workflow`` with ``value`` in place of the demanded one, in the step it is demanded for."""

    def changed(step: Step) -> Step:
        if step.id != demand.step:
            return step
        arguments = _replaced(step.call.arguments, [unescape(t) for t in demand.pointer.split("/")[1:]], value)
        return step.model_copy(update={"call": ToolCall(tool=step.call.tool, arguments=arguments)})

    chains = (chain.model_copy(update={"steps": tuple(map(changed, chain.steps))}) for chain in workflow.chains)
    return Workflow(chains=tuple(chains))


def _replaced(inside: Any, tokens: list[str], value: JsonValue) -> Any:
    if not tokens:
        return value
    token, *rest = tokens
    if isinstance(inside, list):
        index = list_index(token)
        return [_replaced(item, rest, value) if number == index else item for number, item in enumerate(inside)]
    return {key: _replaced(item, rest, value) if key == token else item for key, item in inside.items()}


def _without(sample: Sample, tools: Tools, steps: list[Step], rng: random.Random, *codes: str) -> Planted | None:
    """The sample without one of ``steps``, if its query asks for it in a sentence."""
    if len(sample.workflow.steps) < 2 or not steps:
        return None
    gone = rng.choice(steps)
    chains = (
        chain.model_copy(update={"steps": tuple(step for step in chain.steps if step.id != gone.id)})
        for chain in sample.workflow.chains
    )
    workflow = Workflow(chains=tuple(chain for chain in chains if chain.steps))
    truth = Truth.of(workflow, tools)
    # Whatever clause the rules leave open may be the one that asked for the call that is gone.
    truth.foreign += list(_clauses_for(sample, gone, tools))
    # What only the lost result has told is not true any more.
    evidence = Evidence({step.id: step.observation.value for step in workflow.steps}, [sample.query])
    said = ((claim, sentence_of(sample.response, claim)) for claim in claims(sample.response))
    truth.false |= {claim.text for claim, sentence in said if evidence.supports(claim, sentence) is None}
    return _planted(sample, truth, *codes, workflow=workflow)


def _clauses_for(sample: Sample, step: Step, tools: Tools) -> Iterator[str]:
    """The sentences of the query that ask for ``step``: those that state its values, or share its tool's words."""
    from toolgrad_dspy.texts.clauses import telling, vocabulary

    own = [demand for demand in demands(sample.workflow, tools) if demand.step == step.id and demand.kind == "value"]
    for text in _sentences(sample.query):
        if any(states(text, demand.value, demand.about) for demand in own) or telling(text) & vocabulary(step, tools):
            yield text
