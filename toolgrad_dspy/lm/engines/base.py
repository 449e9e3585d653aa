"""The contract of an engine, DSPy's extension point for carrying a request to a model (``dspy.clients.engines``).

Both kinds raise DSPy's ``LM15Error`` when the model does not answer.
"""

from typing import Protocol

from dspy.lm15 import Request, Response


class SyncEngine(Protocol):
    """What DSPy calls from a thread."""

    def complete(self, request: Request) -> Response: ...


class AsyncEngine(Protocol):
    """What DSPy awaits."""

    async def complete(self, request: Request) -> Response: ...


class AsyncConnection(AsyncEngine, Protocol):
    """An asynchronous engine that holds connections until it is closed, on the event loop that opened them."""

    async def aclose(self) -> None: ...
