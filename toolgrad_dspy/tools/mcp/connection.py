"""One MCP server, kept running.

The SDK's client has to be entered and left by the same task, and after a crash it stays closed. So each server has
one owner task, which opens the client, waits, and closes it; callers of any task use the client in between. When the
server goes away, every call in flight gets an observation, and the owner starts the server again.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue, ValidationError

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import ErrorKind, Observation
from toolgrad_dspy.tools.mcp.convert import INVALID_PARAMS, error_kind, observation_from_mcp
from toolgrad_dspy.tools.mcp.errors import CrashedError, KeepsGoingAwayError
from toolgrad_dspy.tools.mcp.incoming import no_answer

if TYPE_CHECKING:
    from mcp import Client, MCPError

_log = logging.getLogger(__name__)

FIRST_DELAY = 0.1
"""Seconds before the first restart; doubled for each further one."""

LAST_DELAY = 5.0
"""Seconds that the delay grows to at most."""

PROBE_TIMEOUT = 5.0
"""Seconds in which a server that kept a call waiting has to answer something else."""

Opener = Callable[[Callable[[], None]], AbstractAsyncContextManager["Client"]]
"""Opens a client. Its argument is a callback for the moment in which the server goes away."""


class Connection:
    """A supervised connection to one server.

    ``name``, and the ``level`` of what is usual, are for the log.

    ``explain`` turns what stopped a start into an error for the user. The server is started again after a crash, and
    when it no longer answers anything, with a growing delay between starts. After ``max_restarts`` of them without a
    single answer it is gone for good. A server that is not ``proven`` to start gets one try at its first start.

    Set ``holds_state`` when the server holds what a new process would not have: then it is not started again.
    """

    def __init__(
        self,
        name: str,
        opener: Opener,
        explain: Callable[[BaseException], ToolSourceError],
        *,
        start_timeout: float,
        call_timeout: float,
        max_parallel: int,
        max_restarts: int,
        proven: bool = False,
        level: int = logging.INFO,
    ) -> None:
        self._name = name
        self._opener = opener
        self._explain = explain
        self._start_timeout = start_timeout
        self._call_timeout = call_timeout
        self._max_restarts = max_restarts
        self._proven = proven
        self.holds_state = False
        self._level = level
        self._slots = asyncio.Semaphore(max_parallel)
        # After a crash as many calls are sent alone as were hit by it: one of them may crash the server again.
        self._alone = asyncio.Lock()
        self._suspected = 0
        self._client: Client | None = None
        self._gone: ToolSourceError | None = None
        self._settled = asyncio.Event()  # a client is there, or never will be again
        self._wake = asyncio.Event()  # the owner has something to look at
        self._signals: set[Literal["stop", "lost", "suspect"]] = set()
        self._starting = False
        self._failures = 0
        self._owner: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the server. Raises ToolSourceError when it does not come up."""
        self._owner = asyncio.create_task(self._own())
        await self.client()

    async def close(self) -> None:
        """End the server. From any task, any number of times."""
        self._signal("stop")
        if self._owner is not None:
            # A start does not listen to signals, and may last until its timeout.
            if self._starting:
                self._owner.cancel()
            # Not `await owner`: cancelling the closing task would cancel the owner with it, and so cut off the
            # shutdown of the child process.
            await asyncio.wait((self._owner,))

    async def client(self) -> "Client":
        """The client, after a restart if one is under way. Raises ToolSourceError when it is gone for good."""
        while self._client is None:
            if self._gone is not None:
                # A new one each time: many tasks may raise it, and each adds its own traceback.
                raise ToolSourceError(str(self._gone), code=self._gone.code)
            await self._settled.wait()
        return self._client

    async def call(self, name: str, arguments: dict[str, JsonValue]) -> Observation:
        """Call the server's tool ``name``. Raises ToolSourceError only when the server is gone for good."""
        async with self._slots, self._alone if self._suspected else contextlib.nullcontext():
            client = await self.client()
            start = time.perf_counter()
            limit = asyncio.timeout(self._call_timeout)
            try:
                async with limit:
                    observation = await _request(client, name, arguments, start)
            except TimeoutError:
                if not limit.expired():  # then it is another's
                    raise
                self._signal("suspect")  # slow, or hung? the owner finds out
                self._suspected = max(0, self._suspected - 1)
                return _failure("timeout", f"no answer within {self._call_timeout:g} s", start)
        if observation.error is None or observation.error.kind != "connection":
            self._failures = 0  # any answer, also an error, proves that the server works
            self._suspected = max(0, self._suspected - 1)
            return observation
        self._suspected += 1
        if self._client is client:  # else it has been restarted since, and the new one is not to blame
            self._signal("lost")
        return observation

    def _signal(self, what: Literal["stop", "lost", "suspect"]) -> None:
        self._signals.add(what)
        self._wake.set()

    async def _own(self) -> None:
        try:
            while "stop" not in self._signals:
                error = await self._run_once()
                if error is None and self.holds_state:
                    self._gone = self._explain(CrashedError())
                    return
                self._proven = self._proven or error is None
                self._failures += 1
                # A first start that fails is a mistake of the configuration: no second one would go better.
                if not self._proven or self._failures > self._max_restarts:
                    self._gone = self._explain(error or KeepsGoingAwayError())
                    if "stop" not in self._signals:
                        _log.info("%s", self._gone)
                    return
                delay = min(FIRST_DELAY * 2 ** (self._failures - 1), LAST_DELAY)
                if "stop" not in self._signals:
                    what = "has gone away" if error is None else "did not start"
                    _log.info("tool server %s %s; it is started again in %.1f s", self._name, what, delay)
                await self._pause(delay)
        finally:
            self._gone = self._gone or ToolSourceError("the tool source is closed", code="source_not_open")
            self._settled.set()

    async def _run_once(self) -> BaseException | None:
        """Start the server and watch it until it goes away. Returns what stopped it from starting."""
        self._signals -= {"lost", "suspect"}  # they were about the server before this one
        self._starting = True
        begun = time.perf_counter()
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._start_timeout):
                    client = await stack.enter_async_context(self._opener(lambda: self._signal("lost")))
                self._starting = False
                self._client = client
                self._settled.set()
                _log.log(self._level, "tool server %s started in %.2f s", self._name, time.perf_counter() - begun)
                await self._watch(client)
            _log.log(self._level, "tool server %s ended", self._name)
        except Exception as error:  # noqa: BLE001 - boundary: transports raise their own libraries' errors, in groups
            return error if self._starting else None  # what ends a running server is seen by its calls
        finally:
            self._starting = False
            self._withdraw()
        return None

    async def _watch(self, client: "Client") -> None:
        """Return when the server is to be closed or has gone away."""
        try:
            while self._signals.isdisjoint({"stop", "lost"}):
                await self._wake.wait()
                self._wake.clear()
                if self._signals == {"suspect"} and not await self._recovers(client):
                    return
        finally:
            self._withdraw()

    async def _recovers(self, client: "Client") -> bool:
        """Whether a server that kept a call waiting answers anything else. Stops asking when another signal comes."""
        probe = asyncio.create_task(_answers(client))
        try:
            while not probe.done() and self._signals == {"suspect"}:
                self._wake.clear()
                signal = asyncio.create_task(self._wake.wait())
                await asyncio.wait((probe, signal), return_when=asyncio.FIRST_COMPLETED)
                signal.cancel()
            # Not done: the server is to be closed or was lost meanwhile, and the caller looks at that signal next.
            return not probe.done() or probe.result()
        finally:
            probe.cancel()
            self._signals.discard("suspect")

    def _withdraw(self) -> None:
        """From here on, callers wait for the next client."""
        self._client = None
        self._settled.clear()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not past a call of :meth:`close`."""
        self._wake.clear()
        if "stop" not in self._signals:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()


async def _answers(client: "Client") -> bool:
    """Whether the server answers anything at all: a slow tool is no reason to restart it."""
    from mcp import MCPError

    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            await client.list_tools()
    except MCPError as error:
        return not _is_closed(error)  # an error is an answer
    except TimeoutError:
        return False
    return True


async def _request(client: "Client", name: str, arguments: dict[str, JsonValue], start: float) -> Observation:
    from mcp import MCPError
    from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult

    # Not Client.call_tool: it raises, and loses the result, when the result does not fit the output schema. Whether
    # that is a failure is for `verdict.classify` to say.
    request = CallToolRequest(params=CallToolRequestParams(name=name, arguments=arguments))
    try:
        result = await client.session.send_request(request, CallToolResult)
    except MCPError as error:
        if (untaken := no_answer(error)) is not None:
            return _failure(*untaken, start)
        if _is_closed(error):
            return _failure("connection", "the server crashed during the call", start)
        kind = error_kind(error.message)
        # The same code stands for an unknown tool, which only the message tells apart.
        if error.code == INVALID_PARAMS and kind == "tool":
            kind = "invalid_arguments"
        return _failure(kind, error.message, start)
    except ValidationError as error:
        return _failure("protocol", f"the answer does not follow the protocol: {one_line(error)}", start)
    return observation_from_mcp(result, time.perf_counter() - start)


def _is_closed(error: "MCPError") -> bool:
    from mcp.types import CONNECTION_CLOSED

    # "Session terminated" is how the SDK words HTTP 404: a server that was restarted no longer knows the session.
    return error.code == CONNECTION_CLOSED or error.message == "Session terminated"


def _failure(kind: ErrorKind, message: str, start: float) -> Observation:
    return Observation.failure(kind, message, latency=time.perf_counter() - start)
