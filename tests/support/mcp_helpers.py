"""The helper servers of ``servers/``, started as child processes and over HTTP."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.servers.jsonrpc import reply, text, tool
from toolgrad_dspy.tools.mcp.targets import StdioTarget

SERVERS = Path(__file__).parent / "servers"


def script(name: str, *args: str, **env: str) -> StdioTarget:
    """The helper server ``name`` as a child process."""
    return StdioTarget(sys.executable, (str(SERVERS / f"{name}.py"), *args), env)


class WebServer:
    """The helper server over HTTP, which can be stopped and started again on the same port."""

    def __init__(self, transport: str = "streamable-http") -> None:
        self._transport = transport
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/{'sse' if transport == 'sse' else 'mcp'}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SERVERS / "web.py"), str(self.port), self._transport],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=0.2):
                return
        raise TimeoutError("the helper server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def without_stream(call_status: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """An HTTP MCP server without a stream of its own, as its URL and what stops it.

    It has one tool, ``ask``, and answers the calls of it with ``call_status``.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if "id" not in message:
                self._reply(202, b"")
            elif message["method"] == "tools/call":
                self._reply(call_status, b"")
            else:
                self._reply(200, json.dumps(reply(message, [tool("ask", reads=True)], {})).encode())

        def do_GET(self) -> None:
            self._reply(405, b"")

        do_DELETE = do_GET  # noqa: N815 - the name http.server calls

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _serving(Handler) as (url, stop):
        yield url, stop


@contextlib.contextmanager
def speaking(body: bytes, content_type: str = "application/json", *, zipped: bool = False) -> Iterator[str]:
    """The URL of an HTTP MCP server that answers calls of its tool ``ask`` with ``body``, and those of ``fine`` in
    order. ``"ID"`` in the body, or in what is zipped of it, is the id of the call.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if "id" not in message:
                self._reply(202, b"", "application/json")
            elif (message.get("params") or {}).get("name") == "ask":
                self._reply(200, body.replace(b'"ID"', json.dumps(message["id"]).encode()), content_type, zipped)
            else:
                tools = [tool("ask", reads=True), tool("fine", reads=True)]
                answer = reply(message, tools, {"fine": lambda _: text("fine")})
                self._reply(200, json.dumps(answer).encode(), "application/json")

        def do_GET(self) -> None:
            self._reply(405, b"", "application/json")

        do_DELETE = do_GET  # noqa: N815 - the name http.server calls

        def _reply(self, status: int, body: bytes, content_type: str, zipped: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if zipped:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # a client may have enough of it
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _serving(Handler) as (url, _):
        yield url


@contextlib.contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[tuple[str, Callable[[], None]]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def stop() -> None:
            server.shutdown()
            server.server_close()

        yield f"http://127.0.0.1:{server.server_address[1]}/mcp", stop
        stop()
        thread.join()


@contextlib.contextmanager
def answering(status: int) -> Iterator[str]:
    """The URL of an HTTP server that answers everything with ``status``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the name http.server calls

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _serving(Handler) as (url, _):
        yield url
