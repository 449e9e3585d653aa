"""The meaning of a provider's failure, where the engines misread it.

The engines decide by class and by words in the message. Here the HTTP status comes first, because providers document
their statuses and not their wording. The rules follow from both engines' treatment of the providers' real error
bodies (``tests/lm/test_lm_wire.py``).
"""

import re
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from dspy.lm15 import (
    AuthError,
    ConfigurationError,
    ContextLengthError,
    LM15Error,
    NotConfiguredError,
    RateLimitError,
    Response,
    ServerError,
    TextPart,
    TransportError,
    UnsupportedModelError,
)

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.secrets import MASK, SHORTEST, Redactor

# Google says "Please retry in 36.6s." and sends no header.
_RETRY_IN = re.compile(r"retry in (?:(\d+)h)?(?:(\d+)m(?!s))?([\d.]+)(ms|s)", re.IGNORECASE)
_BAD_KEY = re.compile(
    r"api[ _-]?key (?:not valid|is invalid|expired)|(?:invalid|incorrect) api[ _-]?key", re.IGNORECASE
)
# litellm's words for a missing key. The status beside them is made up, since nothing was sent.
_NO_KEY = re.compile(
    r"Missing credentials|Missing [\w ]{1,30} API key|no key is set|api_key client option", re.IGNORECASE
)
# Classes of the HTTP clients, by name: importing all the clients would take seconds.
_CONNECTION = frozenset({"ConnectError", "ReadError", "RemoteProtocolError", "ServerDisconnectedError"})
_TOO_LONG = re.compile(
    r"context (?:length|window|size)|maximum (?:context|input)|prompt is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)
_NOT_JSON = re.compile(r"not JSON|Expecting value|Unterminated string|<html|<!doctype", re.IGNORECASE)
# A stream of events although none was asked for, as some proxies send it. They would do so every time.
_STREAM = re.compile(r"text/event-stream|(?:Received|Body starts): [\"']data: ")
# A model that takes no temperature, or one value alone.
_TEMPERATURE = re.compile(r"\btemperature\b", re.IGNORECASE)
# litellm's words for an error in a body with status 200. The status that it makes up beside them is 400.
_ERROR_IN_BODY = re.compile(r"Error in response object")
# Where the answer stands in the providers' formats.
_ANSWER_KEYS = frozenset({"choices", "content", "candidates", "message", "output", "response"})


def corrected(error: LM15Error, hidden: Collection[str] = ()) -> LM15Error:
    """``error``, or one of the class that its status stands for, with every text in ``hidden`` (keys) masked."""
    redactor = Redactor(hidden)

    def hide(text: str) -> str:
        return _without_beginnings(redactor.text(text), hidden)

    meant = _classified(error, hide)
    # Without the advice at its end, which the class adds again.
    said = meant.message.partition("\n\n  To fix:")[0]
    shown = hide(said)
    if shown == said:
        return meant
    return type(meant)(shown, provider=meant.provider, status=meant.status, retry_after=meant.retry_after)


def _without_beginnings(text: str, hidden: Collection[str]) -> str:
    """``text`` without the first half of a key: the engines quote the first 200 or 500 characters of an answer."""
    for secret in hidden:
        begins = secret[:SHORTEST]
        start = text.find(begins) if len(secret) > SHORTEST else -1
        while start >= 0:
            length = next(
                (n for n in range(SHORTEST, len(secret)) if text[start + n : start + n + 1] != secret[n]), 0
            )
            text = text[:start] + MASK + text[start + length :]
            start = text.find(begins, start + len(MASK))
    return text


def _classified(error: LM15Error, hide: Callable[[str], str]) -> LM15Error:
    status, message = error.status, error.message
    if _STREAM.search(message):
        return _as(
            ConfigurationError, error, said=f"the server streams its answers unasked; turn that off ({message})"
        )
    # Before the status, which litellm makes up for a key that is missing ...
    if _NO_KEY.search(message):
        return _as(NotConfiguredError, error)
    # ... and for a connection that failed (500), which no server has sent.
    lost = next((cause for cause in _causes(error) if _is_connection(cause)), None)
    if lost is not None and status is not None:
        changed = TransportError(one_line(hide(str(lost)), 200), provider=error.provider)
        changed.__cause__ = error
        return changed
    if status == 429:
        return _as(RateLimitError, error, retry_after=retry_after(error))
    if status is not None and status >= 500:
        return _as(ServerError, error, retry_after=retry_after(error))
    # Google refuses a key with 400, which is a bad request with everyone else.
    if status in (401, 403) or (status == 400 and _BAD_KEY.search(message)):
        return _as(AuthError, error)
    # No such model; or no such path, which says the same about the model's address.
    if status == 404:
        return _as(UnsupportedModelError, error)
    # The server answered, but not in its own format: a proxy's error page, half a document, or an error in place of
    # the answer. It may pass.
    if status == 200 or _NOT_JSON.search(message) or _ERROR_IN_BODY.search(message):
        return _as(ServerError, error)
    if status == 400 and _TEMPERATURE.search(message):
        said = f"the model does not take this temperature; unset TOOLGRAD_TEMPERATURE ({message})"
        return _as(ConfigurationError, error, said=said)
    if status in (400, 413) and _TOO_LONG.search(message):
        return _as(ContextLengthError, error)
    return error


def retry_after(error: LM15Error) -> float | None:
    """The seconds that a provider asks to wait: in its header, wherever the engine left it, or in its words."""
    if error.retry_after is not None:
        return float(error.retry_after)
    headers: Any = getattr(error.__cause__, "litellm_response_headers", None)
    if isinstance(headers, Mapping):
        wanted = _seconds(str(headers.get("retry-after", "")))
        if wanted is not None:
            return wanted
    duration = _RETRY_IN.search(error.message)
    if duration is None:
        return None
    seconds = float(duration[3]) / (1000 if duration[4].lower() == "ms" else 1)
    return int(duration[1] or 0) * 3600 + int(duration[2] or 0) * 60 + seconds


def _seconds(header: str) -> float | None:
    """A Retry-After header: seconds, or the date when they are over (RFC 9110, section 10.2.3)."""
    try:
        return float(header)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None


def no_answer(response: Response) -> bool:
    """Whether the body of ``response`` has something else in place of an answer, which is then not an empty one."""
    body = response.provider_data
    if not isinstance(body, Mapping) or any(not isinstance(p, TextPart) or p.text for p in response.message.parts):
        return False
    if "choices" in body:
        first = body["choices"][0] if body["choices"] else {"error": "no choice"}
        return isinstance(first, Mapping) and bool(first.get("error") or first.get("finish_reason") == "error")
    return bool(body.get("error")) or not body.keys() & _ANSWER_KEYS


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The causes of ``error``, the first one first. An error that occurs twice among its causes ends them."""
    chain: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and cause is not error and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return reversed(chain)


def _is_connection(cause: BaseException) -> bool:
    return isinstance(cause, (ConnectionError, socket.gaierror)) or type(cause).__name__ in _CONNECTION


def _as(
    kind: type[LM15Error], error: LM15Error, retry_after: float | None = None, said: str | None = None
) -> LM15Error:
    """``error`` as one of ``kind``, with the words ``said`` in place of its own if they are given."""
    if isinstance(error, kind) and said is None and (retry_after is None or error.retry_after == retry_after):
        return error
    changed = kind(said or error.message, provider=error.provider, status=error.status, retry_after=retry_after)
    changed.__cause__ = error
    return changed
