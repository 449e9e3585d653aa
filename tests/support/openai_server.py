"""A real HTTP server on the loopback that speaks OpenAI's chat completions, with the rehearsal model for a brain.

with OpenAIServer() as server:
    os.environ["TOOLGRAD_MODEL"], os.environ["TOOLGRAD_API_BASE"] = "openai/anything", server.url
"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from dspy.lm15 import Message, Request, TextPart

from toolgrad_dspy.lm.rehearsal.engine import answer

# Given the body of a request: (status, body) to send instead of the brain's answer, or None.
Trouble = Callable[[dict[str, Any]], tuple[int, dict[str, Any]] | None]


class OpenAIServer:
    """``requests`` keeps the body of every request; ``keys`` the authorization it came with."""

    def __init__(self, trouble: Trouble = lambda body: None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.trouble = trouble
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # clients keep connections open
    request_queue_size = 256


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.keys.add(self.headers.get("Authorization"))
            server.requests.append(body)
            if not self.path.endswith("/chat/completions"):
                self._send(404, {"error": {"message": f"no such path: {self.path}", "type": "invalid_request_error"}})
                return
            self._send(*(server.trouble(body) or (200, completion(body))))

        def _send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def completion(body: dict[str, Any]) -> dict[str, Any]:
    """What the rehearsal model answers to a chat completion request."""
    system = "".join(text(message) for message in body["messages"] if message["role"] in ("system", "developer"))
    turns = [message for message in body["messages"] if message["role"] in ("user", "assistant")]
    messages = [
        Message.user(text(turn)) if turn["role"] == "user" else Message.assistant(text(turn)) for turn in turns
    ]
    response = answer(Request(model=body["model"], messages=tuple(messages), system=system))
    said = "".join(part.text for part in response.message.parts if isinstance(part, TextPart))
    given, answered = response.usage.input_tokens or 0, response.usage.output_tokens or 0
    return {
        "id": response.id,
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": given, "completion_tokens": answered, "total_tokens": given + answered},
    }


def text(message: dict[str, Any]) -> str:
    """The text of a message, which may come in parts."""
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)
