"""What was sent to a model and what came back, for whoever wants to hear it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from dspy.lm15 import RefusalPart, Request, Response


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt of one call of ``role``: the ``messages``, each with the role of who speaks and its text, and the
    ``answer``, or the ``error`` that came in its place.

    ``seconds`` is how long it took; ``read`` and ``wrote`` are tokens, 0 without an answer.
    """

    role: str
    model: str
    messages: tuple[tuple[str, str], ...]
    answer: str | None
    error: str
    read: int
    wrote: int
    seconds: float


Hear = Callable[[Exchange], None]

_HEARD: ContextVar[Hear | None] = ContextVar("toolgrad_exchanges", default=None)


@contextmanager
def overheard(hear: Hear | None) -> Iterator[None]:
    """Every attempt that is made inside goes to ``hear``: in this task, and the tasks it starts."""
    token = _HEARD.set(hear)
    try:
        yield
    finally:
        _HEARD.reset(token)


def listener() -> Hear | None:
    """Who hears the attempts that are made here."""
    return _HEARD.get()


def messages_of(request: Request) -> tuple[tuple[str, str], ...]:
    """What ``request`` says, in order: each with who says it."""
    system = request.system if isinstance(request.system, str) else ""
    said = ((str(message.role), message.text or "") for message in request.messages)
    return (*([("system", system)] if system else []), *said)


def answer_of(response: Response) -> str:
    """The text of ``response``, or of its refusal."""
    refused = [part.text or "" for part in response.message.parts if isinstance(part, RefusalPart)]
    return response.text or "\n".join(refused)
