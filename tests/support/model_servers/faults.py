"""Faults between a client and a model server, and a seeded plan of when they occur."""

import random
import threading
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import accumulate


class Fault(StrEnum):
    """One way to spoil an answer. The bodies are the providers' own: see ``formats``."""

    # Refusals that may not come again.
    RATE_LIMIT = "rate_limit"  # 429 that says how long to wait, in the provider's way
    RATE_LIMIT_BARE = "rate_limit_bare"  # 429 that does not
    TOKEN_LIMIT = "token_limit"  # 429 whose text is about tokens per minute, not requests; says how long to wait
    SERVER_ERROR = "server_error"  # 500
    UNAVAILABLE = "unavailable"  # 503; Anthropic's own is 529
    # A transport or a gateway that misbehaves.
    RESET = "reset"  # the connection is reset in the middle of the headers
    STALL = "stall"  # no answer until the client or the server closes
    TRUNCATED = "truncated"  # status 200, JSON cut in the middle, content-length that of the cut body
    HTML = "html"  # an HTML error page with status 200
    CONTENT_TYPE = "content_type"  # the right body as text/plain
    # The model misbehaves.
    PROSE = "prose"  # a well-formed answer with a text that fits no schema
    # Refusals that come again every time.
    CONTEXT_LENGTH = "context_length"  # 400
    BAD_KEY = "bad_key"  # 401; Gemini's own is 400
    UNKNOWN_MODEL = "unknown_model"  # 404


FATAL = (Fault.CONTEXT_LENGTH, Fault.BAD_KEY, Fault.UNKNOWN_MODEL)
TRANSIENT = tuple(fault for fault in Fault if fault not in FATAL)


class FaultPlan:
    """Decides for each request, in the order they arrive, whether it is answered or spoiled. Thread-safe.

    ``script`` has one entry for each of the first requests (None: a correct answer). After it, each request draws
    from ``rates``, the probability of each kind (at most 1 in total), with a generator seeded by ``seed``.
    ``retry_after`` is the wait in seconds that a refusal asks for. ``injected`` counts the spoiled requests by kind.
    """

    def __init__(
        self,
        rates: Mapping[Fault, float] | None = None,
        *,
        script: Iterable[Fault | None] = (),
        seed: int = 0,
        retry_after: float = 1,
    ) -> None:
        rates = rates or {}
        if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1 + 1e-9:
            raise ValueError(f"probabilities have to be at least 0 and at most 1 in total: {dict(rates)}")
        self.retry_after = retry_after
        self.injected: Counter[Fault] = Counter()
        self._kinds = list(rates)
        self._bounds = list(accumulate(rates.values()))
        self._script = deque(script)
        self._rng = random.Random(seed)
        self._lock = threading.Lock()

    @classmethod
    def mixed(
        cls, share: float, *, kinds: Iterable[Fault] = TRANSIENT, seed: int = 0, retry_after: float = 1
    ) -> "FaultPlan":
        """A plan that spoils ``share`` of all requests, each of ``kinds`` equally often: by default all but FATAL."""
        chosen = tuple(kinds)
        return cls(dict.fromkeys(chosen, share / len(chosen)), seed=seed, retry_after=retry_after)

    @classmethod
    def always(cls, fault: Fault, *, retry_after: float = 1) -> "FaultPlan":
        """A plan that spoils every request in the same way."""
        return cls({fault: 1.0}, retry_after=retry_after)

    def add(self, *faults: Fault | None) -> None:
        """Append to the script."""
        with self._lock:
            self._script.extend(faults)

    def next(self) -> Fault | None:
        """The fault of the next request, or None."""
        with self._lock:
            fault = self._script.popleft() if self._script else self._drawn()
            if fault is not None:
                self.injected[fault] += 1
            return fault

    def _drawn(self) -> Fault | None:
        if not self._kinds:
            return None
        point = self._rng.random()
        return next((kind for kind, bound in zip(self._kinds, self._bounds, strict=True) if point < bound), None)
