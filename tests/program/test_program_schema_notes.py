"""What is said before a run about the schemas of answers."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_servers import ModelServer
from toolgrad_dspy.json_schema import JsonSchema
from toolgrad_dspy.lm import ROLES, Models, ModelSettings
from toolgrad_dspy.lm.capabilities import remember
from toolgrad_dspy.lm.capabilities.probe_cache import probed
from toolgrad_dspy.program import ProgramConfig, schema_notes
from toolgrad_dspy.records import Tool
from toolgrad_dspy.runs import RunSpec, generate_run
from toolgrad_dspy.runs.spec import ModelsSpec

FREE = {"type": "object", "additionalProperties": True}


def tool(name: str, **properties: Any) -> Tool:
    parameters: JsonSchema = {"type": "object", "properties": properties}
    return Tool(name=name, source_name=name, description="", parameters=parameters, source="s", category="c")


def models(model: str, **more: Any) -> Models:
    return Models({role: ModelSettings.model_validate({"model": model, "api_key": "k", **more}) for role in ROLES})


SOUND = [tool(f"sound_{number}", a={"type": "string"}) for number in range(4)]
OPEN = [tool(f"open_{number}", a=FREE) for number in range(7)]


def test_tools_that_no_answer_can_be_held_to_are_named_with_the_reason() -> None:
    (line,) = schema_notes(models("openai/gpt-4.1-mini"), [*SOUND, *OPEN], 50)
    assert line.startswith("proposer and executor: answers about 7 of 11 tools")
    assert "an object whose properties have no names: open_0," in line
    assert line.endswith("and 2 more")


def test_nothing_is_said_where_no_schema_is_sent() -> None:
    tools = [*SOUND, *OPEN]
    assert schema_notes(models("openai/gpt-4.1-mini"), tools, 5) == (), "the schema would change with the mini-batch"
    assert schema_notes(models("openai/gpt-4.1-mini", schema="fixed"), tools, 50) == ()
    assert schema_notes(models("openai/gpt-4.1-mini", adapter="chat"), tools, 50) == ()
    assert schema_notes(models("rehearsal"), tools, 50) == ()
    assert schema_notes(models("openai/gpt-4.1-mini"), SOUND, 50) == ()


def test_tools_that_are_too_many_together_are_said_too() -> None:
    many = [tool(f"t{number}", **{f"p{n}": {"type": "string"} for n in range(9)}) for number in range(3)]
    (line,) = schema_notes(models("anthropic/claude-sonnet-4-5"), many, 50)
    assert line.endswith("too many optional properties")


def test_a_grammar_takes_them_all() -> None:
    assert schema_notes(models("ollama_chat/llama3.1", schema="call"), [*SOUND, *OPEN], 50) == ()


@pytest.mark.parametrize("was_probed", [True, False])
def test_a_run_begins_with_the_hint_to_probe_a_model_that_never_was(tmp_path: Path, was_probed: bool) -> None:
    said: list[str] = []
    with ModelServer("vllm") as server:
        own = ModelSettings.model_validate({"model": server.model, "api_base": server.url, "api_key": "k"})
        if was_probed:
            remember([probed(own, {"json_schema": False, "call_schema": False, "json_object": False})])
        spec = RunSpec(n=1, models=ModelsSpec(dict.fromkeys(ROLES, own)), program=ProgramConfig(iterations=1))
        asyncio.run(generate_run(spec, tmp_path / "run", say=said.append))
    assert sum("doctor --models" in line for line in said) == (0 if was_probed else 1)
