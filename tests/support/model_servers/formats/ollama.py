"""Ollama: its own chat API, and its OpenAI-compatible one.

Source: github.com/ollama/ollama docs/api.md, openai/openai.go (NewError, ToChatCompletion), server/sched.go
(ErrMaxQueue); the context error is worded like that of the llama.cpp server inside it. Local servers ask for no key;
401 and 429 are those of its cloud models, from memory. It has no ``tool_choice``: a model decides by itself whether
to call a tool. Log-probabilities are as in github.com/ollama/ollama-python/pull/601; their refusal, and that of JSON,
from memory. litellm's ``ollama_chat/`` calls ``/api/chat``, the native client ``/v1/chat/completions``.
"""

from collections.abc import Mapping
from dataclasses import replace

from tests.support.model_servers.brain import Asked, Said
from tests.support.model_servers.faults import Fault
from tests.support.model_servers.formats.base import BadRequestError, Body, WireAnswer, WireFormat, seconds, text_of
from tests.support.model_servers.formats.openai import OpenAI, called_for, logprobs

_KINDS = {400: "invalid_request_error", 404: "not_found_error"}


class Ollama(WireFormat):
    """``POST {base}/api/chat``, not streamed."""

    name = "ollama"
    prefix = "ollama_chat"
    example = "llama3.2"
    native_path = "/v1"
    litellm_path = ""
    needs_key = False

    def __init__(self) -> None:
        self._compatible = OllamaOpenAI(self)

    def dialect(self, path: str) -> WireFormat | None:
        return {"/api/chat": self, "/v1/chat/completions": self._compatible}.get(path)

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("authorization", "").removeprefix("Bearer ") or None

    def model(self, path: str, body: Body) -> str:
        return str(body["model"])

    def asked(self, path: str, body: Body) -> Asked:
        if body.get("stream", True):
            raise BadRequestError("this server does not stream")
        messages = body["messages"]
        form = body.get("format")
        return Asked(
            model=body["model"],
            system="".join(text_of(m["content"]) for m in messages if m["role"] == "system"),
            turns=tuple((m["role"], text_of(m["content"])) for m in messages if m["role"] in ("user", "assistant")),
            as_json=bool(form),
            logprobs=bool(body.get("logprobs")),
            schema=form if isinstance(form, dict) else None,
            tools=called_for({"tools": body.get("tools")})[0],
        )

    def answer(self, said: Said, asked: Asked | None = None) -> Body:
        message: Body = {"role": "assistant", "content": said.text}
        if said.called:
            function = {"name": said.called.name, "arguments": said.called.arguments}
            message["tool_calls"] = [{"function": function}]
        return {
            "model": said.model,
            "created_at": "2026-11-20T10:00:00.000000Z",
            "message": message,
            **({"logprobs": logprobs(said.text)} if asked and asked.logprobs else {}),
            "done": True,
            "done_reason": "stop",
            "total_duration": 1_000_000,
            "load_duration": 100_000,
            "prompt_eval_count": said.input_tokens,
            "prompt_eval_duration": 400_000,
            "eval_count": said.output_tokens,
            "eval_duration": 500_000,
        }

    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        match fault:
            case Fault.RATE_LIMIT | Fault.TOKEN_LIMIT:
                return _error(429, "too many concurrent requests", (("retry-after", seconds(wait)),))
            case Fault.RATE_LIMIT_BARE:
                return _error(429, "too many concurrent requests")
            case Fault.SERVER_ERROR:
                return _error(500, "llama runner process has terminated: exit status 2")
            case Fault.UNAVAILABLE:
                return _error(503, "server busy, please try again.  maximum pending requests exceeded")
            case Fault.CONTEXT_LENGTH:
                return _error(
                    400, "request (7912 tokens) exceeds the available context size (4096 tokens), try increasing it"
                )
            case Fault.BAD_KEY:
                return _error(401, "unauthorized")
            case Fault.UNKNOWN_MODEL:
                return _error(404, f"model '{model}' not found")
        raise ValueError(f"{fault} has no status of its own")

    def unable(self, ability: str, model: str) -> WireAnswer:
        said = {
            "json_schema": "invalid JSON schema in format",
            "json_object": 'invalid format: "json"; expected a JSON schema',
            "tools": f"registry.ollama.ai/library/{model}:latest does not support tools",
            "logprobs": f"registry.ollama.ai/library/{model}:latest does not support logprobs",
        }
        return _error(400, said[ability])

    def bad_request(self, message: str) -> WireAnswer:
        return _error(400, message)

    def no_such_path(self, method: str, path: str) -> WireAnswer:
        return WireAnswer(404, "404 page not found", content_type="text/plain")

    def about(self, path: str, body: bytes) -> WireAnswer | None:
        if path != "/api/show":  # litellm asks once per model
            return None
        info = {"general.architecture": "llama", "llama.context_length": 131072}
        return WireAnswer(200, {"template": "{{ .Prompt }}", "model_info": info, "capabilities": ["completion"]})


class OllamaOpenAI(OpenAI):
    """``POST {base}/v1/chat/completions`` of an Ollama server: its own errors in OpenAI's envelope."""

    name = "ollama"
    needs_key = False
    strict = False

    def __init__(self, own: Ollama) -> None:
        self._own = own

    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        return _enveloped(self._own.error(fault, model, wait))

    def asked(self, path: str, body: Body) -> Asked:
        return replace(super().asked(path, body), forced=False)

    def unable(self, ability: str, model: str) -> WireAnswer:
        return _enveloped(self._own.unable(ability, model))

    def bad_request(self, message: str) -> WireAnswer:
        return _enveloped(self._own.bad_request(message))

    def no_such_path(self, method: str, path: str) -> WireAnswer:
        return self._own.no_such_path(method, path)

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()


def _error(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> WireAnswer:
    return WireAnswer(status, {"error": message}, headers)


def _enveloped(own: WireAnswer) -> WireAnswer:
    assert isinstance(own.body, dict)
    kind = _KINDS.get(own.status, "api_error")
    error = {"message": own.body["error"], "type": kind, "param": None, "code": None}
    return WireAnswer(own.status, {"error": error}, own.headers)
