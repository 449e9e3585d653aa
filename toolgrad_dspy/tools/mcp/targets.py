"""What an MCP source connects to, and how a connection is opened.

Importing this module imports nothing of the MCP SDK (1.1 s); opening a connection does.
"""

import logging
import os
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import urlsplit

from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.secrets import Secret, masked_args, masked_command, masked_url, named_secrets
from toolgrad_dspy.tools.mcp.incoming import TOO_LARGE, Incoming, heard
from toolgrad_dspy.tools.result_size import too_large

if TYPE_CHECKING:
    from mcp import Client
    from mcp.server import Server
    from mcp.server.mcpserver import MCPServer

    from toolgrad_dspy.tools.mcp.launcher import Launcher

_LIST_EVENT_BYTES = 10_000_000
"""Of an event, which the SDK reads up to here: a list of tools is one, too."""

# The SDK logs a traceback for every line of a server's output that is not JSON-RPC; without a handler Python
# would print it on the terminal. An application that configures logging still gets it.
logging.getLogger("mcp").addHandler(logging.NullHandler())


# Sequences that set colours and titles and move the cursor (ECMA-48, 5.4 and 8.3.89), and all other control
# characters but those that end a line.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[\x00-\x09\x0b\x0e-\x1f\x7f-\x9f]"
)


@dataclass(frozen=True, slots=True)
class StdioTarget:
    """A server started as a child process. Of the environment it sees only ``env`` and HOME, LOGNAME, PATH, SHELL,
    TERM, USER.

    ``${WORKSPACE}``, ``${SEED}`` and ``${SESSION}`` in ``args``, ``env`` and ``cwd`` become the session's folder, its
    seed, and a name that no other session has. ``hidden`` are texts that are secret wherever they stand, beside what
    :attr:`secrets` finds in the arguments and the environment; the values of the options and variables in ``public``
    are none.
    """

    command: str
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | None = None
    hidden: tuple[str, ...] = field(default=(), repr=False)
    public: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The command with its arguments, as far as they are surely no secrets."""
        args = (masked.shown for masked in masked_args(self.command, self.args, self.public))
        return one_line(" ".join((self.shown_command, *args)), 120)

    @property
    def shown_command(self) -> str:
        """The command without what else was written into it."""
        return masked_command(self.command).shown

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be told of it: all that is masked where it is shown."""
        masked = (masked_command(self.command), *masked_args(self.command, self.args, self.public))
        found = (secret for part in masked for secret in part.secrets)
        return (*found, *named_secrets(self.env, self.public), *_sure(self.hidden))

    def uses(self, variable: str) -> bool:
        """Whether ``${variable}`` stands anywhere in it."""
        return _stands_in(variable, (*self.args, *self.env.values(), self.cwd or ""))


def check_url(url: str, where: str) -> None:
    """Raise UsageError (``not_a_url``) unless ``url`` is an http(s) URL; ``where`` says whose it is.

    The message does not show it: a password or a key may stand in it.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number up to 65535, or brackets that are no IPv6 address
        usable = False
    if not usable:
        raise UsageError(f'{where}: "url" must be of the form http://localhost:8000/mcp', code="not_a_url")


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """A server at a URL: streamable HTTP, or with ``sse`` the older HTTP+SSE transport.

    ``${SEED}`` and ``${SESSION}`` in ``url`` and ``headers`` become the session's, as in :class:`StdioTarget`: with a
    header of its own, a session can name the state it works on. ``hidden`` and ``public`` are as there. Raises
    UsageError (``not_a_url``).
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    sse: bool = False
    hidden: tuple[str, ...] = field(default=(), repr=False)
    public: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_url(self.url, "HttpTarget")

    @property
    def label(self) -> str:
        """The URL without what may be secret in it: user, password, the query, and what is no plain word."""
        before, _, after = masked_url(self.url.partition("?")[0].partition("#")[0]).shown.partition("://")
        return f"{before}://{after.rpartition('@')[2]}"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be told of it: all that is masked where it is shown."""
        return (*masked_url(self.url).secrets, *named_secrets(self.headers, self.public), *_sure(self.hidden))

    def uses(self, variable: str) -> bool:
        """Whether ``${variable}`` stands anywhere in it."""
        return _stands_in(variable, (self.url, *self.headers.values()))


@dataclass(frozen=True, slots=True)
class InProcessTarget:
    """A server object in this process, or a function ``(seed) -> server`` that makes one per session.

    Every session is a client of its own, so a server object isolates sessions when it keeps its state in what its
    ``lifespan`` yields.
    """

    server: "MCPServer | Server[Any] | Callable[[int], MCPServer | Server[Any]]" = field(repr=False)

    @property
    def label(self) -> str:
        return "server in this process"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return ()

    def uses(self, variable: str) -> bool:
        """Whether ``${variable}`` stands anywhere in it: there is no text in it."""
        return False


def _stands_in(variable: str, texts: Iterable[str]) -> bool:
    return any(f"${{{variable}}}" in text for text in texts)


def _sure(hidden: tuple[str, ...]) -> Iterator[Secret]:
    return (Secret(text, sure=True) for text in hidden)


Target = StdioTarget | HttpTarget | InProcessTarget


class ErrorLog:
    """A server's standard error, in a temporary file: kept out of the terminal, and read for error messages."""

    _LIMIT = 1_000_000
    # A start that fails writes little; of a chatty server only the end is of interest.
    _READ = 65_536

    def __init__(self) -> None:
        self._file: TextIO | None = None

    @property
    def file(self) -> TextIO:
        """Where the child writes; opened when first asked for."""
        if self._file is None:
            # Opened for appending, so that the child goes on at the new end after the file was truncated here.
            self._file = tempfile.TemporaryFile("a+", encoding="utf-8", errors="replace")  # noqa: SIM115 - see close
        return self._file

    def last_line(self) -> str:
        """As :meth:`last_lines`, one."""
        return "".join(self.last_lines(1))

    def last_lines(self, most: int) -> list[str]:
        """The last lines that are not blank, ``most`` of them, without what a terminal would obey.

        None that is longer than 64 kB: the half of a secret at the beginning of what is left of it could not be told.
        """
        if self._file is None:
            return []
        start = max(0, os.fstat(self._file.fileno()).st_size - self._READ)
        self._file.seek(start)
        lines = _ESCAPES.sub("", self._file.read()).splitlines()[1 if start else 0 :]
        return [line.strip() for line in lines if line.strip()][-most:]

    async def note_response(self, response: Any) -> None:
        """Write down the status of an HTTP response that is an error."""
        # 405 to GET is how a server says that it has no stream of its own (MCP 2025-06-18, Transports), and no error.
        no_stream = response.status_code == 405 and response.request.method == "GET"
        if response.status_code >= 400 and not no_stream:
            self.file.write(f"HTTP {response.status_code} {response.reason_phrase}\n")
            self.file.flush()

    def trim(self) -> None:
        """Drop what was written, once it is more than a megabyte."""
        if self._file is not None and os.fstat(self._file.fileno()).st_size > self._LIMIT:
            self.clear()

    def clear(self) -> None:
        """Drop what was written."""
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


@asynccontextmanager
async def open_client(
    target: Target,
    variables: Mapping[str, str],
    errors: ErrorLog,
    incoming: Incoming,
    on_end: Callable[[], None],
    launcher: "Launcher | None" = None,
) -> AsyncIterator["Client"]:
    """An initialised client of ``target``, which hears it through ``incoming``, but for one in this process.

    ``on_end`` is called when the output of a child process ends. ``launcher`` is how a child process is started, by
    default as its target says.
    """
    from mcp import Client

    errors.clear()  # what was said before a restart is no reason why the restart fails
    if isinstance(target, StdioTarget):
        from toolgrad_dspy.tools.mcp.launcher import Launcher

        async with (launcher or Launcher(target)).client(variables, errors.file, incoming, on_end) as client:
            yield client
        return
    if isinstance(target, InProcessTarget):
        server: Any = target.server
        if callable(server):  # a factory; no server object can be called
            server = server(int(variables["SEED"]))
    else:
        server = heard(_http(target, variables, errors, incoming), incoming)
    async with Client(server, cache=None) as client:
        yield client


def filled(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with the values of ``variables`` in place of ``${NAME}``."""
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value)
    return text


@asynccontextmanager
async def _http(
    target: HttpTarget, variables: Mapping[str, str], errors: ErrorLog, incoming: Incoming
) -> AsyncIterator[Any]:
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamable_http_client

    # A private module, but the alternative is to depend on the HTTP library that the SDK happens to use.
    from mcp.shared._httpx_utils import create_mcp_http_client

    headers = {name: filled(value, variables) for name, value in target.headers.items()}
    url = filled(target.url, variables)
    if target.sse:
        async with sse_client(url, headers=headers) as streams:
            yield streams
        return
    async with create_mcp_http_client(headers=headers) as http:
        # The SDK words every error status as "Server returned an error response": which one it was is noted here.
        http.event_hooks["response"] += [errors.note_response, partial(_bounded, incoming)]
        most = max(incoming.result_bytes, _LIST_EVENT_BYTES)
        async with streamable_http_client(url, http_client=http, max_sse_event_size=most) as streams:
            yield streams


async def _bounded(incoming: Incoming, response: Any) -> None:
    """Have the body of ``response``, which the SDK reads whole, read only as far as it may be taken."""
    from httpx2 import StreamError

    async def read() -> bytes:
        parts, size = [], 0
        async for part in response.aiter_bytes():
            parts.append(part)
            size += len(part)
            if size > incoming.most_bytes:
                await response.aclose()
                raise StreamError(f"{TOO_LARGE} {too_large(None, incoming.most_bytes)}")
        return b"".join(parts)

    response.aread = read
