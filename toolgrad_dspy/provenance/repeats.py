"""Which calls tell nothing that an earlier step has not told."""

from collections.abc import Sequence

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

    Its result is the whole record of that step, in which each of its arguments that is no id stands under its name.

    >>> fields = {"id": 7, "title": "Run", "date": "2026-05-15", "start": "10:00"}
    >>> record = Observation(content=fields, text="")
    >>> step = Step(id="s1", call=ToolCall(tool="create"), observation=record)
    >>> changes_nothing(ToolCall(tool="move", arguments={"id": 7, "start": "10:00"}), record, [step])
    's1'
    """
    found = dict(leaves(observation.value))
    given = [(path, value) for path, value in leaves(call.arguments) if not names_id(last_key(path))]
    if len(found) < _RECORD or not given:
        return None
    held = {(last_key(path), repr(value)) for path, value in found.items()}
    if any((last_key(path), repr(value)) not in held for path, value in given):
        return None
    return _same_record(set(found), observation, before)


def _same_record(paths: set[str], observation: Observation, before: Sequence[Step]) -> str | None:
    """The last step with a record of the same fields, if it is the same: one in between has changed it."""
    alike = (step for step in reversed(before) if {path for path, _ in leaves(step.observation.value)} == paths)
    last = next(alike, None)
    return last.id if last is not None and _equal(last, observation) else None


def _equal(step: Step, observation: Observation) -> bool:
    if not step.volatile:
        return step.observation.value == observation.value
    found = changes(step.observation.value, observation.value)
    return found.other is None and set(map(generalised, step.volatile)).issuperset(map(generalised, found.volatile))
