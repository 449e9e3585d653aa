"""The reader: a model decides what the rules leave open about a sample's texts.

One call reads the query alone and writes down what it says for each blank; that is compared with what the calls were
given, which the model is not shown. Another one, only where needed, compares the response with the results. A reading
that cannot be used decides nothing, and then nothing holds.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dspy
from pydantic import JsonValue

from toolgrad_dspy.json_schema import JsonSchema
from toolgrad_dspy.json_schema.enumerated import enumerated
from toolgrad_dspy.lm.ask import AnswerError, ask
from toolgrad_dspy.lm.calls.allowance import CallLimitError
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import holding
from toolgrad_dspy.lm.settings import Role
from toolgrad_dspy.program.answer_schemas import SENTENCE, choice_schema
from toolgrad_dspy.program.choices import read_choice
from toolgrad_dspy.provenance.statements import same_value
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Check, Step, Tool, Workflow
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.rendering import line, short_description, workflow_lines
from toolgrad_dspy.signatures import MISSING, NO_CALL, CheckResponse, Extract, ReadRequest, ReadValue
from toolgrad_dspy.texts import Demand, Examination, Question, Violation
from toolgrad_dspy.texts.sentences import sentence_of

# Characters of what a tool does, and of a sentence, for the reader.
DOES = 160
SENTENCE_CHARS = 300
# What people and models write for a boolean.
_YES = frozenset({"true", "yes", "y", "1", "on"})
_NO = frozenset({"false", "no", "n", "0", "off"})


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts to read, and what they were written for. ``shown_chars``: as much of a result as their writer saw."""

    query: str
    response: str
    workflow: Workflow
    tools: Mapping[str, Tool]
    shown_chars: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was decided: the checks, and the violations among them. ``problem`` says why a reading was not usable."""

    checks: tuple[Check, ...] = ()
    broken: tuple[Violation, ...] = ()
    problem: str = ""


class Reader(dspy.Module):
    """Asks the model of the role ``judge``; their own writer where that one is scripted and the texts are not."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.extract = dspy.Predict(Extract)
        self.check = dspy.Predict(CheckResponse)
        self._models = models
        self._compiled = True  # DSPy's optimizers leave alone what is compiled

    @property
    def role(self) -> Role:
        judge, updater = (self._models.settings.get(role) for role in ("judge", "updater"))
        if judge is None or (judge.is_rehearsal and updater is not None and not updater.is_rehearsal):
            return "updater"
        return "judge"

    async def aforward(self, texts: Texts, examination: Examination) -> Reading:
        """Decide the open questions of ``examination``: those about the query in one call, the others in one more.

        The second call is not made if the first finds the texts broken. Raises what ends the run.
        """
        about_query = [question for question in examination.questions if question.reads_query]
        if about_query:
            about_query += examination.likely
        about_response = [question for question in examination.questions if not question.reads_query]
        checks: list[Check] = []
        broken: list[Violation] = []
        for questions, read in ((about_query, self._read_query), (about_response, self._read_response)):
            if not questions or broken:
                continue
            try:
                decided = await read(texts, questions)
            except (AnswerError, CallLimitError) as error:
                undecided = [question.decided(False, "nobody", "") for question in questions if not question.likely]
                problem = f"reader: no usable reading of what the rules leave open ({error})"
                return Reading((*checks, *undecided), (Violation("unread", problem),), problem)
            checks += [
                question.decided(holds, "model", said)
                for question, holds, said in decided
                if not (holds and question.likely)
            ]
            broken += [question.violation for question, holds, _ in decided if not holds]
        return Reading(tuple(checks), tuple(broken))

    # The query

    async def _read_query(self, texts: Texts, questions: Sequence[Question]) -> list["_Decision"]:
        steps = texts.workflow.steps
        groups: dict[tuple[str, str, str], list[Demand]] = {}
        for question in questions:
            if (demand := question.demand) is not None:  # the items of a list share a blank
                own = "" if list_item(demand.pointer) else demand.pointer
                groups.setdefault((demand.step, demand.name, own), []).append(demand)
        blanks = list(enumerate(groups.values(), 1))

        def schemas() -> dict[str, JsonSchema]:
            return _query_schemas(len(blanks), [step.id for step in steps])

        with holding(schemas):
            answer = await ask(
                self.extract,
                self._models,
                self.role,
                calls=_lines(_call(step, texts.tools) for step in steps),
                blanks=_lines(_blank(number, group) for number, group in blanks),
                query=line(texts.query),
            )
        read = {value.blank: value for value in reversed(answer.extracted)}
        said = {id(demand): read.get(number) for number, group in blanks for demand in group}
        decisions = []
        for question in questions:
            if question.demand is not None:
                decisions.append(_filled(question, question.demand, said[id(question.demand)], texts.query))
            else:
                decisions.append(_requested(question, answer.requests, steps))
        return decisions if _lists_what_is_sure(questions, answer.requests, steps) else _likely_as_they_are(decisions)

    # The response

    async def _read_response(self, texts: Texts, questions: Sequence[Question]) -> list["_Decision"]:
        claimed = [question for question in questions if question.claim is not None]
        unanswered = [question for question in questions if question.step is not None]
        ids = [question.step.id for question in unanswered if question.step is not None]

        with holding(lambda: _response_schemas(len(claimed), ids)):
            answer = await ask(
                self.check,
                self._models,
                self.role,
                # Claims may be in any result; an answer is about its own.
                results=workflow_lines(texts.workflow if claimed else _of(texts.workflow, ids), texts.shown_chars),
                query=line(texts.query),
                response=line(texts.response),
                claims=_lines(_claim(number, question, texts) for number, question in enumerate(claimed, 1)),
                calls=_lines(_unanswered(question, question.step, texts) for question in unanswered if question.step),
            )
        supported = {checked.claim: checked for checked in reversed(answer.claims_checked)}
        answered = {read_choice(checked.call, ids): checked for checked in reversed(answer.answers_checked)}
        decisions = []
        for question in questions:
            if question.step is not None:
                told = answered.get(question.step.id)
                decisions.append((question, told is not None and told.answered, told.reason if told else ""))
            else:
                found = supported.get(claimed.index(question) + 1)
                decisions.append((question, found is not None and found.supported, found.reason if found else ""))
        return decisions


_Decision = tuple[Question, bool, str]


def _filled(question: Question, demand: Demand, read: ReadValue | None, query: str) -> _Decision:
    """Whether what was read for a demand's blank is what the call was given."""
    if demand.absent and read is not None and read.value.strip().lower().startswith(MISSING):
        return question, True, "nothing was found for it"
    if read is None or not read.value.strip() or read.value.strip().lower().startswith(MISSING):
        return question, False, "it was not found"
    # A model that knows what is wanted writes it down though nothing says it: it has to show the words.
    words = normalise(read.words)
    if not words.strip() or words not in normalise(query):
        return question, False, f"{read.value!r} was read from words that the query does not have"
    # Of a list all values are written: one of them has to be it.
    said = [read.value, *_parts(read.value)] if list_item(demand.pointer) else [read.value]
    found = any(_is_meant(part, demand) for part in said)
    return question, found != demand.absent, f"{read.value!r} from {read.words!r}"


def _parts(said: str) -> list[str]:
    return [part.strip(" \"'[]") for part in re.split(r",|;|\band\b", said)]


def _is_meant(said: str, demand: Demand) -> bool:
    if demand.pick is not None:
        label = demand.pick.labels[demand.pick.index]
        named = normalise(said) == normalise(label) or read_choice(said, demand.pick.labels) == label
        return named or same_value(said, demand.pick.value, demand.about)
    if isinstance(demand.value, bool):
        plain = said.strip().casefold()
        return plain in (_YES if demand.value else _NO)
    return same_value(said, demand.value, demand.about) or normalise(said) == normalise(str(demand.value))


def _requested(question: Question, requests: Sequence[ReadRequest], steps: Sequence[Step]) -> _Decision:
    """Whether a clause is served, or a call is asked for."""
    ids = [step.id for step in steps]
    if question.step is not None:
        needed = _asked_for(requests, steps)
        return question, question.step.id in needed, f"asked for: {', '.join(sorted(needed)) or 'none'}"
    assert question.clause is not None, "a request is about a clause or a step"
    words = set(normalise(question.clause.text).split())
    for request in requests:
        own = set(normalise(request.request).split())
        if (
            own
            and len(own & words) >= 0.6 * min(len(own), len(words))
            and read_choice(request.call, (*ids, NO_CALL)) not in ids
        ):
            return question, False, f"{request.request!r} is served by no call"
    return question, True, "it asks for nothing that no call serves"


def _lists_what_is_sure(
    questions: Sequence[Question], requests: Sequence[ReadRequest], steps: Sequence[Step]
) -> bool:
    """Whether the requests that were read ask for the steps that values ask for; else they are not all of them."""
    asked = _asked_for(requests, steps)
    open_steps = {question.step.id for question in questions if question.step}
    return bool(asked) and {step.id for step in steps} - open_steps <= asked


def _likely_as_they_are(decisions: Sequence[_Decision]) -> list[_Decision]:
    """The decisions without those that deny a likely step: a list with gaps says nothing of it."""
    return [(one, holds or (one.likely and one.step is not None), rule) for one, holds, rule in decisions]


def _asked_for(requests: Sequence[ReadRequest], steps: Sequence[Step]) -> set[str]:
    """The steps that a request is served by, and those that they take values from."""
    ids = [step.id for step in steps]
    asked = {call for request in requests if (call := read_choice(request.call, (*ids, NO_CALL))) in ids}
    return {name for step in reversed(steps) if step.id in asked for name in step.depends_on} | asked


def _of(workflow: Workflow, ids: Collection[str]) -> Workflow:
    """``workflow`` with the steps ``ids`` alone."""
    chains = ((chain, tuple(step for step in chain.steps if step.id in ids)) for chain in workflow.chains)
    return Workflow(chains=tuple(chain.model_copy(update={"steps": steps}) for chain, steps in chains if steps))


def _call(step: Step, tools: Mapping[str, Tool]) -> dict[str, JsonValue]:
    tool = tools.get(step.call.tool)
    does = short_description(" ".join(tool.description.split()), DOES) if tool else ""
    return {"call": step.id, "tool": step.call.tool, "does": does}


def _unanswered(question: Question, step: Step, texts: Texts) -> dict[str, JsonValue]:
    shown = _call(step, texts.tools)
    return {**shown, "asked": [*question.asked]} if question.asked else shown


def _blank(number: int, group: Sequence[Demand]) -> dict[str, JsonValue]:
    """A blank as the reader sees it: what belongs there, never what the call was given."""
    demand = group[0]
    shown: dict[str, JsonValue] = {"blank": number, "call": demand.step, "parameter": demand.name}
    if demand.pick is not None:
        return {**shown, "meaning": f"the {demand.pick.thing} that is meant", "options": [*demand.pick.labels]}
    if list_item(demand.pointer):
        shown["list"] = True
    schema = demand.about.schema or {}
    meaning = schema.get("description")
    if isinstance(meaning, str) and meaning:
        shown["meaning"] = short_description(" ".join(meaning.split()), DOES)
    if isinstance(demand.value, bool):
        shown["options"] = ["true", "false"]
    elif demand.kind == "choice":
        shown["options"] = enumerated(schema)
    return shown


def list_item(pointer: str) -> bool:
    """Whether an argument is an item of a list."""
    return any(list_index(token) is not None for token in pointer.split("/")[1:])


def _claim(number: int, question: Question, texts: Texts) -> dict[str, JsonValue]:
    assert question.claim is not None, "a claim is asked about"
    sentence = sentence_of(texts.response, question.claim).strip()
    shown: dict[str, JsonValue] = {"claim": number, "says": question.claim.text, "in": sentence[:SENTENCE_CHARS]}
    return {**shown, "of": question.subject} if question.subject else shown


def _query_schemas(blanks: int, ids: Sequence[str]) -> dict[str, JsonSchema]:
    value: JsonSchema = {
        "type": "object",
        "properties": {
            "blank": {"type": "integer", "minimum": 1, "maximum": max(1, blanks)},
            "words": {"type": "string", "maxLength": SENTENCE_CHARS},
            "value": {"type": "string", "maxLength": SENTENCE_CHARS},
        },
        "required": ["blank", "words", "value"],
        "additionalProperties": False,
    }
    request: JsonSchema = {
        "type": "object",
        "properties": {
            "request": {"type": "string", "maxLength": SENTENCE_CHARS},
            "call": choice_schema((*ids, NO_CALL)),
        },
        "required": ["request", "call"],
        "additionalProperties": False,
    }
    return {
        "extracted": {"type": "array", "items": value, "minItems": blanks, "maxItems": blanks},
        "requests": {"type": "array", "items": request, "maxItems": 2 * len(ids) + 2},
    }


def _response_schemas(claims: int, ids: Sequence[str]) -> dict[str, JsonSchema]:
    claim: JsonSchema = {
        "type": "object",
        "properties": {
            "claim": {"type": "integer", "minimum": 1, "maximum": max(1, claims)},
            "reason": SENTENCE,
            "supported": {"type": "boolean"},
        },
        "required": ["claim", "reason", "supported"],
        "additionalProperties": False,
    }
    answer: JsonSchema = {
        "type": "object",
        "properties": {"call": choice_schema(ids or [NO_CALL]), "reason": SENTENCE, "answered": {"type": "boolean"}},
        "required": ["call", "reason", "answered"],
        "additionalProperties": False,
    }
    return {
        "claims_checked": {"type": "array", "items": claim, "minItems": claims, "maxItems": claims},
        "answers_checked": {"type": "array", "items": answer, "minItems": len(ids), "maxItems": len(ids)},
    }


def _lines(shown: Iterator[dict[str, JsonValue]]) -> str:
    return "\n".join(line(value) for value in shown) or "(none)"
