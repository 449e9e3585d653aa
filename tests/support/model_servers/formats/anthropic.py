"""Anthropic messages.

Source: docs.claude.com/en/api/messages and /en/api/errors (529 overloaded_error is its own 503); Overloaded
as quoted in github.com/anthropics/claude-code/issues/35792. The long 429 text is the service's for tokens per minute,
as quoted in public logs; that for requests per minute is the same text with the other unit.

Structured outputs are docs.claude.com/en/docs/build-with-claude/structured-outputs, tools
docs.claude.com/en/docs/agents-and-tools/tool-use; the refusals of both follow the service's, from memory.
"""

from collections.abc import Mapping
from itertools import groupby

from tests.support.model_servers.brain import Asked, Said
from tests.support.model_servers.faults import Fault
from tests.support.model_servers.formats.base import BadRequestError, Body, WireAnswer, WireFormat, seconds, text_of

MARKS = 4
_REQUEST = "req_011CLoopback"


class Anthropic(WireFormat):
    """``POST {base}/messages`` for the native client, ``POST {base}/v1/messages`` for litellm's."""

    name = "anthropic"
    prefix = "anthropic"
    example = "claude-sonnet-4-5"
    native_path = "/v1"
    litellm_path = ""

    def dialect(self, path: str) -> WireFormat | None:
        return self if path == "/v1/messages" else None

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-api-key")

    def model(self, path: str, body: Body) -> str:
        return str(body["model"])

    def asked(self, path: str, body: Body) -> Asked:
        if "max_tokens" not in body:
            raise BadRequestError("max_tokens: Field required")
        if body.get("stream"):
            raise BadRequestError("this server does not stream")
        messages = body["messages"]
        wrong = next((m["role"] for m in messages if m["role"] not in ("user", "assistant")), None)
        if wrong:
            raise BadRequestError(
                f'messages: Unexpected role "{wrong}". The Messages API accepts a top-level `system`'
            )
        if "logprobs" in body:
            raise BadRequestError("logprobs: Extra inputs are not permitted")
        form = body.get("output_format") or (body.get("output_config") or {}).get("format") or {}
        if form and form["type"] != "json_schema":
            raise BadRequestError("output_config.format.type: Input should be 'json_schema'")
        tools, forced = _called_for(body)
        return Asked(
            model=body["model"],
            system=text_of(body.get("system")),
            turns=_turns(messages),
            marked=_marked(body),
            as_json=bool(form),
            schema=form.get("schema"),
            tools=tools,
            forced=forced,
        )

    def answer(self, said: Said, asked: Asked | None = None) -> Body:
        block: Body = {"type": "text", "text": said.text}
        if said.called:
            block = {"type": "tool_use", "id": f"toolu_{said.id[-24:]}", "name": said.called.name}
            block["input"] = said.called.arguments
        return {
            "id": f"msg_{said.id}",
            "type": "message",
            "role": "assistant",
            "model": said.model,
            "content": [block],
            "stop_reason": "tool_use" if said.called else "end_turn",
            "stop_sequence": None,
            "usage": {
                "input_tokens": said.input_tokens - said.cached_tokens - said.written_tokens,
                "cache_creation_input_tokens": said.written_tokens,
                "cache_read_input_tokens": said.cached_tokens,
                "output_tokens": said.output_tokens,
                "service_tier": "standard",
            },
        }

    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        after = (("retry-after", seconds(wait)),)
        match fault:
            case Fault.RATE_LIMIT:
                return _error(429, "rate_limit_error", _limit("50 requests", model), after)
            case Fault.RATE_LIMIT_BARE:
                said = "Number of concurrent connections has exceeded your rate limit. Please try again later."
                return _error(429, "rate_limit_error", said)
            case Fault.TOKEN_LIMIT:
                return _error(429, "rate_limit_error", _limit("30,000 input tokens", model), after)
            case Fault.SERVER_ERROR:
                return _error(500, "api_error", "Internal server error")
            case Fault.UNAVAILABLE:
                return _error(529, "overloaded_error", "Overloaded")
            case Fault.CONTEXT_LENGTH:
                said = "prompt is too long: 215000 tokens > 200000 maximum"
                return _error(400, "invalid_request_error", said)
            case Fault.BAD_KEY:
                return _error(401, "authentication_error", "invalid x-api-key")
            case Fault.UNKNOWN_MODEL:
                return _error(404, "not_found_error", f"model: {model}")
        raise ValueError(f"{fault} has no status of its own")

    def unable(self, ability: str, model: str) -> WireAnswer:
        what = "tool use" if ability == "tools" else "output format"
        return _error(400, "invalid_request_error", f"'{model}' does not support {what}.")

    def bad_request(self, message: str) -> WireAnswer:
        return _error(400, "invalid_request_error", message)

    def no_such_path(self, method: str, path: str) -> WireAnswer:
        return _error(404, "not_found_error", "Not Found")

    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("request-id", _REQUEST),)


def _called_for(body: Body) -> tuple[dict[str, Body], bool]:
    """The parameters, by name, of the tools that may be called, and whether one has to be called."""
    tools = {tool["name"]: tool["input_schema"] for tool in body.get("tools") or ()}
    choice = body.get("tool_choice") or {"type": "auto"}
    if choice["type"] == "tool":
        return {choice["name"]: tools[choice["name"]]}, True
    return ({}, False) if choice["type"] == "none" else (tools, choice["type"] == "any")


def _turns(messages: list[Body]) -> tuple[tuple[str, str], ...]:
    """Messages of one role in a row are one turn."""
    rows = groupby(messages, key=lambda message: message["role"])
    return tuple((role, "".join(text_of(message["content"]) for message in row)) for role, row in rows)


def _marked(body: Body) -> tuple[str, ...]:
    """The text up to each mark: docs.claude.com/en/docs/build-with-claude/prompt-caching."""
    system = body.get("system")
    turns = [system, *(message["content"] for message in body["messages"])]
    blocks = [block for content in turns if isinstance(content, list) for block in content]
    if sum("cache_control" in block for block in blocks) > MARKS:
        raise BadRequestError(f"A maximum of {MARKS} blocks with cache_control may be provided.")
    beginnings, text = [], ""
    for content in turns:
        for block in content if isinstance(content, list) else [{"text": content or ""}]:
            text += block.get("text", "")
            if "cache_control" in block:
                beginnings.append(text)
    return tuple(beginnings)


def _limit(what: str, model: str) -> str:
    return (
        f"This request would exceed your organization's rate limit of {what} per minute (org: loopback, model: "
        f"{model}). For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response "
        "headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again "
        "later."
    )


def _error(status: int, kind: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> WireAnswer:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": _REQUEST}
    return WireAnswer(status, body, (*headers, ("request-id", _REQUEST)))
