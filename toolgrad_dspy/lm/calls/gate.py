"""The gate every model call goes through: pace, parallel calls, timeout, retries, fallbacks, meter.

It stands around either engine pair, native or litellm, and is itself one, so DSPy sees nothing of it. DSPy's own
retries are off: they have no jitter, and would multiply with these.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from weakref import WeakKeyDictionary

from dspy.lm15 import LM15Error, RateLimitError, Request, Response, ServerError, TransportError
from dspy.lm15 import TimeoutError as LateError

from toolgrad_dspy.errors import ModelError, one_line
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.lm.calls.meter import Meter, session_meter
from toolgrad_dspy.lm.calls.prices import FREE, Price
from toolgrad_dspy.lm.calls.rate_limit import RateLimit
from toolgrad_dspy.lm.engines.base import AsyncEngine, SyncEngine

# What another try may mend. The provider's other refusals (bad key, bad request) would only come again.
RETRYABLE = (RateLimitError, ServerError, LateError, TransportError)

# Waits between tries: full jitter up to FIRST_WAIT * 2**try seconds, at most LONGEST_WAIT
# (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0

# Calls in a row that were given up for want of a connection, each after all its tries: the server is gone.
LOST = 16

# Parameters of a request that every engine takes.
PARAMETERS = frozenset({"temperature", "max_tokens", "stop", "seed"})

CHARACTERS_PER_TOKEN = 4
# The length of an answer that a token limit reckons with before it is there.
ANSWER_TOKENS = 400


@dataclass(frozen=True, slots=True)
class Backend:
    """One model and how it is reached."""

    model: str
    engine: SyncEngine
    async_engine: AsyncEngine
    pace: RateLimit
    price: Price | None = FREE


@dataclass(frozen=True, slots=True)
class Limits:
    """``timeout`` in seconds per try; ``retries`` after the first try; ``max_parallel`` requests under way."""

    timeout: float = 120.0
    retries: int = 5
    max_parallel: int = 256


@dataclass(frozen=True, slots=True)
class Formats:
    """What the answers of all backends can be held to: a JSON schema, or at least JSON."""

    schema: bool = False
    json: bool = False


PLAIN = Formats()


class _Gate:
    # Read by DSPy when it chooses how to format a request: it is asked for nothing but text and JSON here.
    supports_function_calling = False
    supports_reasoning = False

    def __init__(
        self,
        role: str,
        backends: Sequence[Backend],
        limits: Limits,
        total: Meter,
        budget: Budget | None = None,
        formats: Formats = PLAIN,
    ) -> None:
        self.role = role
        self.supports_response_schema = formats.schema
        self.supported_params = PARAMETERS | {"response_format"} if formats.json else PARAMETERS
        self._budget = budget or Budget()
        self.backends = tuple(backends)
        self._limits = limits
        self._total = total
        self._lost = 0
        # Of the asynchronous half. Weak: a loop that is gone must not leave its semaphore to another at its address.
        self._doors: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # optimizers copy programs; connections, limits and the count stay one

    def _tries(self) -> Iterator[tuple[Backend, int, bool]]:
        """Each try in order: the backend, the number of the try on it, and whether it is the last of all."""
        last = self.backends[-1]
        for backend in self.backends:
            for attempt in range(self._limits.retries + 1):
                yield backend, attempt, backend is last and attempt == self._limits.retries

    def _given_up(self, error: LM15Error) -> Exception:
        """What to raise when all tries of a call have failed: ``error``, or the end of the run.

        A session that fails stays failed; a server that is gone must not make failures of all that are left.
        """
        gone = isinstance(error, TransportError) and not isinstance(error, LateError)
        self._lost += gone
        if not gone or self._lost < LOST:
            kept: Exception = error
            return kept
        return ModelError(
            f"{self.backends[-1].model}: the server cannot be reached any more; {self._lost} calls in a row were "
            f"given up ({one_line(error, 120)})"
        )

    def _answered(self, backend: Backend, response: Response, estimated: int) -> Response:
        self._lost = 0
        usage = response.usage
        given, answered = usage.input_tokens or 0, usage.output_tokens or 0
        backend.pace.settle(estimated, given + answered)
        cached, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
        usd = None if backend.price is None else backend.price.of(given, answered, cached, written)
        self._budget.charge_model_call(usd, given + answered)
        for meter in (self._total, session_meter()):
            if meter is not None:
                meter.add(self.role, given, answered, usd, backend.model, cached)
        return response


class Gate(_Gate):
    """The synchronous half."""

    def complete(self, request: Request) -> Response:
        estimated = estimate(request)
        for backend, attempt, last in self._tries():
            self._budget.check_model_call()
            time.sleep(backend.pace.wait(estimated))
            try:
                response: Response = backend.engine.complete(replace(request, model=backend.model))
            except RETRYABLE as error:
                if last:
                    raise self._given_up(error) from error.__cause__
                time.sleep(pause(error, attempt))
            else:
                return self._answered(backend, response, estimated)
        raise AssertionError("there is a last try")

    def close(self) -> None:
        """Close the connections, if the engines hold any."""
        for backend in self.backends:
            close: Any = getattr(backend.engine, "close", None)
            if close is not None:
                close()


class AsyncGate(_Gate):
    """The asynchronous half, with at most ``max_parallel`` requests under way per event loop."""

    async def complete(self, request: Request) -> Response:
        estimated = estimate(request)
        for backend, attempt, last in self._tries():
            delay = backend.pace.wait(estimated)
            if delay:
                await asyncio.sleep(delay)
            try:
                async with self._door():
                    self._budget.check_model_call()
                    response = await self._once(backend, request)
            except RETRYABLE as error:
                if last:
                    raise self._given_up(error) from error.__cause__
                await asyncio.sleep(pause(error, attempt))
            else:
                return self._answered(backend, response, estimated)
        raise AssertionError("there is a last try")

    async def _once(self, backend: Backend, request: Request) -> Response:
        """One try. The engines' own time limits are between two bytes; a server that trickles would beat them."""
        try:
            async with asyncio.timeout(self._limits.timeout):
                return await backend.async_engine.complete(replace(request, model=backend.model))
        except TimeoutError as error:
            if isinstance(error, LM15Error):
                raise
            raise LateError(f"no answer within {self._limits.timeout:g} s") from None

    def _door(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if loop not in self._doors:
            self._doors[loop] = asyncio.Semaphore(self._limits.max_parallel)
        return self._doors[loop]

    async def aclose(self) -> None:
        """Close the connections that were opened on this event loop, if the engines hold any."""
        for backend in self.backends:
            close: Any = getattr(backend.async_engine, "aclose", None)
            if close is not None:
                await close()


def pause(error: Exception, attempt: int) -> float:
    """Seconds to wait before try ``attempt + 1``: what the server asked for and a little more, else full jitter."""
    wanted = getattr(error, "retry_after", None)
    jitter = random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    return min(LONGEST_WAIT, float(wanted)) + jitter * 0.1 if wanted else jitter


def estimate(request: Request) -> int:
    """About how many tokens a request will use, its answer included."""
    system = request.system if isinstance(request.system, str) else ""
    characters = len(system) + sum(len(message.text or "") for message in request.messages)
    return characters // CHARACTERS_PER_TOKEN + (request.config.max_tokens or ANSWER_TOKENS)
