"""The way in to the account of a model: so many requests at once, so many a minute."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiologic

from toolgrad_dspy.lm.calls.rate_limit import RateLimit

MAX_PARALLEL = 256


class Door:
    """Lets ``max_parallel`` requests in at once, from all event loops and threads, as fast as ``rate_limit`` allows.

    The pace is taken inside, right before a request is sent: what waited at the door for a slow server does not all
    go out at once when it is quick again.
    """

    def __init__(self, max_parallel: int = MAX_PARALLEL, rate_limit: RateLimit | None = None) -> None:
        self.rate_limit = rate_limit or RateLimit(None, None)
        self._places = aiologic.Semaphore(max_parallel)

    @asynccontextmanager
    async def entered(self, tokens: int) -> AsyncIterator[None]:
        """Inside, a request of about ``tokens`` tokens may be sent."""
        async with self._places:
            delay = self.rate_limit.reserve(tokens)
            if delay:
                await asyncio.sleep(delay)
            yield
