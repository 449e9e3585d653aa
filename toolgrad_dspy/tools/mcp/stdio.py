"""A server as a child process that is spoken to over its standard input and output.

As the SDK's ``stdio_client``, which keeps the process to itself: here all that the process has started ends with it,
also after it has ended by itself, and its end is told. One message a line (MCP 2025-06-18, Transports).
"""

import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from toolgrad_dspy.tools.mcp.incoming import Incoming, lines
from toolgrad_dspy.tools.mcp.processes import end_group, kill_group

if TYPE_CHECKING:
    from anyio.abc import Process

PATIENCE = 2.0
"""Seconds in which a server has to end by itself once its input has ended (MCP 2025-06-18, Lifecycle)."""

_POLL = 0.01


@dataclass(frozen=True, slots=True)
class Command:
    """What is started: a program with its arguments and the whole of its environment.

    ``mark`` is a text in that which is another in each run: what the server says has zeros in its place.
    """

    argv: Sequence[str] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    cwd: str | None = None
    mark: str = ""


@asynccontextmanager
async def running(
    command: Command,
    errors: TextIO,
    incoming: Incoming,
    on_start: Callable[[int], None],
    on_end: Callable[[], None],
) -> AsyncIterator[Any]:
    """The read and write streams of a client on ``command``, whose standard error goes to ``errors``.

    What it writes is read through ``incoming``.
    ``on_start`` gets the number of the process, and ``on_end`` is called when its output ends. Raises OSError.
    """
    import anyio

    # Windows finds "npx.cmd" by the name "npx" only when it is looked up.
    program = (sys.platform == "win32" and shutil.which(command.argv[0])) or command.argv[0]
    process = await anyio.open_process(
        [program, *command.argv[1:]], env=command.env, cwd=command.cwd, stderr=errors, start_new_session=True
    )
    ended = False
    try:
        on_start(process.pid)
        async with _streams(process, command.mark, incoming, on_end) as streams:
            yield streams
        ended = True
    finally:
        if not ended:  # it was cancelled, perhaps while it ended the process: now without asking
            kill_group(process.pid)
        _close(process)


@asynccontextmanager
async def _streams(
    process: "Process", mark: str, incoming: Incoming, on_end: Callable[[], None]
) -> AsyncIterator[Any]:
    import anyio

    received, to_read = anyio.create_memory_object_stream[Any](0)
    outgoing, to_send = anyio.create_memory_object_stream[Any](0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_read, process, mark, incoming, received, on_end)
        tasks.start_soon(_write, process, to_send, received)
        try:
            yield to_read, outgoing
        finally:
            with anyio.CancelScope(shield=True):
                to_read.close()
                outgoing.close()
                await _ended(process)
            tasks.cancel_scope.cancel()


async def _read(process: "Process", mark: str, incoming: Incoming, received: Any, on_end: Callable[[], None]) -> None:
    """Pass on every message until the output ends."""
    import anyio

    assert process.stdout is not None, "opened with a pipe"
    listening = True
    try:
        async for message in lines(process.stdout, incoming, mark):
            if listening and message is not None:  # else it is read for the server to be able to go on to its end
                try:
                    await received.send(message)
                except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                    listening = False
    finally:
        received.close()
        on_end()


async def _write(process: "Process", to_send: Any, received: Any) -> None:
    import anyio

    assert process.stdin is not None, "opened with a pipe"
    try:
        async with to_send:
            async for message in to_send:
                line = message.message.model_dump_json(by_alias=True, exclude_unset=True) + "\n"
                await process.stdin.send(line.encode(errors="replace"))
        await process.stdin.aclose()
    except (anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        received.close()  # nobody waits for an answer to what could not be sent


async def _ended(process: "Process") -> None:
    """End the process, politely at first, and all that it has started."""
    import anyio

    with anyio.move_on_after(PATIENCE):
        await _gone(process)
    await end_group(process.pid)
    with anyio.move_on_after(PATIENCE):
        await _gone(process)


async def _gone(process: "Process") -> None:
    import anyio

    # By its return code: asyncio's wait() also waits for whoever holds a pipe of it.
    while process.returncode is None:  # noqa: ASYNC110 - there is no event for it
        await anyio.sleep(_POLL)


def _close(process: "Process") -> None:
    """Close the pipes, which somebody who has left the group may still hold."""
    # Not public, but without it the event loop keeps them, and warns.
    transport = getattr(getattr(process, "_process", None), "_transport", None)
    if transport is not None:
        with suppress(PermissionError, ProcessLookupError):
            transport.close()
