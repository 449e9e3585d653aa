"""vLLM's OpenAI-compatible server: OpenAI's answers, errors of its own.

Source: vllm/entrypoints/openai (protocol.py ErrorInfo, whose ``code`` is the HTTP status as a number, and the
authentication middleware), from memory; the context error as quoted in github.com/harbor-framework/harbor/pull/996
and github.com/vllm-project/vllm/pull/37011; the refusals of a schema and of log-probabilities as in
github.com/vllm-project/vllm/issues/16321 and github.com/vllm-project/vllm-gaudi/pull/1098. It has no rate limit of
its own: the 429 is that of a proxy before it.
"""

from tests.support.model_servers.faults import Fault
from tests.support.model_servers.formats.base import WireAnswer, seconds
from tests.support.model_servers.formats.openai import OpenAI


class VLLM(OpenAI):
    """``POST {base}/chat/completions``; takes any key or none unless it was started with one."""

    name = "vllm"
    prefix = "hosted_vllm"
    example = "Qwen/Qwen3-8B"
    needs_key = False
    strict = False

    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        match fault:
            case Fault.RATE_LIMIT | Fault.TOKEN_LIMIT:
                body = {"error": "Too Many Requests"}
                return WireAnswer(429, body, (("retry-after", seconds(wait)),))
            case Fault.RATE_LIMIT_BARE:
                return WireAnswer(429, {"error": "Too Many Requests"})
            case Fault.SERVER_ERROR:
                return _error(500, "EngineCore encountered an issue. See stack trace for the root cause.")
            case Fault.UNAVAILABLE:
                return _error(503, "The server is overloaded, please try again later.", "ServiceUnavailableError")
            case Fault.CONTEXT_LENGTH:
                said = (
                    "You passed 1015 input tokens and requested 10 output tokens. However, the model's context "
                    "length is only 1024 tokens, resulting in a maximum input length of 1014 tokens. Please reduce "
                    "the length of the input prompt. (parameter=input_tokens, value=1015)"
                )
                return _error(400, said, "BadRequestError", "input_tokens")
            case Fault.BAD_KEY:
                return WireAnswer(401, {"error": "Unauthorized"})
            case Fault.UNKNOWN_MODEL:
                return _error(404, f"The model `{model}` does not exist.", "NotFoundError", "model")
        raise ValueError(f"{fault} has no status of its own")

    def unable(self, ability: str, model: str) -> WireAnswer:
        said = {
            "json_schema": "The provided JSON schema contains features not supported by xgrammar.",
            "json_object": "Structured outputs are not supported by this server.",
            "tools": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
            "logprobs": (
                "Gaudi doesn't support logprobs. Please remove 'logprobs'/'top_logprobs' from your request to "
                "receive a response."
            ),
        }
        return _error(400, said[ability], "BadRequestError")

    def bad_request(self, message: str) -> WireAnswer:
        return _error(400, message, "BadRequestError")

    def no_such_path(self, method: str, path: str) -> WireAnswer:
        return WireAnswer(404, {"detail": "Not Found"})

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()


def _error(status: int, message: str, kind: str = "InternalServerError", param: str | None = None) -> WireAnswer:
    return WireAnswer(status, {"error": {"message": message, "type": kind, "param": param, "code": status}})
