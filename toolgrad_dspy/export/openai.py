"""OpenAI's format for fine-tuning with tools, which Together, Fireworks and Azure take too.

https://developers.openai.com/api/docs/guides/supervised-fine-tuning: a row has ``messages``, ``tools`` and
``parallel_tool_calls``. The arguments of a call are a string of JSON; every call has an id, which its result names.
"""

import json
from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, JsonValue

from toolgrad_dspy.export.base import Exporter, Row
from toolgrad_dspy.export.conversation import Conversation, Turn
from toolgrad_dspy.records import Step, Tool, ToolCall


class OpenAI(Exporter):
    """One row is a chat: user, then calls and results turn by turn, and the assistant's response last."""

    name: ClassVar[str] = "openai"

    def row(self, conversation: Conversation) -> Row:
        messages: list[JsonValue] = [{"role": "user", "content": conversation.query}]
        for turn in conversation.turns:
            messages += _messages(turn)
        messages.append({"role": "assistant", "content": conversation.response})
        tools: list[JsonValue] = [_function(tool) for tool in conversation.tools]
        return {"messages": messages, "tools": tools, "parallel_tool_calls": True}

    def calls(self, row: Mapping[str, JsonValue]) -> list[ToolCall]:
        functions = [call.function for message in _Row.model_validate(row).messages for call in message.tool_calls]
        return [ToolCall(tool=function.name, arguments=json.loads(function.arguments)) for function in functions]


def _messages(turn: Turn) -> Iterator[JsonValue]:
    calls: list[JsonValue] = [
        {
            "id": _id(step),
            "type": "function",
            "function": {
                "name": step.call.tool,
                "arguments": json.dumps(step.call.arguments, ensure_ascii=False),
            },
        }
        for step in turn
    ]
    yield {"role": "assistant", "tool_calls": calls}
    for step in turn:
        yield {"role": "tool", "tool_call_id": _id(step), "content": step.observation.text}


def _id(step: Step) -> str:
    return f"call_{step.id}"


def _function(tool: Tool) -> JsonValue:
    function: JsonValue = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Part):
    name: str
    arguments: str


class _Call(_Part):
    function: _Function


class _Message(_Part):
    tool_calls: list[_Call] = []


class _Row(_Part):
    """As much of a row as holds its calls."""

    messages: list[_Message]
