"""What the query has to state and what it must not contain, by the argument origins; and whether it does so."""

import re
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.provenance.mentions import contains, states
from toolgrad_dspy.provenance.origins import distinctive
from toolgrad_dspy.records import Origin, Step, Workflow, last_key, lookup
from toolgrad_dspy.tools.library import Library

# Schema origins that are a choice somebody has to make, and that a query should convey in its own words.
_CHOICES = ("enum", "boolean")
_ID_KEY = re.compile(r"(^|_)(id|ids|uuid|guid|slug|cursor|token|key|ref|code|hash|sha)$", re.IGNORECASE)
_OPAQUE = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_:.-]+$|^[0-9a-fA-F]{8,}$")
_ORDINARY_WORD = re.compile(r"^[A-Za-z][a-z]*$")


@dataclass(frozen=True, slots=True)
class Demand:
    """A value of a step's arguments that the query has to state, or, for a ``choice``, to convey in its own words."""

    step: str
    tool: str
    pointer: str
    value: JsonValue
    meaning: str
    choice: bool

    def shown(self) -> dict[str, JsonValue]:
        """As the updater sees it."""
        shown: dict[str, JsonValue] = {"value": self.value, "is": last_key(self.pointer) or "argument"}
        if self.meaning:
            shown["meaning"] = self.meaning
        if self.choice:
            shown["as"] = "a choice: convey it in your own words"
        return {**shown, "for": self.step}


@dataclass(frozen=True, slots=True)
class Demands:
    """All demands on a query: ``state`` in the order of the steps, and the internal values to ``avoid``."""

    state: tuple[Demand, ...]
    avoid: tuple[JsonValue, ...]


def demands(workflow: Workflow, library: Library) -> Demands:
    """What the workflow's origins demand of a query.

    Values of ``user`` origin have to be stated. Of the ``schema`` ones, enumerated values and booleans are choices to
    convey; defaults and constants need no word. Internal ids that came from results must not appear.
    """
    state: dict[tuple[str, str], Demand] = {}
    for step in workflow.steps:
        for origin in step.origins:
            if _to_state(origin):
                value = lookup(step.call.arguments, origin.pointer)
                demand = _demand(step, origin, value, library)
                state.setdefault((repr(value), last_key(origin.pointer)), demand)
    return Demands(tuple(state.values()), internal_values(workflow))


def internal_values(workflow: Workflow) -> tuple[JsonValue, ...]:
    """The internal ids among the arguments: what came from results, and is nowhere a value to be stated."""
    avoid: dict[str, JsonValue] = {}
    said = set()
    for step in workflow.steps:
        for origin in step.origins:
            value = lookup(step.call.arguments, origin.pointer)
            if _to_state(origin):
                said.add(str(value))
            elif origin.kind == "result" and internal(origin, value):
                avoid.setdefault(str(value), value)
    return tuple(value for text, value in avoid.items() if text not in said)


def _to_state(origin: Origin) -> bool:
    return origin.kind == "user" or (origin.kind != "result" and origin.match in _CHOICES)


def _demand(step: Step, origin: Origin, value: JsonValue, library: Library) -> Demand:
    schema = schema_at(library.tool(step.call.tool).parameters, origin.pointer) or {}
    meaning = schema.get("description")
    return Demand(
        step=step.id,
        tool=step.call.tool,
        pointer=origin.pointer,
        value=value,
        meaning=meaning if isinstance(meaning, str) else "",
        choice=origin.kind == "schema",
    )


def internal(origin: Origin, value: JsonValue) -> bool:
    """Whether a value taken from a result is an id that a person would not know or say.

    It is if it is distinctive, and called an id on either side or has the look of one (letters and digits in one
    word, or a long hexadecimal number).
    """
    if not distinctive(value):
        return False
    named = bool(_ID_KEY.search(last_key(origin.pointer)) or _ID_KEY.search(last_key(origin.path or "")))
    return named or (isinstance(value, str) and bool(_OPAQUE.match(value)) and not _is_moment(value))


def _is_moment(text: str) -> bool:
    """Dates and times mix letters and digits too (``2026-05-14T19:30``, ``7pm``), and people say them."""
    return bool(re.match(r"^\d{4}-\d{2}-\d{2}([T ]|$)|^\d{1,2}(:\d{2})?\s?[ap]m$", text, re.IGNORECASE))


def unstated(query: str, wanted: Demands) -> tuple[Demand, ...]:
    """The demanded values that ``query`` does not state. Choices are left to its own words."""
    return tuple(demand for demand in wanted.state if not demand.choice and not states(query, demand.value))


def with_unknown_origins(workflow: Workflow, missing: tuple[Demand, ...]) -> Workflow:
    """``workflow`` with the origin of each value in ``missing`` turned ``unknown``, in every step that uses it."""
    values = [(demand.value, last_key(demand.pointer)) for demand in missing]

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


def violations(query: str, response: str, wanted: Demands, tool_names: frozenset[str]) -> tuple[str, ...]:
    """What is wrong with a query and its response, one sentence each; nothing when they meet all demands."""
    wrong = []
    if not query:
        wrong.append("the query is empty")
    if not response:
        wrong.append("the response is empty")
    for demand in unstated(query, wanted):
        shown = f"{demand.value!r} ({last_key(demand.pointer)} of {demand.step})"
        wrong.append(f"unknown origin: the query does not state {shown}")
    wrong += [f"the query contains the internal value {value!r}" for value in wanted.avoid if contains(query, value)]
    for part, text in (("query", query), ("response", response)):
        wrong += [f"the {part} names the tool {name}" for name in leaked_names(text, tool_names)]
    return tuple(wrong)


def leaked_names(text: str, tool_names: frozenset[str]) -> list[str]:
    """Tool names in ``text``, sorted. A name that is an ordinary word (``search``) cannot be told from its use."""
    words = set(re.findall(r"[A-Za-z0-9_-]+", text))
    return sorted(name for name in words & tool_names if not _ORDINARY_WORD.match(name))
