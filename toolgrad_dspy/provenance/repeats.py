"""Which calls tell nothing that an earlier step has not told."""

from collections.abc import Sequence

from toolgrad_dspy.provenance.origins import distinctive
from toolgrad_dspy.provenance.volatile import changes, generalised
from toolgrad_dspy.records import Observation, Step, ToolCall, leaves


def repeated(call: ToolCall, observation: Observation, before: Sequence[Step]) -> str | None:
    """The id of the step of ``before`` that a call repeats, or None.

    It repeats the last step with the same call if that gave the same result: one that gives something else, after a
    write, tells what has changed. A new call repeats the first step of its tool with the same result. One that holds
    nothing distinctive, an ``{"ok": true}``, repeats none: two different writes are both answered by it. What differs
    only in a step's volatile leaves is the same.

    >>> step = Step(id="s1", call=ToolCall(tool="list_rooms"), observation=Observation(text="hall, yard"))
    >>> repeated(ToolCall(tool="list_rooms"), Observation(text="hall, yard"), [step])
    's1'
    >>> repeated(ToolCall(tool="list_rooms"), Observation(text="hall"), [step]) is None
    True
    """
    same = next((step for step in reversed(before) if step.call == call), None)
    if same is not None:
        return same.id if _equal(same, observation) else None
    if not any(distinctive(leaf) for _, leaf in leaves(observation.value)):
        return None
    return next((step.id for step in before if step.call.tool == call.tool and _equal(step, observation)), None)


def _equal(step: Step, observation: Observation) -> bool:
    if not step.volatile:
        return step.observation.value == observation.value
    found = changes(step.observation.value, observation.value)
    return found.other is None and set(map(generalised, step.volatile)).issuperset(map(generalised, found.volatile))
