"""What a provider's failure means, where the engines misread it.

The engines decide by class and by words in the message; here the HTTP status goes first, since a provider's status is
a promise and its wording is not. Found with both engines against the providers' real error bodies
(``tests/lm/test_lm_wire.py``).
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

# Google words it "Please retry in 36.6s." and sends no header.
_RETRY_IN = re.compile(r"retry in (?:(\d+)h)?(?:(\d+)m(?!s))?([\d.]+)(ms|s)", re.IGNORECASE)
_BAD_KEY = re.compile(
    r"api[ _-]?key (?:not valid|is invalid|expired)|(?:invalid|incorrect) api[ _-]?key", re.IGNORECASE
)
# litellm's words for a key that was not given; it makes up a status, since nothing was sent.
_NO_KEY = re.compile(
    r"Missing credentials|Missing [\w ]{1,30} API key|no key is set|api_key client option", re.IGNORECASE
)
# The HTTP clients' classes, by name: importing all of them would take seconds.
_CONNECTION = frozenset({"ConnectError", "ReadError", "RemoteProtocolError", "ServerDisconnectedError"})
_TOO_LONG = re.compile(
    r"context (?:length|window|size)|maximum (?:context|input)|prompt is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)
_NOT_JSON = re.compile(r"not JSON|Expecting value|Unterminated string|<html|<!doctype", re.IGNORECASE)

# Characters. Shorter keys are the placeholders of local servers, and hiding them would blot out words.
SHORTEST_SECRET = 8


def corrected(error: LM15Error, hidden: Collection[str] = ()) -> LM15Error:
    """``error``, or one of the class that its status says it is, without the ``hidden`` texts (keys) in it."""
    found = _classified(error)
    secrets = [text for text in hidden if len(text) >= SHORTEST_SECRET and text in found.message]
    # Without the advice that the classes add, and would add again.
    shown = found.message.partition("\n\n  To fix:")[0]
    for secret in secrets:
        shown = shown.replace(secret, "***")
    if not secrets:
        return found
    return type(found)(shown, provider=found.provider, status=found.status, retry_after=found.retry_after)


def _classified(error: LM15Error) -> LM15Error:
    status, said = error.status, error.message
    if _NO_KEY.search(said):
        return _as(NotConfiguredError, error)
    lost = next((cause for cause in _causes(error) if _is_connection(cause)), None)
    if lost is not None and status is not None:
        # litellm's client gives a connection that failed the status 500, which no server has sent.
        changed = TransportError(one_line(lost, 200), provider=error.provider)
        changed.__cause__ = error
        return changed
    if status == 429:
        return _as(RateLimitError, error, retry_after=retry_after(error))
    if status is not None and status >= 500:
        return _as(ServerError, error, retry_after=retry_after(error))
    if status in (401, 403) or (status == 400 and _BAD_KEY.search(said)):
        return _as(AuthError, error)
    if status == 404:
        return _as(UnsupportedModelError, error)
    if status == 200 or _NOT_JSON.search(said):
        return _as(ServerError, error)  # the server answered, but not in its own format
    if status in (400, 413) and _TOO_LONG.search(said):
        return _as(ContextLengthError, error)
    return error


def retry_after(error: LM15Error) -> float | None:
    """The seconds a provider wants to be left alone: by its header, wherever the engine left it, or in its words."""
    if error.retry_after is not None:
        return float(error.retry_after)
    headers: Any = getattr(error.__cause__, "litellm_response_headers", None)
    if isinstance(headers, Mapping):
        try:
            return float(headers.get("retry-after", ""))
        except ValueError:
            pass
    found = _RETRY_IN.search(error.message)
    if found is None:
        return None
    seconds = float(found[3]) / (1000 if found[4].lower() == "ms" else 1)
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + seconds


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What ``error`` came from, the first cause first; an error that is its own cause ends it."""
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
