"""Work that is waited for as a whole, whatever becomes of its parts."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def all_ended(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run ``work`` at once; raise the first error in it, in its order, when all of it has ended.

    Sources are opened and closed so: one that is still opening could not be closed, and one that cannot be closed
    must not keep the others open.
    """
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if outcome is not None:
            raise outcome
