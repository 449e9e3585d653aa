"""Finding out what a model can do: five small requests at once, one for each capability, and one for a single word.

The documents of a model say what its family can do. A gateway, a local server or an old version may refuse it, or
accept the field and ignore it. So each request is made such that the answer shows whether the field had an effect.
"""

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
from pydantic import JsonValue

from toolgrad_dspy.concurrency import gather_or_cancel
from toolgrad_dspy.json_schema import Dialect, JsonSchema, Refusal, accepts, compile_schema, convert
from toolgrad_dspy.lm.capabilities.known import Capabilities
from toolgrad_dspy.lm.engines.base import AsyncEngine
from toolgrad_dspy.lm.preflight import check

# The length of an answer in tokens: enough for a model that thinks before it greets, and an end for one that never
# stops, as happens in JSON mode.
LONGEST = 2048

_GREET = "Greet me in one short sentence."
# OpenAI refuses JSON mode if the prompt lacks the word JSON.
_GREET_IN_JSON = "Greet me: reply with a JSON object that has one key, greeting."


def _closed(required: list[JsonValue], **properties: JsonValue) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_NOTE = "The weather is fine. Note that with the tool."
# Nested one level: DSPy reads a top-level property with an enum as its notation for a choice between named answers.
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
# Two calls in the plain form: the alternatives, the constants and the definition that schemas of calls have. The note
# may be absent: a gateway on this machine may pass the schema on to a provider that refuses such properties.
_NOTED: JsonSchema = {"anyOf": [{"type": "string", "const": "dry"}, {"type": "null"}]}
_SEALED = _closed(["seal"], seal={"type": "string", "const": "heron"}, note=_NOTED)
_COUNTED = _closed(["count"], count={"type": "integer", "enum": [3]})
_CALL_SCHEMA: JsonSchema = {
    **_closed(["call"], call={"$ref": "#/$defs/call"}),
    "$defs": {
        "call": {
            "anyOf": [
                _closed(["tool", "arguments"], tool={"type": "string", "const": "plover_17"}, arguments=_SEALED),
                _closed(["tool", "arguments"], tool={"type": "string", "const": "plover_18"}, arguments=_COUNTED),
            ]
        },
    },
}
_TOOL = FunctionTool(
    "note_weather",
    "Note what the weather is like.",
    {"type": "object", "properties": {"weather": {"type": "string"}}, "required": ["weather"]},
)

# Refusals of a request. OpenAI refuses log-probabilities with status 403, as it refuses a key; the request for a word
# tells the two apart. A prompt that is too long is not a refusal: the model is too small for LONGEST tokens.
_REFUSALS = (InvalidRequestError, CapabilityError, AuthError, BillingError)


async def probe(model: str, engine: AsyncEngine, dialect: Dialect = "openai") -> Capabilities:
    """What ``model``, whose server takes schemas in ``dialect``, can do when it is reached through ``engine``.

    Raises ModelError as :func:`check` does.

    - ``json_schema``: asked to greet, under a strict schema that admits only one object without a greeting, it
      answers with that object. Nothing but the schema would make it do so.
    - ``call_schema``: the same under one that admits only calls of two tools, in the ``dialect``.
    - ``json_object``: asked for JSON in JSON mode, it answers with one bare object. That shows that the mode is
      accepted and harmless, not that it is enforced, since the prompt has to ask for JSON, too.
    - ``function_calling``: given a tool and required to call it, it calls it. Where a call cannot be required (Ollama
      has no ``tool_choice``), the prompt asks for it; a text is never taken for a call.
    - ``logprobs``: the answer has them when they are requested.

    A refusal, by the provider or the engine, means no, provided that the model answers the request for a word. A
    request that fails in another way, or whose answer is cut off, leaves its capability None.
    """
    plain, probes = _AnswerRecorder(engine), _probes(dialect)
    answers: dict[str, Response | LM15Error] = {}

    async def ask(name: str, request: Request) -> None:
        try:
            answers[name] = await engine.complete(replace(request, model=model))
        except LM15Error as error:
            answers[name] = error

    await gather_or_cancel([check({model: plain}), *(ask(name, request) for name, (request, _) in probes.items())])
    values = {name: _meaning(answers[name], shows, plain.answered) for name, (_, shows) in probes.items()}
    return Capabilities(**values, source="probe")


class _AnswerRecorder:
    """An engine that records whether the model answered. A check passes without an answer when a server is slow."""

    def __init__(self, inner: AsyncEngine) -> None:
        self._inner = inner
        self.answered = False

    async def complete(self, request: Request) -> Response:
        response = await self._inner.complete(request)
        self.answered = True
        return response


def _meaning(answer: Response | LM15Error, shows: Callable[[Response], bool], plain: bool) -> bool | None:
    """What ``answer`` says about a capability. ``plain``: whether the model answered the request for a word."""
    if isinstance(answer, LM15Error):
        refused = isinstance(answer, _REFUSALS) and not isinstance(answer, ContextLengthError)
        return False if plain and refused else None
    if shows(answer):
        return True
    # What is missing from a whole answer was ignored; in one that was cut off it may have been about to come.
    return None if answer.finish_reason == "length" else False


def _obeys(response: Response) -> bool:
    return _object(response) == _SEAL


def _is_call(response: Response) -> bool:
    answer = _object(response)
    return answer is not None and accepts(compile_schema(_CALL_SCHEMA), answer)


def _is_json(response: Response) -> bool:
    # An engine that knows that the provider has no such mode leaves the field out, and notes that.
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


def _held_to(schema: JsonSchema) -> Request:
    return _request(
        _GREET, response_format={"type": "json_schema", "name": "answer", "schema": schema, "strict": True}
    )


def _probes(dialect: Dialect) -> Mapping[str, tuple[Request, Callable[[Response], bool]]]:
    """For each capability: the request, and whether an answer shows the capability."""
    call_schema = convert(_CALL_SCHEMA, dialect)
    assert not isinstance(call_schema, Refusal), "every dialect takes it"
    forced = ToolChoice(mode="required", allowed=(_TOOL.name,))
    return {
        "json_schema": (_held_to(_SCHEMA), _obeys),
        "call_schema": (_held_to(call_schema), _is_call),
        "json_object": (_request(_GREET_IN_JSON, response_format={"type": "json_object"}), _is_json),
        "function_calling": (_request(_NOTE, (_TOOL,), tool_choice=forced), _calls),
        "logprobs": (_request(_GREET, logprobs=0), _has_logprobs),
    }
