"""Finding out what a model can do, by asking it: four small requests at once, beside one for a word.

A model's documents say what its family can do; a gateway, a local server or an old version may refuse it, or take the
field and ignore it. So each request asks for something that an answer gives away.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dspy.lm15 import (
    AuthError,
    BillingError,
    CapabilityError,
    Config,
    ContextLengthError,
    FunctionTool,
    InvalidRequestError,
    LM15Error,
    Message,
    Request,
    Response,
    ToolCallPart,
    ToolChoice,
)

from toolgrad_dspy.lm.capabilities.known import Capabilities
from toolgrad_dspy.lm.engines.base import AsyncEngine
from toolgrad_dspy.lm.preflight import check

# Tokens an answer may have: enough for a model that thinks before it greets, and an end to one that never stops, as
# happens to models in JSON mode.
LONGEST = 2048

_GREET = "Greet me in one short sentence."
# OpenAI refuses JSON mode for a prompt without the word.
_GREET_IN_JSON = "Greet me: reply with a JSON object that has one key, greeting."

_NOTE = "The weather is fine. Note that with the tool."
# A property of its own would be DSPy's notation for a choice between named answers, so it stands a level deeper.
_SEAL: dict[str, Any] = {"seal": {"code": "plover-17"}}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "seal": {
            "type": "object",
            "properties": {"code": {"type": "string", "enum": ["plover-17"]}},
            "required": ["code"],
            "additionalProperties": False,
        }
    },
    "required": ["seal"],
    "additionalProperties": False,
}
_TOOL = FunctionTool(
    "note_weather",
    "Note what the weather is like.",
    {"type": "object", "properties": {"weather": {"type": "string"}}, "required": ["weather"]},
)

# Refusals of a request. OpenAI refuses log-probabilities with status 403, which reads like a refused key; the word
# that the model is asked for beside it tells the two apart. Not among them: a model too small for LONGEST tokens.
_REFUSALS = (InvalidRequestError, CapabilityError, AuthError, BillingError)


async def probe(model: str, engine: AsyncEngine) -> Capabilities:
    """What ``model`` can do when it is reached through ``engine``. Raises ModelError as :func:`check` does.

    - ``json_schema``: asked to greet, with a strict schema that admits one object without a greeting, it answers with
      that object. Without the schema nothing would make it do so.
    - ``json_object``: asked for JSON in JSON mode, it answers with one bare object. That shows the mode is accepted
      and does no harm; not that it is enforced, since the prompt asks for the same, as it has to.
    - ``function_calling``: given a tool, told and made to call it, it calls it. Where nothing can make it (Ollama has
      no ``tool_choice``) being told is enough: a text is never taken for a call.
    - ``logprobs``: asked for them, there are some.

    A refusal is a no, the engine's own too, if the model answers the request for a word, which asks for nothing
    special. What fails in another way, or is cut off, stays None.
    """
    plain = _Noted(engine)
    _, *answers = await asyncio.gather(
        check({model: plain}), *(_ask(engine, replace(request, model=model)) for request, _ in _PROBES.values())
    )
    found = {
        name: _meaning(answer, shows, plain.answered)
        for (name, (_, shows)), answer in zip(_PROBES.items(), answers, strict=True)
    }
    return Capabilities(**found, source="probe")


class _Noted:
    """An engine that remembers whether it was answered."""

    def __init__(self, inner: AsyncEngine) -> None:
        self._inner = inner
        self.answered = False

    async def complete(self, request: Request) -> Response:
        response = await self._inner.complete(request)
        self.answered = True
        return response


async def _ask(engine: AsyncEngine, request: Request) -> Response | LM15Error:
    try:
        return await engine.complete(request)
    except LM15Error as error:
        return error


def _meaning(answer: Response | LM15Error, shows: Callable[[Response], bool], plain: bool) -> bool | None:
    """What ``answer`` says about a capability; ``plain`` tells whether the model answers at all."""
    if isinstance(answer, LM15Error):
        refused = isinstance(answer, _REFUSALS) and not isinstance(answer, ContextLengthError)
        return False if plain and refused else None
    if shows(answer):
        return True
    return None if answer.finish_reason == "length" else False


def _obeys(response: Response) -> bool:
    return _object(response) == _SEAL


def _is_json(response: Response) -> bool:
    # An engine that knows the provider to have no such mode may leave the field out, and say so.
    dropped = any(note.field == "config.response_format" for note in response.adaptations)
    return _object(response) is not None and not dropped


def _object(response: Response) -> dict[str, Any] | None:
    try:
        value = json.loads(response.text or "")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _calls(response: Response) -> bool:
    return any(isinstance(part, ToolCallPart) and part.name == _TOOL.name for part in response.message.parts)


def _has_logprobs(response: Response) -> bool:
    return bool(response.logprobs)


def _request(text: str, tools: tuple[FunctionTool, ...] = (), **config: Any) -> Request:
    return Request(
        model="any", messages=(Message.user(text),), tools=tools, config=Config(max_tokens=LONGEST, **config)
    )


# For each capability: what is asked, and what in the answer shows it.
_PROBES: Mapping[str, tuple[Request, Callable[[Response], bool]]] = {
    "json_schema": (
        _request(
            _GREET, response_format={"type": "json_schema", "name": "answer", "schema": _SCHEMA, "strict": True}
        ),
        _obeys,
    ),
    "json_object": (_request(_GREET_IN_JSON, response_format={"type": "json_object"}), _is_json),
    "function_calling": (
        _request(_NOTE, (_TOOL,), tool_choice=ToolChoice(mode="required", allowed=(_TOOL.name,))),
        _calls,
    ),
    "logprobs": (_request(_GREET, logprobs=0), _has_logprobs),
}
