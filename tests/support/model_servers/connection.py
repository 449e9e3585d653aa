"""HTTP/1.1 as far as a model server needs it: one ``asyncio.Protocol`` per connection, kept alive.

Requests on one connection are answered one after the other. Only bodies with a content-length are read, which every
client of a model sends.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from typing import Any

from tests.support.model_servers.formats.base import WireAnswer

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 411: "Length Required"}
REASONS |= {429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}

# Method, path without the query, header block, body; answers through ``Connection``.
Handler = Callable[["Connection", str, str, bytes, bytes], None]


class Connection(asyncio.Protocol):
    """One client. For each request the handler must call ``send``, ``reset`` or ``stall`` in the end."""

    def __init__(self, handler: Handler, opened: Callable[["Connection"], None], closed: Callable[..., None]) -> None:
        self._handler = handler
        self._opened = opened
        self._closed = closed
        self._buffer = b""
        self._busy = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end]
        length = 0
        lowered = head.lower()
        at = lowered.find(b"\r\ncontent-length:")
        if at >= 0:
            length = int(lowered[at + 17 :].split(b"\r\n", 1)[0])
        elif b"\r\ntransfer-encoding:" in lowered:
            self.send(encode(WireAnswer(411, {"error": "this server reads no chunked bodies"})))
            return
        if len(self._buffer) < end + 4 + length:
            return
        body = self._buffer[end + 4 : end + 4 + length]
        self._buffer = self._buffer[end + 4 + length :]
        line, _, headers = head.partition(b"\r\n")
        method, target, _ = line.decode("latin-1").split(" ", 2)
        self._busy = True
        self._handler(self, method, target.partition("?")[0], headers, body)

    @property
    def gone(self) -> bool:
        """Whether the client has left."""
        return self.transport is None or self.transport.is_closing()

    def send(self, data: bytes) -> None:
        """Send a whole answer, and go on to the next request."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)
        self._busy = False
        if self._buffer:
            self._next()

    def reset(self, data: bytes) -> None:
        """Send ``data`` and break the connection off with a TCP reset."""
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.write(data)
        connected = self.transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def stall(self) -> None:
        """Leave the request without an answer."""

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def header_map(block: bytes) -> dict[str, str]:
    """A header block as a dictionary with lower-case names."""
    pairs = (line.split(":", 1) for line in block.decode("latin-1").split("\r\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def encode(answer: WireAnswer) -> bytes:
    """The bytes of an answer."""
    body = answer.body if isinstance(answer.body, str) else dump(answer.body)
    return raw(answer.status, body.encode(), answer.content_type, answer.headers)


def dump(body: Any) -> str:
    """JSON as the providers send it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def raw(status: int, body: bytes, content_type: str, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """The bytes of an answer whose body is given as bytes."""
    lines = [
        f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}",
        f"content-type: {content_type}",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
