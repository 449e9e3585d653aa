"""What a sample has tried so far: no call is made twice, and what failed is told to the proposer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.records import Attempt, Observation, ToolCall, last_key, leaves, names_id, opaque
from toolgrad_dspy.rendering import line

# Failures that the proposer is shown, the latest ones, and characters of each.
TOLD = 4
TOLD_CHARS = 180
# The rules of calls that were not sent because it is known how they end: they failed before or are steps already, or
# they found nothing.
REPEATED, FOUND_NOTHING = "repeated", "found_nothing"
# The rule of a call that was sent, and whose result was there already.
ADDS_NOTHING = "adds_nothing"
# Failures that say nothing of the call itself: the same one may succeed the next time.
_PASSING = ("timeout", "connection")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that gave nothing: in which iteration, why, and whether it was sent to its tool.

    One that is ``lifted`` may give something by now. One that was ``empty`` did not fail: its result held nothing,
    or nothing new.
    """

    call: ToolCall
    iteration: int
    reason: str
    sent: bool
    lifted: bool = False
    empty: bool = False


class Memory:
    """The calls of one sample. For use on one event loop.

    Equal calls in equal states give equal results, until a write is accepted: then :meth:`forget` is called. A write
    on a source whose sessions are shared has happened, whether it was accepted or not: its result is kept for good.
    """

    def __init__(self) -> None:
        self._failures: dict[str, Failure] = {}
        self._empty: dict[str, Failure] = {}
        self._results: dict[str, asyncio.Future[Observation]] = {}
        self._lasting: dict[str, asyncio.Future[Observation]] = {}

    def copy(self) -> "Memory":
        """The same failures, to which others are added; results are not shared."""
        copied = Memory()
        copied._failures.update(self._failures)
        copied._empty.update(self._empty)
        return copied

    def note(self, attempt: Attempt, iteration: int) -> None:
        """Keep how ``attempt`` ended if it gave nothing; of equal calls the first such end.

        An empty result, or one that adds nothing, is the same until a write is accepted. Not kept are a timeout, a
        lost connection, and what was known before.
        """
        if attempt.verdict.rule in (REPEATED, FOUND_NOTHING):
            return
        sent, outcome = attempt.observation is not None, attempt.verdict.outcome
        if outcome == "empty" or attempt.verdict.rule == ADDS_NOTHING:
            reason = "its result was empty" if outcome == "empty" else attempt.verdict.reason
            ended = Failure(attempt.call, iteration, reason, sent, empty=True)
            self._empty.setdefault(_key(attempt.call), ended)
        elif outcome == "failed" and not passing(attempt.observation):
            before = self._failures.get(_key(attempt.call))
            if before is None or before.lifted:
                self._failures[_key(attempt.call)] = Failure(attempt.call, iteration, attempt.verdict.reason, sent)

    def refuse(self, call: ToolCall, iteration: int, reason: str) -> None:
        """Keep that ``call`` is of no use, though it gave something."""
        self._failures[_key(call)] = Failure(call, iteration, reason, sent=True)

    def failure(self, call: ToolCall) -> Failure | None:
        """How the same call failed before, or that it found nothing; None if neither is known."""
        failure = self._failures.get(_key(call))
        return self._empty.get(_key(call)) if failure is None or failure.lifted else failure

    def told(self) -> str:
        """The latest failures for a prompt, one line each."""
        lines = (
            one_line(f"{f.call.tool} {line(f.call.arguments)}: {f.reason}", TOLD_CHARS)
            for f in sorted([*self._failures.values(), *self._empty.values()], key=lambda f: f.iteration)[-TOLD:]
        )
        return "\n".join(lines) or "(none)"

    async def once(
        self,
        call: ToolCall,
        run: Callable[[ToolCall], Awaitable[Observation]],
        *,
        after: Sequence[ToolCall] = (),
        lasting: bool = False,
    ) -> Observation:
        """The result of ``call``, by ``run`` if it was not made before; equal calls at the same time are one.

        ``after`` are the writes between the accepted steps and the call. A ``lasting`` call cannot be undone: it is
        sent once, whatever was accepted. Any other is made anew if it met a timeout or a lost connection. The latency
        of a result that was there is 0.
        """
        made = self._lasting if lasting else self._results
        key = json.dumps([_key(call), *map(_key, after)])
        while (result := made.get(key)) is not None:
            try:
                # Nothing was sent for this one, which the latency says.
                return (await asyncio.shield(result)).model_copy(update={"latency": 0.0})
            except asyncio.CancelledError:
                if not result.cancelled():
                    raise  # whoever waits here was cancelled, and not the one who makes the call
        own = made[key] = asyncio.get_running_loop().create_future()
        try:
            observation = await run(call)
            own.set_result(observation)
        finally:
            if not own.done():  # whoever waits makes the call itself
                made.pop(key, None)
                own.cancel()
        if lasting:
            self._results.clear()
        elif passing(observation):
            made.pop(key, None)
        return observation

    def forget(self, accepted: Iterable[Attempt]) -> None:
        """The tools' state has changed: what was read before may read differently now.

        A call that failed may succeed if it is about something that was ``accepted``: there was no such note, and now
        there is. The proposer is told of it all the same.
        """
        self._results.clear()
        self._empty.clear()
        touched = {name for attempt in accepted for name in _ids(attempt.call, attempt.observation)}
        for key, failure in self._failures.items():
            if touched.intersection(_ids(failure.call)):
                self._failures[key] = replace(failure, lifted=True)


def _ids(call: ToolCall, observation: Observation | None = None) -> set[str]:
    """The ids that a call was made with, and those that it gave."""
    results = [] if observation is None else leaves(observation.value)
    found = (
        value
        for pointer, value in (*leaves(call.arguments), *results)
        if names_id(last_key(pointer)) or opaque(value)
    )
    return {json.dumps(value) for value in found}


def passing(observation: Observation | None) -> bool:
    """Whether ``observation`` says nothing of the call: there was a timeout, or the connection was lost."""
    return observation is not None and observation.error is not None and observation.error.kind in _PASSING


def _key(call: ToolCall) -> str:
    return json.dumps([call.tool, call.arguments], sort_keys=True)
