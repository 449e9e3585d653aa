"""Threads for functions that block, of which some may never come back."""

import asyncio
import contextvars
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Threads:
    """Runs functions in threads, at most ``most`` at once; further ones wait in the order in which they came.

    A function cannot be stopped. One that nobody waits for any more, since its call was cancelled, runs on, but takes
    no place, and does not keep the process from ending, as the threads of ``concurrent.futures`` would.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._places = asyncio.Semaphore(most)
        self._count = itertools.count()

    async def run(self, function: Callable[[], Any], begun: Callable[["asyncio.Future[Any]"], None]) -> Any:
        """What ``function`` returns or raises. ``begun`` gets a future that is done when its thread is."""
        async with self._places:
            running = self._start(function)
            begun(running)
            # Shielded: it is done when the thread is, not when the wait for it is cancelled.
            return await asyncio.shield(running)

    def _start(self, function: Callable[[], Any]) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Any] = loop.create_future()
        context = contextvars.copy_context()

        def work() -> None:
            try:
                tell, outcome = ended.set_result, context.run(function)
            except BaseException as error:  # noqa: BLE001 - boundary between threads: whoever waits gets it
                tell, outcome = ended.set_exception, error
            with suppress(RuntimeError):  # the loop is closed, and nobody waits
                loop.call_soon_threadsafe(tell, outcome)

        threading.Thread(target=work, name=f"{self._name}_{next(self._count)}", daemon=True).start()
        # Looked at: nobody may wait for it any more.
        ended.add_done_callback(lambda future: future.cancelled() or future.exception())
        return ended
