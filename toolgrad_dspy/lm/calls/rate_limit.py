"""Keeping to a provider's limits: requests and tokens per minute.

A limit makes calls wait; it never refuses one. It is the generic cell rate algorithm (ITU-T I.371), which keeps one
number per limit: the time at which everything granted so far has been paid off at the allowed rate.
"""

import threading
import time
from collections.abc import Callable

# How much may be used at once after an idle time, as seconds of the limit: at 60 per minute, 6 units.
BURST_SECONDS = 6.0


class Bucket:
    """Grants ``per_minute`` units a minute, of which ``BURST_SECONDS`` worth, and at least one, may be used at once.

    ``clock`` gives the time in seconds.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = 60.0 / per_minute
        self._burst = max(self._seconds, BURST_SECONDS)
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_off = clock()

    def take(self, units: float = 1.0) -> float:
        """Take ``units``, and return the seconds to wait before using them."""
        with self._lock:
            now = self._clock()
            # Idle time earns no credit beyond the burst.
            self._paid_off = max(self._paid_off, now) + units * self._seconds
            # A single take larger than a burst would never fit into one: it waits only for what was taken before.
            return max(0.0, self._paid_off - now - max(self._burst, units * self._seconds))

    def settle(self, units: float) -> None:
        """Correct an earlier :meth:`take`: ``units`` more were used, or fewer if negative."""
        with self._lock:
            self._paid_off += units * self._seconds


class RateLimit:
    """The limits of one account with a provider, per minute. None is no limit.

    >>> limit = RateLimit(requests=60, tokens=None)
    >>> [round(limit.reserve(tokens=1_000)) for _ in range(8)]  # seconds: a burst of six, then one a second
    [0, 0, 0, 0, 0, 0, 1, 2]
    """

    def __init__(self, requests: float | None, tokens: float | None) -> None:
        self._requests = Bucket(requests) if requests else None
        self._tokens = Bucket(tokens) if tokens else None

    def reserve(self, tokens: int) -> float:
        """Count a request of about ``tokens`` tokens, and return the seconds to wait before sending it."""
        for_request = self._requests.take() if self._requests else 0.0
        for_tokens = self._tokens.take(tokens) if self._tokens else 0.0
        return max(for_request, for_tokens)

    def settle(self, estimated: int, used: int) -> None:
        """Replace the tokens ``estimated`` for a request by those it ``used``."""
        if self._tokens:
            self._tokens.settle(used - estimated)
