"""One background event loop for synchronous callers.

DSPy's optimizers call programs from many threads. Tool sessions belong to the event loop that opened them, so every
such call is handed to one loop on one thread; the caller's context variables (``dspy.context``) go with it.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

# DSPy hops through the loop's default executor several times per LM call; asyncio's own default is cores + 4.
IO_THREADS = 64


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(IO_THREADS, thread_name_prefix="toolgrad-io"))
    threading.Thread(target=loop.run_forever, name="toolgrad-loop", daemon=True).start()
    return loop


def run_on_loop_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on the background loop and wait for its result. Never call it from that loop."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()
