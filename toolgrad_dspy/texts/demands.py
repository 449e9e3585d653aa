"""What a query has to say, by the argument origins: each use of a value in its place, choices, and picks."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.provenance.made_up import is_optional
from toolgrad_dspy.provenance.statements import About
from toolgrad_dspy.records import Origin, Step, Tool, Workflow, in_words, last_key, lookup
from toolgrad_dspy.records.pointer import leads_somewhere, list_index, unescape
from toolgrad_dspy.texts.picks import Pick
from toolgrad_dspy.texts.taking import picks

# Schema origins that are a choice somebody has to make, and that a query should convey in its own words.
_CHOICES = ("enum", "boolean")

# A choice that can stand without quotation marks.
_PLAIN = re.compile(r"[\w .:/+-]+")

DemandKind = Literal["value", "choice", "pick"]


_NOTHING_KNOWN = About()


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that the query has to say for ``step``: the value of the argument at ``pointer``.

    A ``value`` is to be stated, a ``choice`` (an enumerated value, a boolean) to be conveyed in any words, and a
    ``pick`` to be determined: then ``value`` is a phrase that would do it. ``nth`` counts the separate places at
    which the query has to say this value for this name: 2 for a party of four that comes again after one of two.
    ``carried``: the query has said it for an earlier call, and may leave it at that.
    ``optional``: the tool's schema does not require the argument. ``among``: the call takes several things of one
    kind, or something of this thing beside others, so that the name of a pick says for which argument. ``absent``:
    the call leaves the argument out, and the query must not ask for this value of it.
    """

    kind: DemandKind
    step: str
    tool: str
    pointer: str
    value: JsonValue
    about: About = _NOTHING_KNOWN
    nth: int = 1
    carried: bool = False
    optional: bool = False
    pick: Pick | None = None
    among: bool = False
    absent: bool = False

    @property
    def name(self) -> str:
        """What the value is called: the names on the way to it in the arguments, or ``which place``."""
        if self.pick is not None:
            taken = self.pick.taken_as or in_words(last_key(self.pointer))
            return f"which {self.pick.called} for {taken}" if self.among else f"which {self.pick.called}"
        keys = [unescape(token) for token in self.pointer.split("/")[1:]]
        return " ".join(key for key in keys if list_index(key) is None) or "argument"

    @property
    def said(self) -> str:
        """How a request line writes it: a value as JSON, a choice in plain words."""
        if self.kind != "choice":
            return json.dumps(self.value, ensure_ascii=False)
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        plain = isinstance(self.value, str) and _PLAIN.fullmatch(self.value)
        return str(self.value).replace("_", " ") if plain else json.dumps(self.value, ensure_ascii=False)

    @property
    def told(self) -> str:
        """It in a few words, for a model and for a reason: ``4 (guests of s2)``."""
        if self.pick is not None:
            return f"which {self.pick.called} of {self.pick.source} is meant ({self.value}, {self.step})"
        return f"{self.value!r} ({last_key(self.pointer)} of {self.step})"


def demands(workflow: Workflow, tools: Mapping[str, Tool]) -> tuple[Demand, ...]:
    """The demands in the order of the steps. ``tools`` gives the schemas; one that is not there says nothing.

    Values of ``user`` origin have to be stated. Of the ``schema`` ones, enumerated values and booleans are choices to
    convey; defaults and constants need no word. Of what came from a list of several, the pick has to be determined.
    A value that the last use of its name had already is not demanded again for a required argument of a call that
    uses what that one gave: the party of 4 of a table that is looked for and then booked is said once. It is said
    again where another one stands between, a party of 2, or the day of an entry that was found. For any other call it
    is demanded again. Where it may be understood, because the argument is required or the call another of the same
    tool ("the weather in Ulm and in Bonn on May 13"), it is *carried* over. Who said a day for a table does not mean
    it for an optional argument of another tool.
    """
    chosen = picks(workflow)
    said = _Said(tools)
    found: list[Demand] = []
    for step in workflow.steps:
        found += said.demands_of(step)
        own = [pick for pick in chosen if pick.step == step.id]
        called = [pick.called for pick in own]
        several = sum(origin.kind == "result" for origin in step.origins) > 1
        found += [
            Demand(
                "pick",
                step.id,
                step.call.tool,
                pick.pointer,
                pick.phrase,
                pick=pick,
                among=called.count(pick.called) > 1 or (several and pick.indirect),
            )
            for pick in own
        ]
    return tuple(found)


class _Said:
    """What the query has said for the steps so far: which steps share the last value of each name, and at how many
    places each value has to be said.
    """

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools
        self._last: dict[str, dict[str, list[Step]]] = {}
        self._used: dict[str, frozenset[str]] = {}  # by step those whose results it uses, directly or not
        self._needed: Counter[tuple[str, str]] = Counter()
        self._listed: Counter[tuple[str, str]] = Counter()

    def demands_of(self, step: Step) -> Iterator[Demand]:
        """What has to be said for ``step``, which comes next."""
        self._used[step.id] = step.uses.union(*(self._used.get(name, ()) for name in step.uses))
        now: dict[str, dict[str, list[Step]]] = {}
        for origin in step.origins:
            if not leads_somewhere(step.call.arguments, origin.pointer):  # `origin_faults` tells
                continue
            value = lookup(step.call.arguments, origin.pointer)
            name, key = last_key(origin.pointer), repr(value)  # `repr` tells 1 from "1" and from True
            earlier = self._last.get(name, {}).get(key, [])
            kind = demanded(origin)
            if kind is None:
                now.setdefault(name, {}).setdefault(key, earlier)
            elif key not in now.get(name, {}):
                now.setdefault(name, {})[key] = [*earlier, step]
                demand = _demand(step, origin, kind, value, self._tools.get(step.call.tool))
                if demand.optional or not any(other.id in self._used[step.id] for other in earlier):
                    yield self._placed(demand, (name, key), earlier)
        self._last |= now

    def _placed(self, demand: Demand, said: tuple[str, str], earlier: Sequence[Step]) -> Demand:
        """``demand`` with its place. That of one that may be carried over is not counted for the others."""
        understood = not demand.optional or any(other.call.tool == demand.tool for other in earlier)
        carried = bool(earlier) and understood
        self._listed[said] += 1
        self._needed[said] += not carried
        return replace(demand, nth=(self._listed if carried else self._needed)[said], carried=carried)


def demanded(origin: Origin) -> Literal["value", "choice"] | None:
    """What a query has to say for a value of ``origin``: nothing for one from a result, or that is left to a default.

    An ``unknown`` one is a value that the query was to state, and did not.
    """
    if origin.kind in ("user", "unknown"):
        return "value"
    return "choice" if origin.kind == "schema" and origin.match in _CHOICES else None


def _demand(
    step: Step, origin: Origin, kind: Literal["value", "choice"], value: JsonValue, tool: Tool | None
) -> Demand:
    schema = {} if tool is None else tool.parameters
    about = About(name=last_key(origin.pointer), schema=schema_at(schema, origin.pointer) or {})
    return Demand(
        kind=kind,
        step=step.id,
        tool=step.call.tool,
        pointer=origin.pointer,
        value=value,
        about=about,
        optional=tool is not None and is_optional(tool, origin.pointer),
    )
