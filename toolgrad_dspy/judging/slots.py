"""The slots of a workflow: the values that a query has to state, which a judge fills in from the query alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.judging.choices import options_of
from toolgrad_dspy.provenance.statements import About
from toolgrad_dspy.records import Origin, Step, Tool, leaves
from toolgrad_dspy.records.pointer import list_index, unescape

# Options of a blank that are listed: more are in the tool's schema, which the judge has before it.
OPTIONS = 16
# The keywords of a schema origin that is a choice: see ``Origin.match``.
CHOICES = ("enum", "boolean")


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of one call. ``values`` are those that the call was given, which the judge is not shown.

    ``parameter`` is its name; for a nested one the names that lead to it: ``address.city``. The items of a list share
    a slot. ``required`` says whether the tool's schema requires it at the top level. ``options`` are the values that
    the schema lets choose from, if it lists them. ``uses`` names the calls whose results its call takes. ``about`` is
    what the schema tells of the parameter: a unit, a kind of names.
    """

    number: int
    step: str
    tool: str
    parameter: str
    meaning: str
    required: bool
    values: tuple[JsonValue, ...]
    options: tuple[JsonValue, ...] = ()
    uses: tuple[str, ...] = ()
    about: About = field(default_factory=About)

    def shown(self) -> dict[str, JsonValue]:
        """As the judge sees it. The prompt calls a slot a blank."""
        shown: dict[str, JsonValue] = {
            "blank": self.number,
            "call": self.step,
            "tool": self.tool,
            "parameter": self.parameter,
        }
        if self.uses:
            shown["uses"] = ", ".join(self.uses)
        if self.meaning:
            shown["meaning"] = self.meaning
        if 0 < len(self.options) <= OPTIONS:
            shown["options"] = list(self.options)
        return shown


def slots_of(steps: Sequence[Step], tools: Mapping[str, Tool]) -> tuple[Slot, ...]:
    """The slots of ``steps``, numbered from 1. ``tools`` has every tool that they call, by name.

    A value makes one that the query has to state or, where the schema lists it, to convey: an enumerated value, a
    boolean. None make those that came from a result, that are the schema's default or only value, and an optional
    ``false`` without a default, which says no more than leaving it out. A required parameter that a call was not
    given makes one without values.
    """
    slots: list[Slot] = []
    names_of = {step.id: f"{step.id} {step.call.tool}" for step in steps}
    for step in steps:
        schema = tools[step.call.tool].parameters
        # A tool's schema is outside text: ``required`` may be anything.
        listed = schema.get("required")
        required = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        for names, places in _open_places(step, schema, required).items():
            described = schema_at(schema, places[0][0]) or {}
            meaning = described.get("description")
            values = tuple(value for _, values in places for value in values)
            options = options_of(described)
            slots.append(
                Slot(
                    number=len(slots) + 1,
                    step=step.id,
                    tool=step.call.tool,
                    parameter=".".join(names),
                    meaning=meaning if isinstance(meaning, str) else "",
                    required=bool(names) and names[0] in required,
                    values=values,
                    # Beside the listed values the schema may allow others: of such a one they are no choice.
                    options=options if all(repr(value) in map(repr, options) for value in values) else (),
                    uses=tuple(names_of[name] for name in sorted(step.uses) if name in names_of),
                    about=About(names[-1] if names else "", described),
                )
            )
    return tuple(slots)


# A JSON Pointer into the arguments, and the value there, if the call has one.
_Place = tuple[str, list[JsonValue]]


def _open_places(
    step: Step, schema: dict[str, JsonValue], required: Sequence[str]
) -> dict[tuple[str, ...], list[_Place]]:
    """The places in the step's arguments that a query has to fill, by the names that lead to them."""
    origins = {origin.pointer: origin for origin in step.origins}
    places: dict[tuple[str, ...], list[_Place]] = {}
    for pointer, value in leaves(step.call.arguments):
        names = _names(pointer)
        unneeded = value is False and not set(names[:1]) & set(required) and _has_no_default(schema, pointer)
        if pointer and not unneeded and _has_to_be_said(origins.get(pointer)):
            places.setdefault(names, []).append((pointer, [value]))
    for name in required:
        if name not in step.call.arguments:
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            places.setdefault((name,), []).append((pointer, []))
    return places


def _has_to_be_said(origin: Origin | None) -> bool:
    # Without a known origin a value is a guess, unless the query states it: the judge finds out.
    if origin is None or origin.kind in ("user", "unknown"):
        return True
    # What the schema lists, somebody has chosen. Its default or only value, nobody has.
    return origin.kind == "schema" and origin.match in CHOICES


def _has_no_default(schema: dict[str, JsonValue], pointer: str) -> bool:
    described = schema_at(schema, pointer) or {}
    members = described.get("anyOf")
    return not any(
        isinstance(part, dict) and "default" in part
        for part in (described, *(members if isinstance(members, list) else ()))
    )


def _names(pointer: str) -> tuple[str, ...]:
    """The names that lead to a leaf, without the positions in lists."""
    tokens = pointer.split("/")[1:]
    return tuple(unescape(token) for token in tokens if list_index(token) is None)
