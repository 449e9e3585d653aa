"""Which calls tell nothing that an earlier step has not told."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins import distinctive
from toolgrad_dspy.provenance.volatile import changes, generalised
from toolgrad_dspy.records import Observation, Step, ToolCall, last_key, leaves, names_id

# Leaves of a result that is a record. Shorter ones are equal by chance: two tools that answer with a path.
_RECORD = 4


def repeated(call: ToolCall, observation: Observation, before: Sequence[Step]) -> str | None:
    """The id of the step of ``before`` that a call repeats, or None.

    It repeats the last step with the same call if that gave the same result: one that gives something else, after a
    write, tells what has changed. A new call repeats the first step of its tool with the same result, and any step
    with the same whole record: what another tool has read. A result that holds nothing distinctive, an
    ``{"ok": true}``, repeats none: two different writes are both answered by it. What differs only in a step's
    volatile leaves is the same.

    >>> step = Step(id="s1", call=ToolCall(tool="list_rooms"), observation=Observation(text="hall, yard"))
    >>> repeated(ToolCall(tool="list_rooms"), Observation(text="hall, yard"), [step])
    's1'
    >>> repeated(ToolCall(tool="list_rooms"), Observation(text="hall"), [step]) is None
    True
    """
    same = next((step for step in reversed(before) if step.call == call), None)
    if same is not None:
        return same.id if _equal(same, observation) else None
    found = list(leaves(observation.value))
    if not any(distinctive(leaf) for _, leaf in found):
        return None
    alike = next((step.id for step in before if step.call.tool == call.tool and _equal(step, observation)), None)
    return alike or (
        _same_record({path for path, _ in found}, observation, before) if len(found) >= _RECORD else None
    )


def changes_nothing(call: ToolCall, observation: Observation, before: Sequence[Step]) -> str | None:
    """The id of the step of ``before`` after which a write sets what is so already, or None.

    Its result is the record that the last step with that thing had, in which each of the call's arguments that is no
    id stands under its name.

    >>> fields = {"id": 7, "title": "Run", "date": "2026-05-15", "start": "10:00"}
    >>> record = Observation(content=fields, text="")
    >>> step = Step(id="s1", call=ToolCall(tool="create"), observation=record)
    >>> changes_nothing(ToolCall(tool="move", arguments={"id": 7, "start": "10:00"}), record, [step])
    's1'
    """
    found = {(last_key(path), repr(value)) for path, value in leaves(observation.value)}
    given = [(last_key(path), value) for path, value in leaves(call.arguments)]
    fields = {(key, repr(value)) for key, value in given if not names_id(key)}
    if len(found) < _RECORD or not fields or not fields <= found:
        return None
    ids = [(key, value) for key, value in given if names_id(key)]
    step, record = _last_record(ids, observation, before)
    told = {(last_key(path), repr(value)) for path, value in leaves(record)}
    known = {key for key, _ in found}
    same = {(key, value) for key, value in told if key in known}
    return step if fields <= same <= found and len(same) >= _RECORD else None


def _last_record(
    ids: Sequence[tuple[str, JsonValue]], observation: Observation, before: Sequence[Step]
) -> tuple[str, JsonValue]:
    """The last object of a result that has the ``ids``; without any, the last one with the same fields."""
    keys = set(observation.value) if isinstance(observation.value, dict) else set()
    for step in reversed(before):
        for item in objects(step.observation.value):
            if all(item.get(key) == value for key, value in ids) if ids else set(item) == keys:
                return step.id, item
    return "", None


def objects(value: JsonValue) -> Iterator[dict[str, JsonValue]]:
    """Every object in ``value``."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from objects(item)


def _same_record(paths: set[str], observation: Observation, before: Sequence[Step]) -> str | None:
    """The last step with a record of the same fields, if it is the same: one in between has changed it."""
    alike = (step for step in reversed(before) if _has_fields(step.observation.value, paths))
    last = next(alike, None)
    return last.id if last is not None and _equal(last, observation) else None


def _has_fields(value: JsonValue, paths: set[str]) -> bool:
    if isinstance(value, dict) and len(value) > len(paths):  # each of its keys has a leaf
        return False
    found = list(leaves(value))
    return len(found) == len(paths) and all(path in paths for path, _ in found)


def _equal(step: Step, observation: Observation) -> bool:
    if not step.volatile:
        return step.observation.value == observation.value
    found = changes(step.observation.value, observation.value)
    return found.other is None and set(map(generalised, step.volatile)).issuperset(map(generalised, found.volatile))
