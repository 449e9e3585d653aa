"""Rewriting what a tool says of itself and what it gives: every text of it, at any depth."""

import json
from typing import Any, Protocol, TypeVar

from pydantic import JsonValue
from pydantic_core import from_json

from toolgrad_dspy.records import Observation, Tool

JsonT = TypeVar("JsonT", bound=JsonValue)


class Rewrite(Protocol):
    """What is done to JSON: it stays JSON of the same kind."""

    def __call__(self, value: JsonT, /) -> JsonT: ...


def rewritten_observation(observation: Observation, rewrite: Rewrite) -> Observation:
    """``observation`` with its content, its text and its error's message rewritten."""
    error = observation.error
    if error is not None:
        error = error.model_copy(update={"message": rewrite(error.message)})
    content, text = rewrite(observation.content), _rewritten_text(observation.text, rewrite)
    if content is observation.content and text is observation.text and error == observation.error:
        return observation
    return observation.model_copy(update={"content": content, "text": text, "error": error})


def rewritten_tool(tool: Tool, rewrite: Rewrite) -> Tool:
    """``tool`` with its description and its schemas rewritten."""
    return tool.model_copy(
        update={key: rewrite(getattr(tool, key)) for key in ("description", "parameters", "returns")}
    )


def _rewritten_text(text: str, rewrite: Rewrite) -> str:
    """``text`` rewritten, so that one that was JSON is JSON still: a number in it may have become a text."""
    rewritten = rewrite(text)
    if rewritten == text or text.lstrip()[:1] not in ("{", "[") or _is_json(rewritten):
        return rewritten
    try:
        document: Any = from_json(text)
    except ValueError:
        return rewritten
    return json.dumps(rewrite(document), ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        from_json(text)
    except ValueError:
        return False
    return True
