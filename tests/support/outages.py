"""A model server that is out for a while, in one of the ways in which providers are."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.model_servers import Fault, FaultPlan, ModelServer
from tests.support.model_servers.formats import WireAnswer

QUOTA = "quota"
KINDS: tuple[Fault | str, ...] = (Fault.UNAVAILABLE, QUOTA, Fault.HTML, Fault.STALL, Fault.RESET)

_NO_QUOTA = {
    "error": {
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_quota",
    }
}


class Outage(FaultPlan):
    """Spoils all requests after the first ``after``, for ``seconds`` from then on (None: for good), or until
    :meth:`end`.
    """

    def __init__(self, kind: Fault | str, after: int, seconds: float | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.spoiled = 0
        self._after = after
        self._seconds = seconds
        self._until: float | None = None
        self._ended = False
        self._seen = 0
        self._counting = threading.Lock()

    def end(self) -> None:
        """From now on every request is answered."""
        self._ended = True

    def next(self) -> Fault | None:
        return self.kind if isinstance(self.kind, Fault) and self._spoils() else None

    def trouble(self, body: dict[str, Any]) -> WireAnswer | None:
        """What the server says in place of an answer, where that is no fault of the server's own."""
        return WireAnswer(429, _NO_QUOTA) if self.kind == QUOTA and self._spoils() else None

    def _spoils(self) -> bool:
        with self._counting:
            self._seen += 1
            if self._ended or self._seen <= self._after:
                return False
            now = time.monotonic()
            if self._until is None:
                self._until = now + self._seconds if self._seconds is not None else float("inf")
            out = now < self._until
            self.spoiled += out
            return out


@contextmanager
def out(outage: Outage, latency: float = 0.0) -> Iterator[ModelServer]:
    """A server with OpenAI's interface and that outage."""
    with ModelServer("openai", faults=outage, trouble=outage.trouble, latency=latency) as server:
        yield server
