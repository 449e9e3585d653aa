"""A model server in a background thread."""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from types import TracebackType
from typing import Self

from tests.support.model_servers import brain
from tests.support.model_servers.abilities import Abilities
from tests.support.model_servers.brain import Asked, Said
from tests.support.model_servers.connection import Connection, dump, encode, header_map, raw
from tests.support.model_servers.faults import Fault, FaultPlan
from tests.support.model_servers.formats import FORMATS, BadRequestError, WireAnswer, WireFormat
from tests.support.model_servers.formats.base import Body
from tests.support.model_servers.speaking import filled_in
from tests.support.model_servers.stats import Stats

_MODEL = re.compile(rb'"model"\s*:\s*"([^"]*)"')
_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_HALF_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-le"
# A JSON answer is cut here: inside its first strings, whatever its length.
_CUT = 0.6


class ModelServer:
    """A server in one provider's wire format on 127.0.0.1, from ``start()`` (or ``with``) to ``stop()``.

    ``latency`` is the time from a whole request to its answer, in seconds. ``canned`` is one fixed
    text for every answer (True: ``brain.CANNED``), given without reading the request, to measure what a client costs.
    ``keys`` and ``models``, if given, are the only ones accepted; without ``keys`` any key is accepted, and providers
    that need one refuse a request without it. ``trouble`` sees every body and may refuse it. ``abilities`` says what
    the model can do besides text. Without ``counting`` it tells no token counts, as some servers in OpenAI's format.
    ``stats`` counts, and is also at ``GET /stats``.
    """

    def __init__(
        self,
        format: str,
        *,
        latency: float = 0.0,
        faults: FaultPlan | None = None,
        canned: bool | str = False,
        keys: Collection[str] | None = None,
        models: Collection[str] | None = None,
        abilities: Abilities | None = None,
        trouble: Callable[[Body], WireAnswer | None] = lambda body: None,
        port: int = 0,
        counting: bool = True,
    ) -> None:
        self.format: WireFormat = FORMATS[format]
        self.latency = latency
        self.faults = faults or FaultPlan()
        self.stats = Stats()
        self._cache = brain.PromptCache()
        self._canned = brain.CANNED if canned is True else canned or None
        self._keys = keys
        self._models = models
        self._abilities = abilities or Abilities()
        self._trouble = trouble
        self._port = port
        self._counting = counting
        self._connections: set[Connection] = set()
        self._under_way: set[Connection] = set()
        self._encoded: dict[tuple[str, str], bytes] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._done = asyncio.Event()
        self._failure: BaseException | None = None

    # Where it can be reached.

    @property
    def address(self) -> str:
        """The server itself, without the provider's path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The base URL for the native engine."""
        return self.address + self.format.native_path

    @property
    def litellm_url(self) -> str:
        """The base URL for litellm."""
        return self.address + self.format.litellm_path

    def url_for(self, engine: str) -> str:
        """The base URL for ``native`` or ``litellm``."""
        return self.litellm_url if engine == "litellm" else self.url

    @property
    def model(self) -> str:
        """A model name in litellm's spelling that this server answers to."""
        return f"{self.format.prefix}/{next(iter(self._models or ()), self.format.example)}"

    # Start and stop.

    def start(self) -> Self:
        self._thread = threading.Thread(target=self._run, name=f"model-server-{self.format.name}", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Close all connections, also those of stalled requests, and the port."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
            self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:  # the port is taken
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(
            lambda: Connection(self._handle, self._opened, self._closed), "127.0.0.1", self._port, backlog=4096
        )
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._done.wait()
        server.close()
        for connection in tuple(self._connections):
            connection.close()
        await server.wait_closed()
        await asyncio.sleep(0)  # the transports close on the next turn of the loop

    def _opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        self.stats.connected()

    def _closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._over(connection)

    # One request.

    def _handle(self, connection: Connection, method: str, path: str, headers: bytes, body: bytes) -> None:
        if method == "GET" and path == "/stats":
            connection.send(encode(WireAnswer(200, self.stats.as_dict())))
            return
        about = self.format.about(path, body) if method == "POST" else None
        if about is not None:
            connection.send(encode(about))
            return
        self.stats.arrived()
        self._under_way.add(connection)
        if self.latency and self._loop is not None:
            self._loop.call_later(self.latency, self._answer, connection, method, path, headers, body)
        else:
            self._answer(connection, method, path, headers, body)

    def _over(self, connection: Connection) -> None:
        """The request of ``connection``, if there is one, is no longer under way."""
        if connection in self._under_way:
            self._under_way.discard(connection)
            self.stats.left()

    def _answer(self, connection: Connection, method: str, path: str, headers: bytes, body: bytes) -> None:
        if connection not in self._under_way:
            self.stats.lost()  # the client left during the latency
            return
        wire = self.format.dialect(path) if method == "POST" else None
        fault = self.faults.next() if wire else None
        if fault is not Fault.STALL:
            self._over(connection)
        if wire is None:
            self._refuse(connection, self.format.no_such_path(method, path))
        elif fault is None and self._canned is not None:
            self._send_canned(connection, wire, path, body, self._canned)
        else:
            self._consider(connection, wire, path, headers, body, fault)

    def _consider(
        self, connection: Connection, wire: WireFormat, path: str, headers: bytes, body: bytes, fault: Fault | None
    ) -> None:
        try:
            data = json.loads(body)
            model = wire.model(path, data)
            refusal = self._refusal(wire, wire.key(header_map(headers)), model) or self._trouble(data)
            asked = None if refusal or self._canned else wire.asked(path, data)
            unable = self._abilities.refused(asked) if asked else None
            refusal = wire.unable(unable, model) if unable else refusal
            asked = self._abilities.without_ignored(asked) if asked else None
        except (BadRequestError, KeyError, TypeError, ValueError, AttributeError) as error:
            refusal = wire.bad_request(str(error) if isinstance(error, BadRequestError) else f"malformed: {error!r}")
        if refusal is not None:
            self._over(connection)
            self._refuse(connection, refusal)
            return
        if fault is not None:
            self.stats.spoiled(fault)
        if fault is Fault.RESET:
            connection.reset(_HALF_HEAD)
        elif fault is Fault.STALL:
            connection.stall()
        elif fault is Fault.HTML:
            connection.send(encode(WireAnswer(200, _HTML, content_type="text/html")))
        elif fault in (None, Fault.PROSE, Fault.TRUNCATED, Fault.CONTENT_TYPE):
            said = (
                self._cache.applied(asked, filled_in(asked, brain.think(asked)))
                if asked
                else brain.canned(model, self._canned or "")
            )
            self._send(connection, wire, said, asked, fault)
        else:
            connection.send(encode(wire.error(fault, model, self.faults.retry_after)))

    def _refusal(self, wire: WireFormat, key: str | None, model: str) -> WireAnswer | None:
        if (wire.needs_key and key is None) or (self._keys is not None and key not in self._keys):
            return wire.error(Fault.BAD_KEY, model, 0)
        if self._models is not None and model not in self._models:
            return wire.error(Fault.UNKNOWN_MODEL, model, 0)
        return None

    def _refuse(self, connection: Connection, answer: WireAnswer) -> None:
        self.stats.turned_away(answer.status)
        connection.send(encode(answer))

    def _send(
        self, connection: Connection, wire: WireFormat, said: Said, asked: Asked | None, fault: Fault | None
    ) -> None:
        if fault is Fault.PROSE:
            said = replace(said, text=brain.PROSE, called=None, output_tokens=len(brain.PROSE) // 4)
        answer = wire.answer(said, asked)
        if not self._counting:
            answer = {key: value for key, value in answer.items() if key != "usage"}
        body = dump(answer).encode()
        if fault is Fault.TRUNCATED:
            body = body[: int(len(body) * _CUT)]
        elif connection.gone:
            self.stats.lost()
        else:
            self.stats.told(
                said.model, said.input_tokens, said.output_tokens, said.cached_tokens, said.written_tokens
            )
        kind = "text/plain; charset=utf-8" if fault is Fault.CONTENT_TYPE else "application/json"
        connection.send(raw(200, body, kind, wire.headers()))

    def _send_canned(self, connection: Connection, wire: WireFormat, path: str, body: bytes, text: str) -> None:
        name = _MODEL.search(body)
        model = name[1].decode() if name else wire.model(path, {"model": ""})  # Gemini has it in the path
        data = self._encoded.get((path, model))
        if data is None:
            answer = dump(wire.answer(brain.canned(model, text))).encode()
            data = self._encoded[path, model] = raw(200, answer, "application/json", wire.headers())
        if connection.gone:
            self.stats.lost()
        else:
            self.stats.told(model, *brain.CANNED_TOKENS)
        connection.send(data)
