"""A model that a user gives to DSPy instead of our settings: the rehearsal model behind engines of its own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

import dspy
from dspy.lm15 import Request, Response, StreamDeltaEvent, TextDelta, response_to_events

from toolgrad_dspy.lm.rehearsal.engine import answer


class _Engine:
    """Streams word by word."""

    def complete(self, request: Request) -> Response:
        return answer(request)

    def stream(self, request: Request) -> Iterator[Any]:
        for event in response_to_events(answer(request)):
            if event.type != "delta":
                yield event
                continue
            for word in event.delta.text.split(" "):
                yield StreamDeltaEvent(TextDelta(f"{word} "))

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


class _AsyncEngine:
    async def complete(self, request: Request) -> Response:
        return answer(request)

    async def stream(self, request: Request) -> AsyncIterator[Any]:
        for event in _Engine().stream(request):
            yield event

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


def own_model(name: str = "own/model") -> dspy.LM:
    """Not counted by any gate of ours; its answers are those of rehearsal."""
    return dspy.LM(name, engine=_Engine(), async_engine=_AsyncEngine(), cache=False, num_retries=0)
