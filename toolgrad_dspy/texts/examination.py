"""The examination of a sample's texts by rules: what they break for sure, what holds, and what is left open.

What is open is for a model to decide, which reads the query, or the response with the results
(``program/reader.py``).
Nothing counts as held because nobody decided it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins import origin_faults
from toolgrad_dspy.provenance.placeholders import is_template
from toolgrad_dspy.provenance.repeats import changes_nothing, repeated
from toolgrad_dspy.provenance.statements import contains, conveys, mentions
from toolgrad_dspy.records import Check, CheckedBy, CheckSubject, Step, Tool, Workflow, leaves
from toolgrad_dspy.rendering import abridge
from toolgrad_dspy.texts.answers import answers
from toolgrad_dspy.texts.claims import MOST_CLAIMS, SEARCHED_CHARS, Claim, claims
from toolgrad_dspy.texts.clauses import Clause
from toolgrad_dspy.texts.copied import copied, copied_into_response
from toolgrad_dspy.texts.deeds import Deeds
from toolgrad_dspy.texts.demands import Demand, demands
from toolgrad_dspy.texts.evidence import Evidence
from toolgrad_dspy.texts.internal import internal_values, leaked_names, told_ids
from toolgrad_dspy.texts.picks import determined_by
from toolgrad_dspy.texts.relations import SHORT, Relations
from toolgrad_dspy.texts.sentences import has_words, sentence_of, sentences
from toolgrad_dspy.texts.serving import served
from toolgrad_dspy.texts.unset import unset

ViolationCode = Literal[
    "template",  # a text stands for one and is none
    "empty_query",
    "empty_response",
    "too_long",  # no person writes or reads such a text, and it cannot be checked in reasonable time
    "value_not_stated",  # the query does not state a value of user origin
    "choice_not_conveyed",  # it conveys neither this enumerated value nor this boolean
    "choice_not_given",  # it asks for an enumerated value that the call leaves out
    "pick_not_determined",  # it does not say which of several things is meant
    "request_unserved",  # it asks for something that no call serves
    "call_not_asked",  # nothing in it asks for a call
    "internal_value",  # the query or the response contains an internal id
    "copied_request",  # the query repeats a request's names and values in parentheses
    "copied_response",  # the response does
    "tool_named",  # the query or the response names a tool
    "claim_unsupported",  # the response says what is in no result
    "broken_origin",  # an argument comes from a step that is gone, or from a place where it does not stand
    "repeated_call",  # a read that tells what an earlier one has told, a write that sets what is so already
    "not_answered",  # the response does not tell the outcome of a call
    "unread",  # what the rules leave open was not decided
]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a sample's texts break: ``text`` for the session's reason, ``remedy`` for the model that rewrites.

    ``demand``, ``step`` or neither is what it is about.
    """

    code: ViolationCode
    text: str
    remedy: str = ""
    demand: Demand | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the rules leave open, and the ``violation`` it is if it does not hold.

    It is about a ``demand``, a ``clause`` of the query, a ``step``, or a ``claim`` of the response; the claim may be
    true of something else than the ``subject`` that the response names. ``asked`` is what the query wants to know of
    the step's result. What is ``likely`` holds by the rules, if only by a word: who reads anyway decides it as well.
    """

    about: CheckSubject
    text: str
    violation: Violation
    demand: Demand | None = None
    clause: Clause | None = None
    step: Step | None = None
    claim: Claim | None = None
    subject: str = ""
    asked: tuple[str, ...] = ()
    likely: bool = False

    @property
    def reads_query(self) -> bool:
        """Whether the query alone decides it; else the response with the results."""
        return self.about in ("value", "choice", "pick", "request")

    def decided(self, holds: bool, by: CheckedBy, rule: str) -> Check:
        """The record of the decision."""
        step = self.demand.step if self.demand else self.step.id if self.step else None
        pointer = self.demand.pointer if self.demand else None
        return Check(about=self.about, text=self.text, holds=holds, by=by, rule=rule, step=step, pointer=pointer)


@dataclass(frozen=True, slots=True)
class Examination:
    """What the rules find: ``broken`` for sure, ``checks`` that hold, and the open ``questions``.

    ``likely`` are questions whose answers the rules know, if only by a word: who reads the query anyway decides them
    as well.
    """

    demands: tuple[Demand, ...]
    broken: tuple[Violation, ...] = ()
    checks: tuple[Check, ...] = ()
    questions: tuple[Question, ...] = ()
    likely: tuple[Question, ...] = ()


@dataclass
class _Examiner:
    query: str
    response: str
    workflow: Workflow
    tools: Mapping[str, Tool]
    shown_chars: int
    broken: list[Violation] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    likely: list[Question] = field(default_factory=list)

    def ask(self, question: Question, rule: str | None) -> None:
        """Record what ``rule`` decided, or leave the question open."""
        if rule is None:
            self.questions.append(question)
        else:
            self.checks.append(question.decided(True, "rule", rule))

    def demands(self, wanted: Iterable[Demand]) -> None:
        """Whether the query says what the calls were given."""
        for demand in wanted:
            question, rule = _question(demand), _said(self.query, demand)
            if rule is None and demand.carried:
                rule = "carried" if _said(self.query, replace(demand, nth=1)) else None
                self.likely += [replace(question, likely=True)] if rule else []
            self.ask(question, rule)

    def unset(self) -> None:
        """Whether the query chooses what the calls leave out."""
        for demand in unset(self.query, self.workflow, self.tools):
            self.ask(_question(demand), None)

    def requests(self, wanted: tuple[Demand, ...]) -> None:
        """Whether every request is served, and every call asked for."""
        found = served(self.query, self.workflow, self.tools, wanted)
        for clause in found.served:
            self.checks.append(Check(about="request", text=clause.text, holds=True, by="rule", rule="served"))
        self.likely += [replace(_unserved(clause), likely=True) for clause in found.by_word]
        for clause in found.open_clauses:
            self.ask(_unserved(clause), None)
        self.likely += [replace(_unasked(step), likely=True) for step in found.asked_by_word]
        for step in found.unasked:
            self.ask(_unasked(step), None)

    def claims(self) -> None:
        """Whether what the response says is in what its writer was shown."""
        evidence, elsewhere = self.evidence, self._of_another()
        own = claims(self.response)
        for claim in (*own, *(other for other in elsewhere if other not in own)):
            subject = elsewhere.get(claim, "")
            if subject:
                text = f"claim: the response says {claim.text!r} of {subject!r}, and it is of another one"
            else:
                text = f"claim: the response says {claim.text!r}, which neither a result nor the query has"
            remedy = f"the response must not say {claim.text!r}" + (f" of {subject!r}" if subject else "")
            violation = Violation("claim_unsupported", text, remedy)
            question = Question("claim", claim.text, violation, claim=claim, subject=subject)
            self.ask(question, None if subject else evidence.supports(claim, sentence_of(self.response, claim)))

    def _of_another(self) -> dict[Claim, str]:
        """The claims that are true of another thing than the name before them in their sentence, with that name."""
        relations = Relations(self.shown, [self.query], self.workflow.steps)
        deeds = Deeds(self.workflow.steps, self.tools, self.shown)
        found: dict[Claim, str] = {}
        free = [claim for claim in claims(self.response) if not self._within_a_name(claim)]
        told = relations.told(self.response, free)
        for a, b in sentences(self.response):
            said = [claim for claim in free if a <= claim.start < b]
            pairs = (
                *relations.misplaced([c for c in told if a <= c.start < b]),
                *deeds.misplaced(self.response[a:b], a, said),
            )
            found |= {claim: subject.text for claim, subject in pairs}
        return found

    def _within_a_name(self, claim: Claim) -> bool:
        """Whether a claim is a part of a longer text of the results that the response tells: "Waltz at Midnight"."""
        return any(a <= claim.start and claim.end <= b and b - a > claim.end - claim.start for a, b in self._names)

    @cached_property
    def _names(self) -> list[tuple[int, int]]:
        """Where the response tells a text of the results of several words with a time or a number in it."""
        texts = {
            leaf
            for value in self.shown.values()
            for _, leaf in leaves(value)
            if isinstance(leaf, str) and len(leaf) <= SHORT and " " in leaf and claims(leaf)
        }
        found = []
        for text in texts:
            at = self.response.find(text)
            while at >= 0:
                found.append((at, at + len(text)))
                at = self.response.find(text, at + 1)
        return found

    def answers(self) -> None:
        """Whether the response tells the outcome of every call that has to be told."""
        for answer in answers(self.query, self.response, self.workflow.steps, self.tools, self.evidence):
            text = f"answer: the response does not {answer.lacks}"
            violation = Violation("not_answered", text, f"the response has to {answer.lacks}", step=answer.step.id)
            question = Question("answer", answer.about, violation, step=answer.step, asked=answer.asked)
            self.ask(question, answer.rule)

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.shown, self._beside)

    @cached_property
    def shown(self) -> dict[str, JsonValue]:
        """Of each result what the writer of the response was shown."""
        return {step.id: abridge(step.observation.value, self.shown_chars) for step in self.workflow.steps}

    @cached_property
    def _beside(self) -> list[str]:
        """What may be said beside the results: what the query and the calls say, what the tools are for."""
        arguments = [str(value) for step in self.workflow.steps for value in step.call.arguments.values()]
        about = [self.tools[s.call.tool].description for s in self.workflow.steps if s.call.tool in self.tools]
        return [self.query, *arguments, *about]


def examine(
    query: str,
    response: str,
    workflow: Workflow,
    tools: Mapping[str, Tool],
    *,
    names: Iterable[str] = (),
    shown_chars: int = 2400,
) -> Examination:
    """Examine the texts of ``workflow``. ``tools`` has those that it calls, ``names`` the names that must not leak.

    ``shown_chars`` is how much of each result the writer of the response was shown.
    """
    wanted = demands(workflow, tools)
    own = _Examiner(query, response, workflow, tools, shown_chars)
    own.broken += _of_the_calls(workflow, tools)
    own.broken += _copied(query, wanted, [tool.description for tool in tools.values()])
    own.broken += _copied_into_response(response, wanted)
    own.broken += _surely_broken(query, response, workflow, names or tools)
    if any(violation.code == "too_long" for violation in own.broken):
        return Examination(wanted, tuple(own.broken))
    own.demands(wanted)
    own.unset()
    if query:
        own.requests(wanted)
    if response:
        own.claims()
        own.answers()
    return Examination(wanted, tuple(own.broken), tuple(own.checks), tuple(own.questions), tuple(own.likely))


def _said(query: str, demand: Demand) -> str | None:
    """The rule by which ``query`` says what is demanded, or None."""
    if demand.pick is not None:
        return determined_by(query, demand.pick)
    if demand.kind == "choice":
        found = conveys(query, demand.value, demand.about)
        return found.rule if found else None
    places = mentions(query, demand.value, demand.about)
    return places[demand.nth - 1].rule if len(places) >= demand.nth else None


def _question(demand: Demand) -> Question:
    code: ViolationCode
    if demand.absent:
        text = f"choice: the query asks for {demand.told}, which the call leaves out"
        remedy = f"the query must not say {demand.name} {demand.said}: no call has it"
        violation = Violation("choice_not_given", text, remedy, step=demand.step)
        return Question("choice", f"that {demand.told} is left out", violation, demand=demand)
    if demand.kind == "pick":
        code, text = "pick_not_determined", f"pick: the query does not say {demand.told}"
    elif demand.kind == "choice":
        code, text = "choice_not_conveyed", f"choice: the query does not convey {demand.told}"
    else:
        again = " again" if demand.nth > 1 else ""
        code, text = "value_not_stated", f"unknown origin: the query does not state {demand.told}{again}"
    again = " once more" if demand.nth > 1 else ""
    remedy = f"the query has to say {demand.name} {demand.said}{again}"
    violation = Violation(code, text, remedy, demand=demand, step=demand.step)
    return Question(demand.kind, demand.told, violation, demand=demand)


def _unserved(clause: Clause) -> Question:
    text = f"request: no call serves {clause.text!r}"
    violation = Violation(
        "request_unserved", text, f"the query must not ask for what no request has: {clause.text!r}"
    )
    return Question("request", clause.text, violation, clause=clause)


def _unasked(step: Step) -> Question:
    text = f"call: nothing in the query asks for {step.id} ({step.call.tool})"
    violation = Violation("call_not_asked", text, f"the query has to ask for what {step.id} does", step=step.id)
    return Question("request", f"what {step.id} does", violation, step=step)


def _of_the_calls(workflow: Workflow, tools: Mapping[str, Tool]) -> Iterator[Violation]:
    """What is wrong with the calls themselves, whatever the texts say."""
    for fault in origin_faults(workflow):
        yield Violation("broken_origin", f"origin: {fault.text}", step=fault.step)
    for number, step in enumerate(workflow.steps):
        tool = tools.get(step.call.tool)
        # What a write does is not in its result, but it may set what is so already.
        rule = changes_nothing if tool is not None and tool.writes else repeated
        earlier = rule(step.call, step.observation, workflow.steps[:number])
        if earlier is not None:
            text = f"repeated: {step.id} ({step.call.tool}) tells what {earlier} has told"
            yield Violation("repeated_call", text, step=step.id)


def _copied(query: str, wanted: tuple[Demand, ...], does: Iterable[str]) -> Iterator[Violation]:
    for aside in copied(query, wanted, does):
        text = f"copied: the query repeats {aside!r} from what it has to ask for"
        yield Violation("copied_request", text, f"the query must say {aside!r} in sentences, as a person would")


def _copied_into_response(response: str, wanted: tuple[Demand, ...]) -> Iterator[Violation]:
    for aside in copied_into_response(response, wanted):
        text = f"copied: the response repeats {aside!r} from the requests"
        yield Violation("copied_response", text, "the response must tell what came of the requests, not repeat them")


def _surely_broken(query: str, response: str, workflow: Workflow, names: Iterable[str]) -> Iterator[Violation]:
    """What needs no second opinion. The part of each text before the first colon is what statistics count."""
    if not has_words(query):
        yield Violation("empty_query", "the query is empty" if not query else f"the query says nothing: {query}")
    if not has_words(response):
        text = "the response is empty" if not response else f"the response says nothing: {response}"
        yield Violation("empty_response", text)
    for part, text in (("query", query), ("response", response)):
        if is_template(text):  # "{query}", as the form of the answer has it
            yield Violation("template", f"the {part} is a template", f"the {part} has to be written, not {text}")
    for part, text in (("query", query), ("response", response)):
        if len(text) > SEARCHED_CHARS or (part == "response" and len(claims(text)) >= MOST_CLAIMS):
            yield Violation(
                "too_long", f"the {part} is too long: {len(text)} characters", f"the {part} has to be short"
            )
    for value in internal_values(workflow):
        if contains(query, value):
            yield Violation("internal_value", f"the query contains the internal value {value!r}")
    for told in told_ids(response, query, workflow):
        yield Violation("internal_value", f"internal id: the response tells {told!r}, which nobody asked for")
    named = frozenset(names)
    for part, text in (("query", query), ("response", response)):
        for name in leaked_names(text, named):
            yield Violation("tool_named", f"the {part} names the tool {name}")


def reasons(broken: Iterable[Violation]) -> str:
    """The texts of ``broken`` in one line: the problem in the updater's prompt, the reason of a rejected session."""
    return "; ".join(violation.text for violation in broken)
