"""Conversations whose arguments are labelled by hand: calls with their results, and where every argument came from.

A label is written as a person would note it, one of several that are right between ``|``:

- ``user``, ``schema``: the query states it, or the tool's schema offers it;
- ``user < s1 /city``: the user's, and the result of ``s1`` repeats it there;
- ``s1 /orders/0/id``: it stands there, as a value, a part of a text, or by reference;
- ``s1 /start date_of``: it follows from there by that rule, from several places with ``+`` between them.

Labels are for what a reader of the prompts can know: a planner has seen of each result what ``abridge`` and ``brief``
show of it.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is drafted, references included; ``origins`` has the label of every argument leaf by its pointer,
    ``properties`` what the tool's schema says of parameters.
    """

    tool: str
    arguments: dict[str, Any]
    origins: dict[str, str]
    result: Any
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Calls in the order they ran; ``category`` is that of the tools."""

    name: str
    category: str
    calls: tuple[Call, ...]


def given(step: str, path: str) -> dict[str, str]:
    """A reference, as drafts write it."""
    return {"$from": step, "$path": path}
