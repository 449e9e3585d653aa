"""A model that a user gives to DSPy instead of our settings: the rehearsal model behind engines of its own."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self

import dspy
from dspy.lm15 import Request, Response, StreamDeltaEvent, TextDelta, response_to_events

from toolgrad_dspy.lm.rehearsal.engine import answer as rehearse

Answer = Callable[[Request], Response]


class _Engine:
    """Streams word by word."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def complete(self, request: Request) -> Response:
        return self._answer(request)

    def stream(self, request: Request) -> Iterator[Any]:
        for event in response_to_events(self._answer(request)):
            if event.type != "delta":
                yield event
                continue
            for word in event.delta.text.split(" "):
                yield StreamDeltaEvent(TextDelta(f"{word} "))

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


class _AsyncEngine:
    def __init__(self, engine: _Engine) -> None:
        self._engine = engine

    async def complete(self, request: Request) -> Response:
        return self._engine.complete(request)

    async def stream(self, request: Request) -> AsyncIterator[Any]:
        for event in self._engine.stream(request):
            yield event

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


def own_model(name: str = "own/model", answer: Answer = rehearse) -> dspy.LM:
    """Not counted by any gate of ours; its answers are those of rehearsal, if nothing else is said."""
    engine = _Engine(answer)
    return dspy.LM(name, engine=engine, async_engine=_AsyncEngine(engine), cache=False, num_retries=0)
