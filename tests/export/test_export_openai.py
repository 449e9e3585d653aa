"""OpenAI's format, by its published rules."""

import json
from typing import Any, cast

from toolgrad_dspy.export import exporter
from toolgrad_dspy.export.odd_conversations import odd_conversations

ROWS = {given.id: exporter("openai").row(given) for given in odd_conversations()}


def messages(id: str) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], ROWS[id]["messages"])


def test_a_turn_is_one_message_with_its_calls_and_a_message_for_each_result() -> None:
    roles = [message["role"] for message in messages("two calls at the same time")]
    assert roles == ["user", "assistant", "tool", "tool", "assistant"]
    roles = [message["role"] for message in messages("two calls one after the other")]
    assert roles == ["user", "assistant", "tool", "assistant", "tool", "assistant"]


def test_every_call_has_an_id_of_its_own_and_exactly_one_result_that_names_it() -> None:
    for id in ROWS:
        asked = [call["id"] for message in messages(id) for call in message.get("tool_calls", ())]
        answered = [message["tool_call_id"] for message in messages(id) if message["role"] == "tool"]
        assert asked == answered
        assert len(set(asked)) == len(asked)


def test_arguments_are_a_string_of_json_and_tools_are_functions_with_their_schema() -> None:
    (call,) = messages("arguments of every kind")[1]["tool_calls"]
    assert call["type"] == "function"
    assert json.loads(call["function"]["arguments"])["nested"] == {
        "list": [1, 2.5, True, None, {"": []}],
        "empty": {},
    }
    tools = cast(list[dict[str, Any]], ROWS["one call"]["tools"])
    assert [tool["type"] for tool in tools] == ["function", "function"]
    assert tools[0]["function"]["parameters"]["$defs"]["city"]["type"] == ["string", "null"]
    assert tools[0]["function"].keys() == {"name", "description", "parameters"}
