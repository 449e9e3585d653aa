"""Whole sessions whose model writes every answer of every module in another way than it was asked to."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.model_servers import FORMATS, ModelServer
from tests.support.model_servers.brain import think
from tests.support.model_servers.formats import WireAnswer
from tests.support.model_servers.script import completion
from toolgrad_dspy.lm import Models, answer_faults
from toolgrad_dspy.lm.rehearsal.prompt import sections
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, run_sessions
from toolgrad_dspy.runs import canonical
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.world import WorldSource

Fields = dict[str, Any]
COMPLETED = "\n\n[[ ## completed ## ]]"


def fields_of(answer: str) -> Fields:
    """The fields of an answer in the chat format, those with lists as data."""
    texts = sections(answer.removesuffix(COMPLETED))
    return {name: json.loads(text) if name in ("proposals", "calls") else text for name, text in texts.items()}


def renamed(value: Any) -> Any:
    """``value`` with its calls in the words of other formats, and their arguments as text."""
    if isinstance(value, dict) and "tool" in value:
        return {"name": value["tool"], "parameters": json.dumps(value["arguments"])}
    if isinstance(value, dict):
        return {key: renamed(item) for key, item in value.items()}
    return [renamed(item) for item in value] if isinstance(value, list) else value


def as_chat(fields: Fields, write: Callable[[Any], str]) -> str:
    shown = {name: value if isinstance(value, str) else write(value) for name, value in fields.items()}
    return "\n".join(f"  [[ # {name} # ]]\n{text}" for name, text in shown.items())


WAYS: dict[str, Callable[[str], str | dict[str, Any]]] = {
    "as one object": lambda text: f"Sure:\n```json\n{json.dumps(fields_of(text), indent=1)}\n```\nDone!",
    "after a thought": lambda text: f"\ufeff<think>{text} or {{</think>\n\xa0{text}",
    "as thoughts": lambda text: {"content": None, "reasoning_content": text},
    "in Python": lambda text: as_chat(fields_of(text), repr),
    "in other words": lambda text: as_chat(renamed(fields_of(text)), lambda value: f"```\n{json.dumps(value)}\n```"),
    "in quotes": lambda text: json.dumps({name: json.dumps(value) for name, value in fields_of(text).items()}),
}


async def town_sessions() -> list[str]:
    models = Models.from_environment()
    try:
        async with Library([WorldSource()]) as library:
            program = ToolGrad(library, models, ProgramConfig(iterations=3))
            sessions = await run_sessions(program, draw(0, 2, 0, 0).train)
    finally:
        await models.aclose()
    return [canonical(session.sample) for session in sessions if session.sample]


@pytest.mark.parametrize("way", WAYS)
def test_the_samples_are_those_of_a_model_that_does_as_it_is_told(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    wire = FORMATS["openai"]

    def mangled(body: dict[str, Any]) -> WireAnswer:
        text = think(wire.asked("/v1/chat/completions", body)).text
        return WireAnswer(200, completion(WAYS[way](text)))

    told = asyncio.run(town_sessions())
    with ModelServer("openai", trouble=mangled) as server:
        for name, value in {"MODEL": "openai/anything", "API_BASE": server.url, "API_KEY": "sk-loopback"}.items():
            monkeypatch.setenv(f"TOOLGRAD_{name}", value)
        with answer_faults() as faults:
            assert asyncio.run(town_sessions()) == told
    assert len(told) == 2
    assert faults == []
