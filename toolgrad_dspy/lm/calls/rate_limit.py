"""Keeping to a provider's limits: requests and tokens per minute.

A limit makes calls wait; it never refuses one. The generic cell rate algorithm (ITU-T I.371) keeps one number per
limit, the time at which everything granted so far has been paid off.
"""

import threading
import time
from collections.abc import Callable

# How much may be used at once after a pause, in seconds' worth of the limit.
BURST_SECONDS = 6.0


class Bucket:
    """Grants ``per_minute`` units a minute, and up to ``BURST_SECONDS`` worth of them, one at least, at once."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = 60.0 / per_minute
        self._burst = max(self._seconds, BURST_SECONDS)
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_off = clock()

    def take(self, units: float = 1.0) -> float:
        """Take ``units``, now or on credit: the seconds to wait before using them."""
        with self._lock:
            now = self._clock()
            self._paid_off = max(self._paid_off, now) + units * self._seconds
            return max(0.0, self._paid_off - now - max(self._burst, units * self._seconds))

    def settle(self, units: float) -> None:
        """Correct an earlier take: ``units`` more were used, or fewer if negative."""
        with self._lock:
            self._paid_off += units * self._seconds


class RateLimit:
    """The limits of one model account. None is no limit."""

    def __init__(self, requests: float | None, tokens: float | None) -> None:
        self._requests = Bucket(requests) if requests else None
        self._tokens = Bucket(tokens) if tokens else None

    def wait(self, tokens: int) -> float:
        """Take a request of about ``tokens``: the seconds to wait before it may be sent."""
        for_request = self._requests.take() if self._requests else 0.0
        for_tokens = self._tokens.take(tokens) if self._tokens else 0.0
        return max(for_request, for_tokens)

    def settle(self, estimated: int, used: int) -> None:
        """Correct the estimate of a request by what it used."""
        if self._tokens:
            self._tokens.settle(used - estimated)
