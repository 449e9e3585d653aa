"""The values that a query has to state for its calls, as blanks for a judge to fill in from the query alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.records import Step, Tool, leaves
from toolgrad_dspy.records.pointer import list_index, unescape


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of one call. ``values`` are what the call was given for it, which the judge is not shown.

    ``parameter`` is its name, of a nested one the way to it: ``address.city``; the items of a list share a blank.
    ``required`` says whether the tool's schema requires it at the top level.
    """

    number: int
    step: str
    tool: str
    parameter: str
    meaning: str
    required: bool
    values: tuple[JsonValue, ...]

    def shown(self) -> dict[str, JsonValue]:
        """As the judge sees it."""
        shown: dict[str, JsonValue] = {
            "blank": self.number,
            "call": self.step,
            "tool": self.tool,
            "parameter": self.parameter,
        }
        return {**shown, "meaning": self.meaning} if self.meaning else shown


def blanks(steps: Sequence[Step], tools: Mapping[str, Tool]) -> tuple[Slot, ...]:
    """The blanks of ``steps``, numbered from 1.

    A value that came from a result or from the tool's own schema makes none: the query need not state it. A required
    parameter that a call was not given makes one without values.
    """
    found: list[Slot] = []
    for step in steps:
        schema = tools[step.call.tool].parameters
        listed = schema.get("required")
        required = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        for pointers in _open(step, required).values():
            meaning = (schema_at(schema, pointers[0][0]) or {}).get("description")
            way = _way(pointers[0][0])
            found.append(
                Slot(
                    number=len(found) + 1,
                    step=step.id,
                    tool=step.call.tool,
                    parameter=".".join(way),
                    meaning=meaning if isinstance(meaning, str) else "",
                    required=bool(way) and way[0] in required,
                    values=tuple(value for _, held in pointers for value in held),
                )
            )
    return tuple(found)


def _open(step: Step, required: Sequence[str]) -> dict[tuple[str, ...], list[tuple[str, list[JsonValue]]]]:
    """The places of the step that a query has to fill, with their values, by the way to them."""
    kinds = {origin.pointer: origin.kind for origin in step.origins}
    places: dict[tuple[str, ...], list[tuple[str, list[JsonValue]]]] = {}
    for pointer, value in leaves(step.call.arguments):
        if pointer and kinds.get(pointer, "unknown") in ("user", "unknown"):
            places.setdefault(_way(pointer), []).append((pointer, [value]))
    for name in required:
        if name not in step.call.arguments:
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            places.setdefault((name,), []).append((pointer, []))
    return places


def _way(pointer: str) -> tuple[str, ...]:
    """The names on the way to a leaf, without the positions in lists."""
    tokens = pointer.split("/")[1:]
    return tuple(unescape(token) for token in tokens if list_index(token) is None)
