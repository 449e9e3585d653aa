"""Conversations at the edges of what an exporter is given, for ``conformance.py``."""

from pydantic import JsonValue

from toolgrad_dspy.export.conversation import Conversation
from toolgrad_dspy.records import Observation, Step, Tool, ToolCall


def odd_conversations() -> tuple[Conversation, ...]:
    """The conversations, new ones each time, and an ordinary one. ``id`` says what is odd about each."""
    first = _step("s1", {"city": "Köln"}, '{"temperature": 12}')
    second = _step("s2", {"city": "Lyon"}, '{"temperature": 15}')
    values: dict[str, JsonValue] = {
        "text": 'a "quoted" \\ line\n\u2028</s><|im_end|> \U0001f600',
        "nested": {"list": [1, 2.5, True, None, {"": []}], "empty": {}},
        "number": 10**17,
        "type": "function",
    }
    return (
        _conversation("one call", (first,)),
        _conversation("two calls at the same time", (first, second)),
        _conversation("two calls one after the other", (first,), (second,)),
        _conversation("the same call twice", (first,), (_step("s2", {"city": "Köln"}, '{"temperature": 12}'),)),
        _conversation("no calls"),
        _conversation("a call without arguments and an empty result", (_step("s1", {}, ""),)),
        _conversation("arguments of every kind", (_step("s1", values, '{"ok": true}'),)),
        _conversation("a result that is not JSON", (_step("s1", {"city": "Köln"}, "{ 12 degrees [in the shade]"),)),
        _conversation("no words", (first,), query="", response=""),
    )


def _conversation(
    id: str, *turns: tuple[Step, ...], query: str = "How warm is it?", response: str = "12 degrees."
) -> Conversation:
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/city"}},
        "$defs": {"city": {"type": ["string", "null"], "description": "A city."}},
    }
    tools = (_tool("get_weather", "The weather now.", schema), _tool("get_time", "", {"type": "object"}))
    return Conversation(id=id, tools=tools, query=query, turns=turns, response=response)


def _tool(name: str, description: str, parameters: dict[str, JsonValue]) -> Tool:
    return Tool(
        name=name, source_name=name, description=description, parameters=parameters, source="s", category="weather"
    )


def _step(id: str, arguments: dict[str, JsonValue], text: str) -> Step:
    call = ToolCall(tool="get_weather", arguments=arguments)
    return Step(id=id, call=call, observation=Observation(text=text))
