"""Opening sources together, and saying what is being waited for."""

import asyncio
from collections.abc import Callable, Sequence

from toolgrad_dspy.tools.base import ToolSource
from toolgrad_dspy.tools.together import all_ended

SILENT = 1.0
"""Seconds that opening may take before it is said what is being waited for, and between two such lines."""


async def open_together(sources: Sequence[ToolSource], say: Callable[[str], None]) -> None:
    """Open all ``sources`` at once; raise the first error when all have opened or failed.

    ``say`` gets a line as ``starting 3 tool servers: files, memory ready (2 of 3)`` when that takes its time, and
    again when there is news.
    """
    ready: list[str] = []

    async def opened(source: ToolSource) -> None:
        await source.open()
        ready.append(source.id)

    async def told() -> None:
        last = ""
        while True:
            await asyncio.sleep(SILENT)
            line = _line(len(sources), ready)
            if line != last:
                say(line)
            last = line

    telling = asyncio.create_task(told())
    try:
        await all_ended(opened(source) for source in sources)
    finally:
        telling.cancel()


def _line(count: int, ready: Sequence[str]) -> str:
    some = f": {', '.join(ready)} ready ({len(ready)} of {count})" if ready else ""
    return f"starting {count} tool server{'s' if count > 1 else ''}{some}"
