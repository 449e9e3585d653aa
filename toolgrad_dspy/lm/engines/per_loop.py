"""One engine per event loop: connections belong to the loop that opened them."""

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

from dspy.lm15 import Request, Response

from toolgrad_dspy.lm.engines.base import AsyncConnection


class PerLoop:
    """An engine for every event loop: ``connect`` makes another one for each loop that asks.

    Sessions run on one loop, and callers without a loop are served by another (``calls/gate.py``).
    """

    def __init__(self, connect: Callable[[], AsyncConnection]) -> None:
        self._connect = connect
        # Weak keys: a loop that is gone must not pass its connections on to a new one that got the same address.
        self._engines: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncConnection] = WeakKeyDictionary()

    async def complete(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        engine = self._engines.get(loop)
        if engine is None:
            engine = self._engines[loop] = self._connect()
        return await engine.complete(request)

    async def aclose(self) -> None:
        """Close the connections of all loops, each on its own. Those of a loop that has ended are closed already."""
        here = asyncio.get_running_loop()
        for loop, engine in list(self._engines.items()):
            if loop is here:
                await engine.aclose()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(engine.aclose(), loop))
        self._engines.clear()
