"""Streams of DSPy's (``dspy.streamify``), which belong to the event loop that reads them.

The program runs on another loop when it is called without one. And DSPy sends a status message from a loop of its
own, for which it makes the loop at hand wait: on a full stream, whose reader is on that loop, that would be for ever.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import dspy
from anyio import from_thread


class _Relay:
    """A stream that any loop may send to. What comes from another loop than the reader's is passed on to that one,
    in its order, and not waited for.
    """

    def __init__(self, stream: Any, reader: asyncio.AbstractEventLoop) -> None:
        self._stream = stream
        self._reader = reader
        self._under_way: set[Future[None]] = set()

    async def send(self, item: object) -> None:
        if asyncio.get_running_loop() is self._reader and not self._under_way:
            await self._stream.send(item)
        elif not self._reader.is_closed():  # closed: nobody reads any more
            sending = asyncio.run_coroutine_threadsafe(self._stream.send(item), self._reader)
            self._under_way.add(sending)
            sending.add_done_callback(self._under_way.discard)

    async def all_sent(self) -> None:
        """Wait for what was passed on. It may fail: a reader may have stopped reading."""
        await asyncio.gather(*map(asyncio.wrap_future, tuple(self._under_way)), return_exceptions=True)


@contextmanager
def sending_here() -> Iterator[None]:
    """A stream that was set is read on the loop that this worker thread belongs to (anyio's, as DSPy starts them)."""
    stream = dspy.settings.send_stream
    if stream is None:
        yield
        return
    with dspy.context(send_stream=_Relay(stream, from_thread.run_sync(asyncio.get_running_loop))):
        yield


@asynccontextmanager
async def relayed_stream() -> AsyncIterator[None]:
    """A stream that was set takes what is sent from any thread; all of it has been sent at the end."""
    stream = dspy.settings.send_stream
    if stream is None:
        yield
        return
    relay = stream if isinstance(stream, _Relay) else _Relay(stream, asyncio.get_running_loop())
    with dspy.context(send_stream=relay):
        try:
            yield
        finally:
            await relay.all_sent()
