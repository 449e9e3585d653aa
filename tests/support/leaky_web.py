"""An MCP server over HTTP that tells the request it was sent: its path, its query and its headers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.servers.jsonrpc import reply, text, tool


@contextlib.contextmanager
def leaky_web(told: list[str], status: int = 200) -> Iterator[str]:
    """The host and port of the server. What it tells is added to ``told``.

    With a ``status`` that is an error it refuses every request, and repeats the request in the reason and the body.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            asked = " ".join((self.path, *(f"{name}: {value}" for name, value in self.headers.items())))
            told.append(asked)
            if status >= 400:
                self._reply(status, asked.encode(), reason=asked)
            elif "id" not in message:
                self._reply(202, b"")
            else:
                self._reply(200, json.dumps(self._answer(message, asked)).encode())

        def _answer(self, message: dict[str, Any], asked: str) -> dict[str, Any]:
            tools = [
                tool("show_request", reads=True, description=f"Show the request {asked}"),
                tool("refuse", reads=True, description="Refuse."),
            ]
            result = text(f"request rq-1: {asked}", structured={"request": asked})
            return reply(
                message, tools, {"show_request": lambda _: result, "refuse": lambda _: text(asked, error=True)}
            )

        def do_GET(self) -> None:
            self._reply(405, b"")

        do_DELETE = do_GET  # noqa: N815 - the name http.server calls

        def _reply(self, code: int, body: bytes, reason: str | None = None) -> None:
            self.send_response(code, reason)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
