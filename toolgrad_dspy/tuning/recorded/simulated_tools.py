"""What tools would answer, worked out from a recording without running them."""

import json
from collections.abc import Iterable
from typing import Self

from pydantic import JsonValue

from toolgrad_dspy.json_schema import example, schema_at
from toolgrad_dspy.provenance.made_up import unknowable
from toolgrad_dspy.provenance.origins import distinctive
from toolgrad_dspy.provenance.placeholders import is_placeholder
from toolgrad_dspy.records import Iteration, Observation, Session, Tool, ToolCall, alike, last_key, leaves
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.tools import Library, ToolSession

# How many different results of a tool are kept as its examples.
EXAMPLES = 8


def call_key(call: ToolCall) -> str:
    """Equal for equal calls."""
    return json.dumps([call.tool, call.arguments], sort_keys=True)


class RecordedResults:
    """What the sessions of a recording tell about their tools.

    ``answers`` holds what each call gave when it was first made, ``examples`` good results by tool, and ``names`` the
    keys under which each value, as JSON, stood in some result. ``made_up`` holds the values, as JSON, of results that
    were made from schemas: a call that uses one is not to blame for it.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Observation] = {}
        self.examples: dict[str, list[Observation]] = {}
        self.names: dict[str, set[str]] = {}
        self.made_up: set[str] = set()

    @classmethod
    def of(cls, sessions: Iterable[Session], tools: Iterable[Tool]) -> Self:
        known = cls()
        for session in sessions:
            for iteration in session.trace.iterations:
                for report in iteration.reports:
                    for attempt in report.attempts:
                        if attempt.observation is not None:
                            known._add(attempt.call, attempt.observation, attempt.verdict.outcome == "ok")
        for tool in tools:
            if tool.returns is not None and tool.name not in known.examples:
                known.made_up.update(json.dumps(value) for _, value in leaves(example(tool.returns)))
        return known

    def _add(self, call: ToolCall, observation: Observation, good: bool) -> None:
        self.answers.setdefault(call_key(call), observation)
        if not good:
            return
        examples = self.examples.setdefault(call.tool, [])
        if len(examples) < EXAMPLES and observation not in examples:
            examples.append(observation)
        for pointer, value in leaves(observation.value):
            self.names.setdefault(json.dumps(value), set()).add(last_key(pointer))

    def holds(self, parameter: str, value: JsonValue) -> bool:
        """Whether some result has ``value``: one that could be equal by chance, under a name like ``parameter``."""
        names = self.names.get(json.dumps(value), ())
        return any(distinctive(value) or alike(parameter, name) for name in names)


class SimulatedTools(ToolSession):
    """Stands in for the tool session of one iteration; nothing is ever run.

    A call that was made in this iteration gets the recorded result. A call that was made elsewhere in the recording
    gets the result from there, as a guess. Any other call fails if one of its arguments cannot be right; if not, it
    gets some result of its tool. Guesses are marked ``simulated``.
    """

    def __init__(self, library: Library, known: RecordedResults, iteration: Iteration | None = None) -> None:
        self._library = library
        self._known = known
        reports = iteration.reports if iteration else ()
        attempts = [attempt for report in reports for attempt in report.attempts]
        self._here = {call_key(a.call): a.observation for a in attempts if a.observation is not None}

    async def call(self, call: ToolCall) -> Observation:
        """What ``call`` gave, or would probably give."""
        key = call_key(call)
        if key in self._here:
            return self._here[key]
        if key in self._known.answers:
            return _guess(self._known.answers[key])
        tool = self._library.tool(call.tool)
        problem = self._implausible(tool, call)
        if problem:
            return Observation.failure("tool", problem, simulated=True)
        return self._example(tool, key)

    def _implausible(self, tool: Tool, call: ToolCall) -> str | None:
        """Which argument cannot be right: a placeholder, or an id that no result and no schema knows."""
        for pointer, value in leaves(call.arguments):
            name = last_key(pointer)
            if is_placeholder(value):
                return f"{name} = {value!r} looks like a placeholder"
            if not unknowable(name) or value is None or self._known.holds(name, value):
                continue
            if json.dumps(value) in self._known.made_up:
                continue
            if json.dumps(value) not in json.dumps(schema_at(tool.parameters, pointer)):
                return f"nothing is known by {name} = {value!r}"
        return None

    def _example(self, tool: Tool, key: str) -> Observation:
        examples = self._known.examples.get(tool.name)
        if examples:
            return _guess(examples[derive(key) % len(examples)])
        if tool.returns is not None:
            return Observation(content=example(tool.returns), text="", simulated=True)
        return Observation(text="done", simulated=True)


def _guess(observation: Observation) -> Observation:
    return observation.model_copy(update={"simulated": True})
