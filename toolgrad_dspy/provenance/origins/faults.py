"""Whether the origins of a stored workflow are true: the steps are there, the places, and what follows from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.derived import rederived
from toolgrad_dspy.provenance.origins.offered import equal_as_json
from toolgrad_dspy.provenance.origins.parts import holds_word
from toolgrad_dspy.records import Origin, PointerError, Source, Step, Workflow, lookup

FaultCode = Literal[
    "no_argument",  # the origin is of an argument that the call does not have
    "no_origin",  # an argument has none
    "no_step",  # it names a step that is gone, or that ran later
    "no_place",  # the result has nothing there
    "other_value",  # what stands there is another value
    "not_derived",  # the rule does not make the value of its sources
]


@dataclass(frozen=True, slots=True)
class OriginFault:
    """What is wrong with the origin of one argument: the step and pointer of the argument, and a sentence."""

    code: FaultCode
    step: str
    pointer: str
    text: str


def origin_faults(workflow: Workflow) -> tuple[OriginFault, ...]:
    """What is wrong with the origins in ``workflow``, in the order of its steps; nothing is called or asked.

    Where a value of the user's or of the schema is only repeated, the place is checked, and not the value: a result
    may write it in another form.

    >>> from toolgrad_dspy.records import Chain, Observation, ToolCall
    >>> gone = Origin(pointer="/id", kind="result", step="s7", path="/id", match="literal")
    >>> call = ToolCall(tool="get", arguments={"id": "a1"})
    >>> step = Step(id="s1", call=call, observation=Observation(text="{}"), origins=(gone,))
    >>> [fault.code for fault in origin_faults(Workflow(chains=(Chain(id="c1", steps=(step,)),)))]
    ['no_step']
    """
    faults: list[OriginFault] = []
    results: dict[str, JsonValue] = {}
    for step in workflow.steps:
        for origin in step.origins:
            faults += (
                OriginFault(code, step.id, origin.pointer, f"{step.id} {origin.pointer}: {text}")
                for code, text in _faults(step, origin, results)
            )
        results[step.id] = step.observation.value
    return tuple(faults)


def _faults(step: Step, origin: Origin, results: dict[str, JsonValue]) -> Iterator[tuple[FaultCode, str]]:
    try:
        value = lookup(step.call.arguments, origin.pointer)
    except PointerError:
        yield "no_argument", "the call has no such argument"
        return
    places = (*origin.sources, *((origin.echo,) if origin.echo else ()))
    missing = [fault for place in places if (fault := _missing(place, results))]
    yield from missing
    if origin.kind == "result" and not missing:
        yield from _untrue(origin, value, results)


def _missing(place: Source, results: dict[str, JsonValue]) -> tuple[FaultCode, str] | None:
    if place.step not in results:
        return "no_step", f"there is no step {place.step} before it"
    try:
        lookup(results[place.step], place.path)
    except PointerError:
        return "no_place", f"the result of {place.step} has nothing at {place.path!r}"
    return None


def _untrue(origin: Origin, value: JsonValue, results: dict[str, JsonValue]) -> Iterator[tuple[FaultCode, str]]:
    if origin.step is None:
        yield "no_step", "its origin names no step"
        return
    there = lookup(results[origin.step], origin.path or "")
    place = f"{origin.path!r} of {origin.step}"
    if origin.match == "derived":
        if not rederived(origin, value, results):
            yield "not_derived", f"it does not follow from {place} by the rule {origin.rule!r}"
    elif origin.match == "part":
        # Of a path that is put together from results, its last segment.
        text = value if isinstance(value, str) else ""
        if not text or not (holds_word(there, text) or holds_word(there, text.rstrip("/").rpartition("/")[2])):
            yield "other_value", f"it is no part of {place}"
    elif not equal_as_json(there, value):
        yield "other_value", f"{place} has another value"
