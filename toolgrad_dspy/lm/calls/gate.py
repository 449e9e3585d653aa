"""The gate that every model call goes through: rate limit, parallel calls, time limit, retries, fallbacks, meter.

It wraps either engine pair, native or litellm, and is an engine pair itself, so DSPy does not notice it. DSPy's own
retries are off: they have no jitter, and would multiply with these.

For ``dspy.streamify`` an answer is streamed in one piece, when all of it is there: only a whole answer can be asked
for again, or from a fallback.
"""

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeAlias
from weakref import WeakKeyDictionary

from dspy.lm15 import (
    LM15Error,
    RateLimitError,
    Request,
    Response,
    ServerError,
    StreamDeltaEvent,
    StreamEndEvent,
    StreamStartEvent,
    TransportError,
    response_to_events,
)
from dspy.lm15 import TimeoutError as LateError

from toolgrad_dspy.errors import ModelError, one_line
from toolgrad_dspy.lm.answer_faults import note_ending
from toolgrad_dspy.lm.calls.allowance import take_call
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.lm.calls.meter import Meter, session_meter
from toolgrad_dspy.lm.calls.prices import FREE, Price
from toolgrad_dspy.lm.calls.rate_limit import RateLimit
from toolgrad_dspy.lm.engines.base import AsyncEngine, SyncEngine

# Errors that another attempt may not meet. A provider's other refusals (bad key, bad request) would come again.
RETRYABLE = (RateLimitError, ServerError, LateError, TransportError)

# Waits between attempts: full jitter up to FIRST_WAIT * 2**attempt seconds, at most LONGEST_WAIT
# (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0
# No quota is counted over more than a day, so a server that asks for a longer wait is wrong.
A_DAY = 86_400.0

# After so many calls in a row that got no connection, each after all its attempts, the server counts as gone.
UNREACHABLE_CALLS_LIMIT = 16

# Parameters of a request that every engine accepts.
PARAMETERS = frozenset({"temperature", "max_tokens", "stop", "seed"})

# The usual rule of thumb for English text; exact counts need the tokenizer of a model.
CHARACTERS_PER_TOKEN = 4
# The length that is assumed for an answer before it has come, in tokens.
ANSWER_TOKENS = 400


StreamEvent: TypeAlias = StreamStartEvent | StreamDeltaEvent | StreamEndEvent


@dataclass(frozen=True, slots=True)
class Backend:
    """One model, how it is reached, and what it costs; a ``price`` of None is unknown."""

    model: str
    engine: SyncEngine
    async_engine: AsyncEngine
    rate_limit: RateLimit
    price: Price | None = FREE


@dataclass(frozen=True, slots=True)
class Limits:
    """``timeout`` is in seconds per attempt; ``retries`` counts the attempts after the first; ``max_parallel`` is the
    largest number of requests under way at once; ``longest_pause`` is the most seconds to wait because a server asks
    for it.
    """

    timeout: float = 120.0
    retries: int = 5
    max_parallel: int = 256
    longest_pause: float = A_DAY


@dataclass(frozen=True, slots=True)
class AnswerFormats:
    """The formats that all backends can be made to answer in: a given JSON schema, or at least JSON."""

    schema: bool = False
    json: bool = False


TEXT_ONLY = AnswerFormats()


class _Gate:
    # DSPy reads these when it formats a request. Our adapters ask for nothing but text and JSON.
    supports_function_calling = False
    supports_reasoning = False
    # What tells our models from a user's own.
    counts_usage = True

    def __init__(
        self,
        role: str,
        backends: Sequence[Backend],
        limits: Limits,
        meter: Meter,
        budget: Budget | None = None,
        formats: AnswerFormats = TEXT_ONLY,
    ) -> None:
        self.role = role
        self.supports_response_schema = formats.schema
        self.supported_params = PARAMETERS | {"response_format"} if formats.json else PARAMETERS
        self._budget = budget or Budget()
        self.backends = tuple(backends)
        self._limits = limits
        self._meter = meter
        self._unreachable_calls = 0
        # For the synchronous half, and for the asynchronous one. Weak keys: a loop that is gone must not pass its
        # semaphore on to a new loop that got the same address.
        self._thread_semaphore = threading.BoundedSemaphore(limits.max_parallel)
        self._semaphores: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # optimizers copy programs; the connections, limits and counts are shared

    def _attempts(self) -> Iterator[tuple[Backend, int, bool]]:
        """Every attempt in order: the backend, the number of the attempt on it, and whether it is the last of all."""
        last = self.backends[-1]
        for backend in self.backends:
            for attempt in range(self._limits.retries + 1):
                yield backend, attempt, backend is last and attempt == self._limits.retries

    def _pause(self, error: LM15Error, attempt: int) -> float:
        return pause(error, attempt, self._limits.longest_pause)

    def _final_error(self, error: LM15Error) -> Exception:
        """What to raise when all attempts of a call have failed: ``error``, or the end of the run.

        A failed session stays failed in the store. So a server that is gone ends the run, before every session that
        is left has failed for it.
        """
        for meter in (self._meter, session_meter()):
            if meter is not None:
                meter.add_unanswered()
        # A server that is too slow can be reached.
        unreachable = isinstance(error, TransportError) and not isinstance(error, LateError)
        self._unreachable_calls += unreachable
        if not unreachable or self._unreachable_calls < UNREACHABLE_CALLS_LIMIT:
            original: Exception = error
            return original
        return ModelError(
            f"{self.backends[-1].model}: cannot reach the server any more: {self._unreachable_calls} calls in a row "
            f"failed ({one_line(error, 120)}); start again when it is back",
            code="server_unreachable",
        )

    def _counted(self, backend: Backend, response: Response, estimated: int) -> Response:
        """``response``, after the rate limit, the budget and the meters have counted it."""
        self._unreachable_calls = 0
        note_ending(response.finish_reason)
        usage = response.usage
        read, wrote = usage.input_tokens or 0, usage.output_tokens or 0
        backend.rate_limit.settle(estimated, read + wrote)
        cached, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
        usd = None if backend.price is None else backend.price.of(read, wrote, cached, written)
        self._budget.charge_model_call(usd, read + wrote)
        for meter in (self._meter, session_meter()):
            if meter is not None:
                meter.add(self.role, read, wrote, usd, backend.model, cached)
        return response


class Gate(_Gate):
    """The synchronous half, with at most ``max_parallel`` requests under way from all threads.

    Its time limit is the engine's own, which counts from byte to byte: a thread that waits cannot be stopped.
    """

    def complete(self, request: Request) -> Response:
        take_call()
        estimated = estimate(request)
        for backend, attempt, last in self._attempts():
            time.sleep(backend.rate_limit.reserve(estimated))
            try:
                # The budget last, and not before: many calls may have spent it while this one waited.
                with self._thread_semaphore, self._budget.model_call():
                    response: Response = backend.engine.complete(replace(request, model=backend.model))
            except RETRYABLE as error:
                if last:
                    raise self._final_error(error) from error.__cause__
                time.sleep(self._pause(error, attempt))
            else:
                return self._counted(backend, response, estimated)
        raise AssertionError("the last attempt returns or raises")

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        yield from response_to_events(self.complete(request))


class AsyncGate(_Gate):
    """The asynchronous half, with at most ``max_parallel`` requests under way per event loop."""

    async def complete(self, request: Request) -> Response:
        take_call()
        estimated = estimate(request)
        for backend, attempt, last in self._attempts():
            delay = backend.rate_limit.reserve(estimated)
            if delay:
                await asyncio.sleep(delay)
            try:
                async with self._semaphore():
                    # Here and not before: many calls may have spent the budget while this one waited.
                    with self._budget.model_call():
                        response = await self._attempt(backend, request)
            except RETRYABLE as error:
                if last:
                    raise self._final_error(error) from error.__cause__
                await asyncio.sleep(self._pause(error, attempt))
            else:
                return self._counted(backend, response, estimated)
        raise AssertionError("the last attempt returns or raises")

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        for event in response_to_events(await self.complete(request)):
            yield event

    async def _attempt(self, backend: Backend, request: Request) -> Response:
        """One attempt. The engines' own time limits count from byte to byte, so a trickling server evades them."""
        try:
            async with asyncio.timeout(self._limits.timeout):
                return await backend.async_engine.complete(replace(request, model=backend.model))
        except TimeoutError as error:
            if isinstance(error, LM15Error):  # the engine's own, which is a TimeoutError too
                raise
            raise LateError(f"no answer within {self._limits.timeout:g} s") from None

    def _semaphore(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if loop not in self._semaphores:
            self._semaphores[loop] = asyncio.Semaphore(self._limits.max_parallel)
        return self._semaphores[loop]


def pause(error: Exception, attempt: int, longest: float = A_DAY) -> float:
    """Seconds to wait after ``attempt``, from 0: a little more than the server asked for, else full jitter.

    Of what a server asked for, no more than ``longest`` seconds count.
    """
    wanted = getattr(error, "retry_after", None)
    jitter = random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    # Zero comes first in max(): a server may ask for "nan" or "-1" seconds, too.
    return min(longest, max(0.0, float(wanted))) + jitter * 0.1 if wanted else jitter


def estimate(request: Request) -> int:
    """About how many tokens a request will use, including its answer."""
    system = request.system if isinstance(request.system, str) else ""
    characters = len(system) + sum(len(message.text or "") for message in request.messages)
    return characters // CHARACTERS_PER_TOKEN + (request.config.max_tokens or ANSWER_TOKENS)
