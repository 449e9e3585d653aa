"""OpenAI chat completions.

Source: platform.openai.com/docs/api-reference/chat, platform.openai.com/docs/guides/error-codes; the message texts
follow the service's, from memory; that for log-probabilities, with its status, is quoted in
github.com/confident-ai/deepeval/pull/2184, that for tools in github.com/dzhng/deep-research/issues/96.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.support.model_servers.brain import Asked, Said
from tests.support.model_servers.faults import Fault
from tests.support.model_servers.formats.base import BadRequestError, Body, WireAnswer, WireFormat, seconds, text_of

_TOKEN = re.compile(r"\s*\S+|\s+$")


class OpenAI(WireFormat):
    """``POST {base}/chat/completions``."""

    name = "openai"
    prefix = "openai"
    example = "gpt-4.1-mini"
    native_path = "/v1"
    litellm_path = "/v1"
    # Other servers with this format do not have OpenAI's rules for JSON.
    strict = True

    def dialect(self, path: str) -> WireFormat | None:
        return self if path == "/v1/chat/completions" else None

    def key(self, headers: Mapping[str, str]) -> str | None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        return key.strip() or None if scheme.lower() == "bearer" else None

    def model(self, path: str, body: Body) -> str:
        return str(body["model"])

    def asked(self, path: str, body: Body) -> Asked:
        if body.get("stream"):
            raise BadRequestError("this server does not stream")
        messages = body["messages"]
        kind = (body.get("response_format") or {}).get("type", "text")
        if kind not in ("text", "json_object", "json_schema"):
            raise BadRequestError(f"Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema'.")
        if self.strict and kind == "json_object" and "json" not in json.dumps(messages).lower():
            raise BadRequestError(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                "'json_object'."
            )
        schema = body["response_format"]["json_schema"] if kind == "json_schema" else {}
        if self.strict and schema.get("strict"):
            _check_strict(schema["name"], schema["schema"])
        tools, forced = called_for(body)
        system = "".join(text_of(m["content"]) for m in messages if m["role"] in ("system", "developer"))
        return Asked(
            model=body["model"],
            system=system,
            marked=(system,),  # cached without a mark
            turns=tuple((m["role"], text_of(m["content"])) for m in messages if m["role"] in ("user", "assistant")),
            as_json=kind != "text",
            logprobs=bool(body.get("logprobs")),
            schema=schema.get("schema"),
            tools=tools,
            forced=forced,
        )

    def answer(self, said: Said, asked: Asked | None = None) -> Body:
        message: Body = {"role": "assistant", "content": said.text, "refusal": None, "annotations": []}
        if said.called:
            function = {"name": said.called.name, "arguments": json.dumps(said.called.arguments)}
            call = {"id": f"call_{said.id[-24:]}", "type": "function", "function": function}
            message |= {"content": None, "tool_calls": [call]}
        return {
            "id": f"chatcmpl-{said.id}",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": said.model,
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "logprobs": {"content": logprobs(said.text), "refusal": None}
                    if asked and asked.logprobs
                    else None,
                    # A call that was asked for by name ends with stop.
                    "finish_reason": "tool_calls" if said.called and not (asked and asked.forced) else "stop",
                }
            ],
            "usage": {
                "prompt_tokens": said.input_tokens,
                "completion_tokens": said.output_tokens,
                "total_tokens": said.input_tokens + said.output_tokens,
                "prompt_tokens_details": {"cached_tokens": said.cached_tokens, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            "service_tier": "default",
            "system_fingerprint": None,
        }

    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        limit = f"Rate limit reached for {model} in organization org-loopback on "
        hint = f" Please try again in {seconds(wait)}s." if fault is not Fault.RATE_LIMIT_BARE else ""
        more = " Visit https://platform.openai.com/account/rate-limits to learn more."
        after = () if fault is Fault.RATE_LIMIT_BARE else (("retry-after", seconds(wait)),)
        match fault:
            case Fault.RATE_LIMIT | Fault.RATE_LIMIT_BARE:
                said = f"{limit}requests per min (RPM): Limit 500, Used 500, Requested 1.{hint}{more}"
                return _error(429, said, "requests", "rate_limit_exceeded", headers=after)
            case Fault.TOKEN_LIMIT:
                said = f"{limit}tokens per min (TPM): Limit 30000, Used 29000, Requested 1800.{hint}{more}"
                return _error(429, said, "tokens", "rate_limit_exceeded", headers=after)
            case Fault.SERVER_ERROR:
                said = "The server had an error while processing your request. Sorry about that!"
                return _error(500, said, "server_error")
            case Fault.UNAVAILABLE:
                return _error(503, "The engine is currently overloaded, please try again later", "server_error")
            case Fault.CONTEXT_LENGTH:
                said = (
                    "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 "
                    "tokens. Please reduce the length of the messages."
                )
                return _error(400, said, code="context_length_exceeded", param="messages")
            case Fault.BAD_KEY:
                said = (
                    "Incorrect API key provided: sk-loop*****0001. You can find your API key at "
                    "https://platform.openai.com/account/api-keys."
                )
                return _error(401, said, code="invalid_api_key")
            case Fault.UNKNOWN_MODEL:
                said = f"The model `{model}` does not exist or you do not have access to it."
                return _error(404, said, code="model_not_found")
        raise ValueError(f"{fault} has no status of its own")

    def unable(self, ability: str, model: str) -> WireAnswer:
        if ability == "logprobs":
            return _error(403, "You are not allowed to request logprobs from this model")
        if ability == "tools":
            return _error(
                400,
                "tools is not supported in this model. For a list of supported models, refer to "
                "https://platform.openai.com/docs/guides/function-calling#models-supporting-function-calling.",
            )
        guide = (
            " Learn more about supported models at the Structured Outputs guide: "
            "https://platform.openai.com/docs/guides/structured-outputs"
        )
        said = f"Invalid parameter: 'response_format' of type '{ability}' is not supported with this model."
        return _error(400, said + (guide if ability == "json_schema" else ""))

    def bad_request(self, message: str) -> WireAnswer:
        return _error(400, message)

    def no_such_path(self, method: str, path: str) -> WireAnswer:
        return _error(404, f"Invalid URL ({method} {path})")

    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("x-request-id", "req_loopback"), ("openai-processing-ms", "1"))


def called_for(body: Body) -> tuple[dict[str, Body], bool]:
    """The parameters, by name, of the tools that may be called, and whether one has to be called."""
    tools = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in body.get("tools") or ()}
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        name = choice["function"]["name"]
        if name not in tools:
            raise BadRequestError(f"Invalid value for 'tool_choice': '{name}' is not in 'tools'.")
        return {name: tools[name]}, True
    return ({}, False) if choice == "none" else (tools, choice == "required")


def _check_strict(name: str, schema: Body, path: tuple[str, ...] = ()) -> None:
    """Strict schemas name all properties of every object, and admit no others."""
    said = f"Invalid schema for response_format '{name}': In context={path}, "
    if schema.get("type") == "object":
        properties = schema.get("properties") or {}
        if schema.get("additionalProperties") is not False:
            raise BadRequestError(f"{said}'additionalProperties' is required to be supplied and to be false.")
        missing = next((key for key in properties if key not in schema.get("required", ())), None)
        if missing is not None:
            raise BadRequestError(
                f"{said}'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{missing}'."
            )
        for key, inner in properties.items():
            _check_strict(name, inner, (*path, "properties", key))
    if isinstance(schema.get("items"), dict):
        _check_strict(name, schema["items"], (*path, "items"))
    for number, inner in enumerate(schema.get("anyOf") or ()):
        _check_strict(name, inner, (*path, "anyOf", str(number)))
    for key, inner in (schema.get("$defs") or {}).items():
        _check_strict(name, inner, (*path, "$defs", key))


def _error(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> WireAnswer:
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return WireAnswer(status, body, (*headers, ("x-request-id", "req_loopback")))


def logprobs(text: str) -> list[dict[str, Any]]:
    """Log-probabilities of the words in place of tokens, each nearly certain."""
    return [
        {"token": token, "logprob": -0.01, "bytes": list(token.encode()), "top_logprobs": []}
        for token in _TOKEN.findall(text)
    ]
