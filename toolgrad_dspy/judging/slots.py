"""The slots of a workflow: the values that a query has to state, which a judge fills in from the query alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.records import Step, Tool, leaves
from toolgrad_dspy.records.pointer import list_index, unescape


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of one call. ``values`` are those that the call was given, which the judge is not shown.

    ``parameter`` is its name; for a nested one the names that lead to it: ``address.city``. The items of a list share
    a slot. ``required`` says whether the tool's schema requires it at the top level.
    """

    number: int
    step: str
    tool: str
    parameter: str
    meaning: str
    required: bool
    values: tuple[JsonValue, ...]

    def shown(self) -> dict[str, JsonValue]:
        """As the judge sees it. The prompt calls a slot a blank."""
        shown: dict[str, JsonValue] = {
            "blank": self.number,
            "call": self.step,
            "tool": self.tool,
            "parameter": self.parameter,
        }
        return {**shown, "meaning": self.meaning} if self.meaning else shown


def slots_of(steps: Sequence[Step], tools: Mapping[str, Tool]) -> tuple[Slot, ...]:
    """The slots of ``steps``, numbered from 1. ``tools`` has every tool that they call, by name.

    A value that came from a result or from the tool's own schema makes none: the query need not state it. A required
    parameter that a call was not given makes one without values.
    """
    slots: list[Slot] = []
    for step in steps:
        schema = tools[step.call.tool].parameters
        # A tool's schema is outside text: ``required`` may be anything.
        listed = schema.get("required")
        required = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        for names, places in _open_places(step, required).items():
            meaning = (schema_at(schema, places[0][0]) or {}).get("description")
            slots.append(
                Slot(
                    number=len(slots) + 1,
                    step=step.id,
                    tool=step.call.tool,
                    parameter=".".join(names),
                    meaning=meaning if isinstance(meaning, str) else "",
                    required=bool(names) and names[0] in required,
                    values=tuple(value for _, values in places for value in values),
                )
            )
    return tuple(slots)


# A JSON Pointer into the arguments, and the value there, if the call has one.
_Place = tuple[str, list[JsonValue]]


def _open_places(step: Step, required: Sequence[str]) -> dict[tuple[str, ...], list[_Place]]:
    """The places in the step's arguments that a query has to fill, by the names that lead to them."""
    kinds = {origin.pointer: origin.kind for origin in step.origins}
    places: dict[tuple[str, ...], list[_Place]] = {}
    for pointer, value in leaves(step.call.arguments):
        # Without a known origin a value is a guess, unless the query states it: the judge finds out.
        if pointer and kinds.get(pointer, "unknown") in ("user", "unknown"):
            places.setdefault(_names(pointer), []).append((pointer, [value]))
    for name in required:
        if name not in step.call.arguments:
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            places.setdefault((name,), []).append((pointer, []))
    return places


def _names(pointer: str) -> tuple[str, ...]:
    """The names that lead to a leaf, without the positions in lists."""
    tokens = pointer.split("/")[1:]
    return tuple(unescape(token) for token in tokens if list_index(token) is None)
