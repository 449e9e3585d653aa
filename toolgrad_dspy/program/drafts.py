"""Draft calls from what a model proposed."""

from collections.abc import Sequence
from typing import TypeVar

from toolgrad_dspy.lm.answer_faults import note_fault, played_by
from toolgrad_dspy.lm.reading import Fault
from toolgrad_dspy.program.answer_schemas import without_filled_nulls
from toolgrad_dspy.program.choices import read_tool_name
from toolgrad_dspy.records import DraftCall, Tool
from toolgrad_dspy.signatures import ProposedCall

T = TypeVar("T")


def read_draft(call: ProposedCall, tools: Sequence[Tool]) -> DraftCall | None:
    """The draft that ``call`` means, None if it is of none of ``tools``.

    A null for an argument that may be left out and not be null is left out.
    """
    by_name = {tool.name: tool for tool in tools}
    name = read_tool_name(call.tool, by_name)
    if name is None:
        return None
    return DraftCall(tool=name, arguments=without_filled_nulls(by_name[name], call.arguments))


def at_most(limit: int, items: Sequence[T], what: str, role: str) -> Sequence[T]:
    """The first ``limit`` of the ``items`` that ``role`` gave. That there were more is a fault of its answer."""
    if len(items) > limit:
        with played_by(role):
            note_fault(Fault("too_many", f"of {len(items)} {what} the first {limit} were used"))
    return items[:limit]
