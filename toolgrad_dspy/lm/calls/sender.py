"""One attempt of one call: in through the door, out to the engine within the time limit, and into the books."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter

from dspy.lm15 import LM15Error, Message, RateLimitError, RefusalPart, Request, Response, ServerError, TransportError
from dspy.lm15 import TimeoutError as LateError

from toolgrad_dspy.lm.answer_faults import REFUSAL, note_ending
from toolgrad_dspy.lm.calls.availability import Availability, Say
from toolgrad_dspy.lm.calls.budget import Budget, Reservation
from toolgrad_dspy.lm.calls.door import Door
from toolgrad_dspy.lm.calls.exchanges import Exchange, answer_of, listener, messages_of
from toolgrad_dspy.lm.calls.meter import Meter, session_meter
from toolgrad_dspy.lm.calls.pauses import A_DAY, pause
from toolgrad_dspy.lm.calls.prices import FREE, Price
from toolgrad_dspy.lm.calls.sizes import Sizes, prompt_characters, text_tokens
from toolgrad_dspy.lm.engines.base import AsyncEngine

_log = logging.getLogger(__name__)

# Errors that another attempt may not meet. A provider's other refusals (bad key, bad request) would come again.
RETRYABLE = (RateLimitError, ServerError, LateError, TransportError)

# A question that is short to ask and to answer.
READY = Request(model="any", messages=(Message.user("Reply with the word: ready"),))


@dataclass(frozen=True, slots=True)
class Backend:
    """One model, how it is reached, and what it costs; a ``price`` of None is unknown.

    All models of an account share its ``account``, and those with the same limits its ``door``.
    """

    model: str
    engine: AsyncEngine
    price: Price | None = FREE
    door: Door = field(default_factory=Door)
    account: Availability = field(default_factory=lambda: Availability("the model"))


@dataclass(frozen=True, slots=True)
class Limits:
    """``timeout`` is in seconds per attempt; ``retries`` counts the attempts after the first; ``longest_pause`` is
    the most seconds to wait because a server asks for it.
    """

    timeout: float = 120.0
    retries: int = 5
    longest_pause: float = A_DAY


class Sender:
    """Sends the requests of ``role`` to one model, and counts what they use. ``say`` gets a line for the user."""

    def __init__(
        self,
        role: str,
        backend: Backend,
        limits: Limits,
        meter: Meter,
        budget: Budget | None = None,
        say: Say = lambda line: None,
    ) -> None:
        self.role = role
        self.backend = backend
        self.limits = limits
        self._meter = meter
        self._budget = budget or Budget()
        self._say = say
        self._sizes = Sizes()

    async def attempt(self, request: Request) -> Response:
        """The answer of one attempt. Raises LM15Error if there is none, and BudgetSpentError."""
        backend, characters = self.backend, prompt_characters(request)
        read, wrote = self._sizes.of_prompt(characters), self._sizes.of_answer
        async with backend.door.entered(read + wrote):
            # The budget last, and not before: many calls may have spent it while this one waited.
            with self._budget.model_call(read + wrote, self._usd(read, wrote)) as reservation:
                started = perf_counter()
                try:
                    response = await self._answer(request)
                except LM15Error as error:
                    _log.debug(
                        "LM call of %s to %s: no answer after %.2f s: %s",
                        *(self.role, backend.model, perf_counter() - started, error),
                    )
                    self._tell(request, error, 0, 0, started)
                    if isinstance(error, LateError):
                        self._keep(reservation, read, wrote)
                    self._mind(error)
                    raise
                except asyncio.CancelledError:
                    self._keep(reservation, read, wrote)
                    raise
                backend.account.answered()
                read, wrote = self._count(reservation, response, characters)
                self._tell(request, response, read, wrote, started)
                _log.debug(
                    "LM call of %s to %s: %d tokens read, %d written, %.2f s",
                    *(self.role, backend.model, read, wrote, perf_counter() - started),
                )
        return response

    def _tell(self, request: Request, came: Response | LM15Error, read: int, wrote: int, started: float) -> None:
        """Whoever listens hears of the attempt, unless it only was to find out whether the account answers."""
        hear = listener()
        if hear is None or request is READY:
            return
        answer, error = (None, str(came)) if isinstance(came, LM15Error) else (answer_of(came), "")
        messages, seconds = messages_of(request), perf_counter() - started
        hear(Exchange(self.role, self.backend.model, messages, answer, error, read, wrote, seconds))

    async def ask(self) -> None:
        """A short question, to find out whether the account answers. A refusal is an answer, too."""
        with suppress(LM15Error):
            await self.attempt(READY)

    async def pause(self, error: LM15Error, attempt: int) -> None:
        """Wait before the next attempt."""
        seconds = pause(error, attempt, self.limits.longest_pause)
        _log.info(
            "LM call of %s to %s is tried again in %.1f s, after attempt %d of %d: %s",
            *(self.role, self.backend.model, seconds, attempt + 1, self.limits.retries + 1, error),
        )
        await asyncio.sleep(seconds)

    async def _answer(self, request: Request) -> Response:
        """The engines' own time limits count from byte to byte, so a trickling server evades them."""
        try:
            async with asyncio.timeout(self.limits.timeout):
                return await self.backend.engine.complete(replace(request, model=self.backend.model))
        except TimeoutError as error:
            if isinstance(error, LM15Error):  # the engine's own, which is a TimeoutError too
                raise
            raise LateError(f"no answer within {self.limits.timeout:g} s") from None

    def _mind(self, error: LM15Error) -> None:
        """A refusal is an answer of the account, too."""
        account = self.backend.account
        if isinstance(error, RETRYABLE):
            account.failed(error)
        else:
            account.answered()

    def _count(self, reservation: Reservation, response: Response, characters: int) -> tuple[int, int]:
        """Settle with the rate limit, the budget and the meters. Tokens that no server counts are estimated.

        Returns those read and written.
        """
        note_ending(response.finish_reason)
        if any(isinstance(part, RefusalPart) for part in response.message.parts):
            note_ending(REFUSAL)
        usage = response.usage
        read, wrote = usage.input_tokens, usage.output_tokens
        if read is None or wrote is None:
            read, wrote = self._sizes.of_prompt(characters), text_tokens(response)
            self._say(f"{self.backend.model}: the server counts no tokens; they are estimated from the texts")
        else:
            self._sizes.learn(characters, read, wrote)
        self.backend.door.rate_limit.settle(reservation.tokens, read + wrote)
        cached, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
        usd = self._usd(read, wrote, cached, written)
        reservation.settle(usd, read + wrote)
        self._meter_call(read, wrote, usd, cached)
        return read, wrote

    def _keep(self, reservation: Reservation, read: int, wrote: int) -> None:
        """A request that was given up while it was under way has cost something all the same."""
        reservation.keep()
        self._meter_call(read, wrote, self._usd(read, wrote))

    def _meter_call(self, read: int, wrote: int, usd: float | None, cached: int = 0) -> None:
        for meter in (self._meter, session_meter()):
            if meter is not None:
                meter.add(self.role, read, wrote, usd, self.backend.model, cached)

    def _usd(self, read: int, wrote: int, cached: int = 0, written: int = 0) -> float | None:
        price = self.backend.price
        return None if price is None else price.of(read, wrote, cached, written)


class Retrying:
    """An engine over one model that tries again, and does not wait for an outage to end: for short questions."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def complete(self, request: Request) -> Response:
        """The answer. Raises the error of the last attempt."""
        for attempt in range(self._sender.limits.retries):
            try:
                return await self._sender.attempt(request)
            except RETRYABLE as error:
                await self._sender.pause(error, attempt)
        return await self._sender.attempt(request)
