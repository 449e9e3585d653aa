"""What the query has to state and what it must not contain, by the argument origins; and whether it does so."""

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins import distinctive
from toolgrad_dspy.provenance.statements import contains, states
from toolgrad_dspy.records import Origin, Step, Workflow, last_key, lookup, names_id, opaque
from toolgrad_dspy.records.pointer import unescape

# Schema origins that are a choice somebody has to make, and that a query should convey in its own words.
_CHOICES = ("enum", "boolean")
_ORDINARY_WORD = re.compile(r"^[A-Za-z][a-z]*$")

ViolationCode = Literal[
    "empty_query",
    "empty_response",
    "value_not_stated",  # the query does not state a value of user origin
    "internal_value",  # the query contains an internal id
    "tool_named",  # the query or the response names a tool
]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a sample's texts break. ``text`` is a sentence for the updater model and the session's reason."""

    code: ViolationCode
    text: str


@dataclass(frozen=True, slots=True)
class RequiredValue:
    """A value of a step's arguments that the query has to state, or, for a ``choice``, to convey in its own words."""

    step: str
    tool: str
    pointer: str
    value: JsonValue
    choice: bool

    @property
    def name(self) -> str:
        """What the value is called: the names on the way to it in the arguments."""
        keys = [unescape(token) for token in self.pointer.split("/")[1:]]
        return " ".join(key for key in keys if not key.isdigit()) or "argument"


@dataclass(frozen=True, slots=True)
class QueryRequirements:
    """What a query has to state, in the order of the steps, and the internal values that it must not contain."""

    to_state: tuple[RequiredValue, ...]
    to_avoid: tuple[JsonValue, ...]


def query_requirements(workflow: Workflow) -> QueryRequirements:
    """What the workflow's origins require of a query.

    Values of ``user`` origin have to be stated. Of the ``schema`` ones, enumerated values and booleans are choices to
    convey; defaults and constants need no word. Internal ids that came from results must not appear.
    """
    # One entry per value and name: the party of 4 that two bookings share is stated once. `repr` tells 1 from "1"
    # and from True, and lists and objects are not hashable.
    to_state: dict[tuple[str, str], RequiredValue] = {}
    for step in workflow.steps:
        for origin in step.origins:
            if _has_to_be_stated(origin):
                value = lookup(step.call.arguments, origin.pointer)
                choice = origin.kind == "schema"
                required = RequiredValue(step.id, step.call.tool, origin.pointer, value, choice)
                to_state.setdefault((repr(value), last_key(origin.pointer)), required)
    return QueryRequirements(tuple(to_state.values()), internal_values(workflow))


def internal_values(workflow: Workflow) -> tuple[JsonValue, ...]:
    """The internal ids among the arguments: what came from results, and is nowhere a value to be stated."""
    internal: dict[str, JsonValue] = {}
    stated_texts = set()
    for step in workflow.steps:
        for origin in step.origins:
            value = lookup(step.call.arguments, origin.pointer)
            if _has_to_be_stated(origin):
                stated_texts.add(str(value))
            elif origin.kind == "result" and is_internal(origin, value):
                internal.setdefault(str(value), value)
    # An order number that the user gives for one call may be in the query, though another call took it from a result.
    return tuple(value for text, value in internal.items() if text not in stated_texts)


def _has_to_be_stated(origin: Origin) -> bool:
    return origin.kind == "user" or (origin.kind != "result" and origin.match in _CHOICES)


def is_internal(origin: Origin, value: JsonValue) -> bool:
    """Whether a value taken from a result is an id that a person would not know or say.

    It is if it is distinctive, and called an id on either side or has the look of one (letters and digits in one
    word, or a long hexadecimal number).
    """
    if not distinctive(value):  # room 12 is an id as well, and people say it
        return False
    # Either side: `{"place": "harbour"}` taken from `/places/0/id` is an id, though the parameter does not say so.
    return names_id(last_key(origin.pointer)) or names_id(last_key(origin.path or "")) or opaque(value)


def unstated(query: str, requirements: QueryRequirements) -> tuple[RequiredValue, ...]:
    """The required values that ``query`` does not state. Choices are left to its own words."""
    return tuple(
        required for required in requirements.to_state if not required.choice and not states(query, required.value)
    )


def with_unknown_origins(workflow: Workflow, missing: tuple[RequiredValue, ...]) -> Workflow:
    """``workflow`` with the origin of each value in ``missing`` turned ``unknown``, in every step that uses it."""
    # By value and name, as `query_requirements` merges them: the entry names only the first step that uses the value.
    values = [(required.value, last_key(required.pointer)) for required in missing]

    def reworked(step: Step) -> Step:
        origins = tuple(
            o.model_copy(update={"kind": "unknown"})
            if o.kind == "user" and (lookup(step.call.arguments, o.pointer), last_key(o.pointer)) in values
            else o
            for o in step.origins
        )
        return step.model_copy(update={"origins": origins})

    chains = (c.model_copy(update={"steps": tuple(reworked(s) for s in c.steps)}) for c in workflow.chains)
    return Workflow(chains=tuple(chains))


def violations(
    query: str, response: str, requirements: QueryRequirements, tool_names: frozenset[str]
) -> tuple[Violation, ...]:
    """The rules that a query and its response break; none when they meet all requirements.

    The texts are stored as the reason of a rejected session, whose part before the first colon is what statistics
    count (``Session.reason_key``).
    """
    broken = []
    # An empty query also states nothing: all that is missing is listed, so that one re-ask can mend it.
    if not query:
        broken.append(Violation("empty_query", "the query is empty"))
    if not response:
        broken.append(Violation("empty_response", "the response is empty"))
    for required in unstated(query, requirements):
        shown = f"{required.value!r} ({last_key(required.pointer)} of {required.step})"
        broken.append(Violation("value_not_stated", f"unknown origin: the query does not state {shown}"))
    broken += [
        Violation("internal_value", f"the query contains the internal value {value!r}")
        for value in requirements.to_avoid
        if contains(query, value)
    ]
    for part, text in (("query", query), ("response", response)):
        broken += [
            Violation("tool_named", f"the {part} names the tool {name}") for name in leaked_names(text, tool_names)
        ]
    return tuple(broken)


def reasons(broken: tuple[Violation, ...]) -> str:
    """The texts of ``broken`` in one line: the problem in the updater's prompt, the reason of a rejected session."""
    return "; ".join(violation.text for violation in broken)


def leaked_names(text: str, tool_names: frozenset[str]) -> list[str]:
    """Tool names in ``text``, sorted. Names that are ordinary words (``search``) are left out: people use those."""
    # Whole identifiers: "rebook_table" does not name the tool "book_table".
    words = set(re.findall(r"[A-Za-z0-9_-]+", text))
    return sorted(name for name in words & tool_names if not _ORDINARY_WORD.match(name))
