"""The gate that every model call goes through: limits, retries, fallbacks, and waiting for an outage to end.

It wraps the engines of a role's models, and is an engine itself, so DSPy does not notice it. DSPy's own retries are
off: they have no jitter, and would multiply with these.

A call has one of three outcomes. It is *answered*; or *refused*, with the provider's error, which every other attempt
would meet, too; or nobody answers. Then it waits with all other calls for the account to come back
(``availability.py``), or, if the account answers those, it is given up as *unanswered*.

For ``dspy.streamify`` an answer is streamed in one piece, when all of it is there: only a whole answer can be asked
for again, or from a fallback.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from dspy.lm15 import (
    LM15Error,
    Request,
    Response,
    StreamDeltaEvent,
    StreamEndEvent,
    StreamStartEvent,
    response_to_events,
)

from toolgrad_dspy.concurrency import LoopThread
from toolgrad_dspy.errors import ToolGradError, UnansweredError, UnavailableError, one_line
from toolgrad_dspy.lm.calls.allowance import take_call
from toolgrad_dspy.lm.calls.failures import note_failure
from toolgrad_dspy.lm.calls.sender import RETRYABLE, Sender

# Parameters of a request that every engine accepts.
PARAMETERS = frozenset({"temperature", "max_tokens", "stop", "seed"})

StreamEvent: TypeAlias = StreamStartEvent | StreamDeltaEvent | StreamEndEvent


@dataclass(frozen=True, slots=True)
class AnswerFormats:
    """The formats that all backends can be made to answer in: a given JSON schema, or at least JSON."""

    schema: bool = False
    json: bool = False


TEXT_ONLY = AnswerFormats()


class _Engine:
    """What DSPy reads of an engine when it formats a request. Our adapters ask for nothing but text and JSON."""

    supports_function_calling = False
    supports_reasoning = False
    # What tells our models from a user's own.
    counts_usage = True

    def __init__(self, formats: AnswerFormats) -> None:
        self.supports_response_schema = formats.schema
        self.supported_params = PARAMETERS | {"response_format"} if formats.json else PARAMETERS

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # optimizers copy programs; the connections, limits and counts are shared


class AsyncGate(_Engine):
    """An asynchronous engine over the models of a role: ``senders`` has its model, then the fallbacks."""

    def __init__(self, senders: Sequence[Sender], formats: AnswerFormats = TEXT_ONLY) -> None:
        super().__init__(formats)
        self.senders = tuple(senders)
        self.role = self.senders[0].role

    async def complete(self, request: Request) -> Response:
        """The answer of the first model that gives one.

        Raises LM15Error for a refusal, UnansweredError, UnavailableError, and what the budget and the session's
        allowance raise.
        """
        try:
            take_call()
            return await self._answered(request)
        except ToolGradError as error:
            note_failure(error)
            raise

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        for event in response_to_events(await self.complete(request)):
            yield event

    async def _answered(self, request: Request) -> Response:
        calls = [_Call(sender) for sender in self.senders]
        while True:
            for call in calls:
                reached = await call.account.reached(call.sender.ask)
                if reached and (response := await call.answer(request)) is not None:
                    return response
            given_up = next((call for call in calls if call.given_up), None)
            if given_up is not None:
                raise given_up.error from given_up.last
            await _first(calls)


class Gate(_Engine):
    """The same for callers without an event loop: their calls run on one loop, kept for that."""

    _loop = LoopThread("toolgrad-models")

    def __init__(self, inner: AsyncGate, formats: AnswerFormats = TEXT_ONLY) -> None:
        super().__init__(formats)
        self._inner = inner
        self.role = inner.role

    def complete(self, request: Request) -> Response:
        """As :meth:`AsyncGate.complete`."""
        return self._loop.run(self._inner.complete(request))

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        yield from response_to_events(self.complete(request))


class _Call:
    """One call to one model, with all its attempts."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.account = sender.backend.account
        # What the account had answered when the call first failed.
        self._answers: int | None = None
        self.last: LM15Error | None = None
        self.given_up = False

    async def answer(self, request: Request) -> Response | None:
        """The answer, or None when there is none now. ``given_up``: nor will there be one later."""
        for attempt in range(self.sender.limits.retries + 1):
            try:
                return await self.sender.attempt(request)
            except RETRYABLE as error:
                self._failed(error)
                if attempt == self.sender.limits.retries:
                    break
                if self.account.out:
                    return None
                await self.sender.pause(error, attempt)
        # An account that has answered nobody since is asked a short question, as in an outage, and then once more.
        if self._answers is not None and self.account.answers > self._answers:
            self.given_up = True
        else:
            self.account.hold()
        return None

    @property
    def error(self) -> UnansweredError:
        """Why the call is given up."""
        model, reason = self.sender.backend.model, one_line(self.last, 160)
        return UnansweredError(f"{model} answers other calls, and did not answer this one in any attempt: {reason}")

    def _failed(self, error: LM15Error) -> None:
        self.last = error
        if self._answers is None:
            self._answers = self.account.answers


async def _first(calls: Sequence[_Call]) -> None:
    """Wait until one of the models may be asked again. Raises UnavailableError when none will answer any more."""
    waiting = [asyncio.ensure_future(call.account.back(call.sender.ask)) for call in calls]
    gone: UnavailableError | None = None
    try:
        for ended in asyncio.as_completed(waiting):
            try:
                return await ended
            except UnavailableError as error:
                gone = error
        assert gone is not None, "there is a call"
        raise gone
    finally:
        for future in waiting:
            future.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
