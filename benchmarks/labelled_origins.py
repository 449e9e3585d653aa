"""Conversations whose arguments are labelled by hand: calls with their results, and where every argument came from.

``labelled_origins/`` has them as JSON lines, in four parts: ``first``, on which the rules were tuned; ``second``, by
which they were measured before their last changes, and tuned after that; ``third``, which came after the rules;
``fourth``, which was written without knowing them, from the users' messages.

A label is written as a person would note it, one of several that are right between ``|``:

- ``user``, ``schema``: the query states it, or the tool's schema offers it;
- ``user < s1 /city``: the user's, and the result of ``s1`` repeats it there;
- ``s1 /orders/0/id``: it stands there, as a value, a part of a text, or by reference;
- ``s1 /start date_of``: it follows from there by that rule, from several places with ``+`` between them.

Labels are for what a reader of the prompts can know: a planner has seen of each result what ``abridge`` and ``brief``
show of it.
"""

from pathlib import Path
from typing import Any

from toolgrad_dspy.records import Record

FOLDER = Path(__file__).parent / "labelled_origins"


class Call(Record):
    """A call as it is drafted, references included; ``origins`` has the label of every argument leaf by its pointer,
    ``properties`` what the tool's schema says of parameters.
    """

    tool: str
    arguments: dict[str, Any]
    origins: dict[str, str]
    result: Any
    properties: dict[str, Any] = {}


class Conversation(Record):
    """Calls in the order they ran; ``category`` is that of the tools, ``query`` the user's message if it is noted."""

    name: str
    category: str
    query: str = ""
    calls: tuple[Call, ...]


def conversations(part: str) -> tuple[Conversation, ...]:
    """Those of one part: ``first``, ``second``, ``third`` or ``fourth``."""
    lines = (FOLDER / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(Conversation.model_validate_json(line) for line in lines)
