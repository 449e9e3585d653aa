"""Gemini generateContent.

Source: ai.google.dev/api/generate-content and google.rpc.Status (google/rpc/error_details.proto). A key that is not
valid is status 400 INVALID_ARGUMENT with the reason API_KEY_INVALID, and a 429 has no retry-after header: the delay
is a RetryInfo in the body (github.com/dcdpr/jp/pull/1061). The refusals of what a model cannot do are quoted in
github.com/mscraftsman/generative-ai/issues/135, github.com/BerriAI/litellm/issues/10313 and
github.com/FirebaseExtended/compass-ai-travel-planning-sample-flutter/pull/40. A path that does not exist gets
Google's HTML page.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tests.support.model_servers.brain import Asked, Said
from tests.support.model_servers.faults import Fault
from tests.support.model_servers.formats.base import Body, WireAnswer, WireFormat, seconds, text_of
from tests.support.model_servers.formats.openai import logprobs

_PATH = re.compile(r"/v1beta/models/([^:]+):generateContent")
_ROLES = {"user": "user", "model": "assistant"}
_TYPE = "type.googleapis.com/google.rpc."
_METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_"


class Gemini(WireFormat):
    """``POST {base}/models/{model}:generateContent``."""

    name = "gemini"
    prefix = "gemini"
    example = "gemini-2.5-flash"
    native_path = "/v1beta"
    litellm_path = "/v1beta"

    def dialect(self, path: str) -> WireFormat | None:
        return self if _PATH.fullmatch(path) else None

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-goog-api-key")

    def model(self, path: str, body: Body) -> str:
        match = _PATH.fullmatch(path)
        assert match
        return unquote(match[1])

    def asked(self, path: str, body: Body) -> Asked:
        # proto3 JSON accepts both spellings of a name.
        system = body.get("systemInstruction") or body.get("system_instruction") or {}
        config = body.get("generationConfig") or body.get("generation_config") or {}
        mime = config.get("responseMimeType") or config.get("response_mime_type")
        names = ("responseJsonSchema", "response_json_schema", "responseSchema", "response_schema")
        tools, forced = _called_for(body)
        return Asked(
            model=self.model(path, body),
            system=text_of(system.get("parts")),
            marked=(text_of(system.get("parts")),),  # cached without a mark
            turns=tuple((_ROLES[turn.get("role", "user")], text_of(turn["parts"])) for turn in body["contents"]),
            as_json=mime == "application/json",
            logprobs=bool(config.get("responseLogprobs") or config.get("response_logprobs")),
            schema=next((config[name] for name in names if config.get(name)), None),
            tools=tools,
            forced=forced,
        )

    def answer(self, said: Said, asked: Asked | None = None) -> Body:
        part: Body = {"text": said.text}
        if said.called:
            part = {"functionCall": {"name": said.called.name, "args": said.called.arguments}}
        candidate: Body = {"content": {"parts": [part], "role": "model"}, "finishReason": "STOP", "index": 0}
        if asked and asked.logprobs:
            chosen = [
                {"token": token["token"], "tokenId": number, "logProbability": token["logprob"]}
                for number, token in enumerate(logprobs(said.text))
            ]
            top = [{"candidates": [token]} for token in chosen]
            candidate |= {"avgLogprobs": -0.01, "logprobsResult": {"topCandidates": top, "chosenCandidates": chosen}}
        return {
            "candidates": [candidate],
            "usageMetadata": {
                "promptTokenCount": said.input_tokens,
                "candidatesTokenCount": said.output_tokens,
                "totalTokenCount": said.input_tokens + said.output_tokens,
                "cachedContentTokenCount": said.cached_tokens,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": said.input_tokens}],
            },
            "modelVersion": said.model,
            "responseId": said.id,
        }

    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        match fault:
            case Fault.RATE_LIMIT:
                return _quota("requests, limit: 20", model, wait)
            case Fault.TOKEN_LIMIT:
                return _quota("input_token_count, limit: 250000", model, wait)
            case Fault.RATE_LIMIT_BARE:
                return _error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).")
            case Fault.SERVER_ERROR:
                said = (
                    "An internal error has occurred. Please retry or report in "
                    "https://developers.generativeai.google/guide/troubleshooting"
                )
                return _error(500, "INTERNAL", said)
            case Fault.UNAVAILABLE:
                return _error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
            case Fault.CONTEXT_LENGTH:
                said = "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576)."
                return _error(400, "INVALID_ARGUMENT", said)
            case Fault.BAD_KEY:
                said = "API key not valid. Please pass a valid API key."
                info = {
                    "@type": f"{_TYPE}ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                    "metadata": {"service": "generativelanguage.googleapis.com"},
                }
                local = {"@type": f"{_TYPE}LocalizedMessage", "locale": "en-US", "message": said}
                return _error(400, "INVALID_ARGUMENT", said, info, local)
            case Fault.UNKNOWN_MODEL:
                said = (
                    f"models/{model} is not found for API version v1beta, or is not supported for generateContent. "
                    "Call ListModels to see the list of available models and their supported methods."
                )
                return _error(404, "NOT_FOUND", said)
        raise ValueError(f"{fault} has no status of its own")

    def unable(self, ability: str, model: str) -> WireAnswer:
        what = {"tools": "Function calling", "logprobs": "Logprobs"}.get(ability, "JSON mode")
        return _error(400, "INVALID_ARGUMENT", f"{what} is not enabled for models/{model}")

    def bad_request(self, message: str) -> WireAnswer:
        return _error(400, "INVALID_ARGUMENT", message)

    def no_such_path(self, method: str, path: str) -> WireAnswer:
        page = (
            "<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n  <p><b>404.</b> "
            f"<ins>That’s an error.</ins>\n  <p>The requested URL <code>{path}</code> was not found on this server.\n"
        )
        return WireAnswer(404, page, content_type="text/html; charset=UTF-8")


def _called_for(body: Body) -> tuple[dict[str, Body], bool]:
    """The parameters, by name, of the functions that may be called, and whether one has to be called."""
    declared = [
        function
        for tool in body.get("tools") or ()
        for function in tool.get("functionDeclarations") or tool.get("function_declarations") or ()
    ]
    functions = {tool["name"]: tool.get("parameters") or tool.get("parametersJsonSchema") or {} for tool in declared}
    config = body.get("toolConfig") or body.get("tool_config") or {}
    calling = config.get("functionCallingConfig") or config.get("function_calling_config") or {}
    allowed = calling.get("allowedFunctionNames") or calling.get("allowed_function_names") or list(functions)
    mode = calling.get("mode", "AUTO")
    return ({name: functions[name] for name in allowed} if mode != "NONE" else {}), mode == "ANY"


def _error(status: int, code: str, message: str, *details: dict[str, Any]) -> WireAnswer:
    error: dict[str, Any] = {"code": status, "message": message, "status": code}
    return WireAnswer(status, {"error": {**error, "details": list(details)} if details else error})


def _quota(metric: str, model: str, wait: float) -> WireAnswer:
    said = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. \n"
        f"* Quota exceeded for metric: {_METRIC}{metric}, model: {model}\nPlease retry in {seconds(wait)}s."
    )
    violation = {"quotaMetric": _METRIC + metric.partition(",")[0], "quotaDimensions": {"model": model}}
    return _error(
        429,
        "RESOURCE_EXHAUSTED",
        said,
        {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]},
        {"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{seconds(wait)}s"},
    )
