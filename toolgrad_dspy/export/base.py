"""The contract of an exporter: one format, as rows of plain JSON."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from toolgrad_dspy.export.conversation import Conversation
from toolgrad_dspy.records import ToolCall

Row = dict[str, JsonValue]


class Exporter(ABC):
    """One format: a name, and a row for each conversation. ``conformance.py`` checks what it promises.

    A row is plain JSON that says the query, the calls with their results, and the response, word for word. Equal
    conversations give equal rows, and nothing in a conversation is changed. This one keeps what a reader looks at::

        class Plain(Exporter):
            name = "plain"

            def row(self, conversation: Conversation) -> Row:
                calls = [step.call.model_dump(mode="json") for step in conversation.steps]
                results = [step.observation.text for step in conversation.steps]
                return {
                    "ask": conversation.query, "calls": calls, "results": results, "answer": conversation.response
                }

            def calls(self, row: Mapping[str, JsonValue]) -> list[ToolCall]:
                return [ToolCall.model_validate(call) for call in row["calls"]]
    """

    name: ClassVar[str]

    @abstractmethod
    def row(self, conversation: Conversation) -> Row:
        """The row of one conversation."""

    @abstractmethod
    def calls(self, row: Mapping[str, JsonValue]) -> list[ToolCall]:
        """The calls in a row, in their order, as whoever loads it reads them: the way back, which shows that nothing
        was lost."""
