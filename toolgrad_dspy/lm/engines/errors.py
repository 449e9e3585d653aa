"""The meaning of a provider's failure, where the engines misread it.

The engines decide by class and by words in the message. Here the HTTP status comes first, because providers document
their statuses and not their wording. The rules follow from both engines' treatment of the providers' real error
bodies (``tests/lm/test_lm_wire.py``).
"""

import re
import socket
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dspy.lm15 import (
    AuthError,
    ContextLengthError,
    LM15Error,
    NotConfiguredError,
    RateLimitError,
    ServerError,
    TransportError,
    UnsupportedModelError,
)

from toolgrad_dspy.errors import one_line

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

# Characters. Shorter keys are placeholders for local servers ("none", "x"); hiding them would hide plain words.
SHORTEST_SECRET = 8


def corrected(error: LM15Error, hidden: Collection[str] = ()) -> LM15Error:
    """``error``, or one of the class that its status stands for, with every text in ``hidden`` (keys) masked."""
    meant = _classified(error)
    secrets = [text for text in hidden if len(text) >= SHORTEST_SECRET and text in meant.message]
    if not secrets:
        return meant
    # Without the advice at its end, which the class adds again.
    shown = meant.message.partition("\n\n  To fix:")[0]
    for secret in secrets:
        shown = shown.replace(secret, "***")
    return type(meant)(shown, provider=meant.provider, status=meant.status, retry_after=meant.retry_after)


def _classified(error: LM15Error) -> LM15Error:
    status, message = error.status, error.message
    # Before the status, which litellm makes up for a key that is missing ...
    if _NO_KEY.search(message):
        return _as(NotConfiguredError, error)
    # ... and for a connection that failed (500), which no server has sent.
    lost = next((cause for cause in _causes(error) if _is_connection(cause)), None)
    if lost is not None and status is not None:
        changed = TransportError(one_line(lost, 200), provider=error.provider)
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
    # The server answered, but not in its own format: a proxy's error page, or half a document. It may pass.
    if status == 200 or _NOT_JSON.search(message):
        return _as(ServerError, error)
    if status in (400, 413) and _TOO_LONG.search(message):
        return _as(ContextLengthError, error)
    return error


def retry_after(error: LM15Error) -> float | None:
    """The seconds that a provider asks to wait: in its header, wherever the engine left it, or in its words."""
    if error.retry_after is not None:
        return float(error.retry_after)
    headers: Any = getattr(error.__cause__, "litellm_response_headers", None)
    if isinstance(headers, Mapping):
        try:
            return float(headers.get("retry-after", ""))
        except ValueError:
            pass  # no such header, or a date in it
    duration = _RETRY_IN.search(error.message)
    if duration is None:
        return None
    seconds = float(duration[3]) / (1000 if duration[4].lower() == "ms" else 1)
    return int(duration[1] or 0) * 3600 + int(duration[2] or 0) * 60 + seconds


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


def _as(kind: type[LM15Error], error: LM15Error, retry_after: float | None = None) -> LM15Error:
    if isinstance(error, kind) and (retry_after is None or error.retry_after == retry_after):
        return error
    changed = kind(error.message, provider=error.provider, status=error.status, retry_after=retry_after)
    changed.__cause__ = error
    return changed
