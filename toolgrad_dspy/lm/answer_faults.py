"""What was wrong with the answers inside a block of code, and how the server said that each of them ended."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from toolgrad_dspy.lm.reading import Fault
from toolgrad_dspy.records import AnswerFault

# The ending of an answer in which a model says that it will not answer, where a provider tells that apart.
REFUSAL = "refusal"


@dataclass(slots=True)
class Asking:
    """One asking of a question. ``endings`` are the finish reasons of its answers, as far as a gate saw them, and
    ``refusal``.
    """

    role: str = ""
    number: int = 1
    endings: list[str] = field(default_factory=list)


_LOG: ContextVar[list[AnswerFault] | None] = ContextVar("toolgrad_answer_faults", default=None)
_ROLE: ContextVar[str] = ContextVar("toolgrad_asking_role", default="")
_ASKING: ContextVar[Asking | None] = ContextVar("toolgrad_asking", default=None)


@contextmanager
def answer_faults() -> Iterator[list[AnswerFault]]:
    """A list that gets the faults of all answers inside, in the order they are met.

    They say why an answer was asked for again, and what was left out of one or replaced in it.

    Inside is: in this task, the tasks it starts, and ``asyncio.to_thread``.

    >>> from toolgrad_dspy.lm.adapter import ADAPTER
    >>> from toolgrad_dspy.signatures import Repair
    >>> with answer_faults() as faults:
    ...     _ = ADAPTER.parse(Repair, '[[ ## calls ## ]] [{"tool": "find", "arguments": {}}, {"tool": "book"')
    >>> [fault.kind for fault in faults]
    ['cut']
    """
    faults: list[AnswerFault] = []
    token = _LOG.set(faults)
    try:
        yield faults
    finally:
        _LOG.reset(token)


@contextmanager
def played_by(role: str) -> Iterator[None]:
    """The answers inside are those of ``role``."""
    token = _ROLE.set(role)
    try:
        yield
    finally:
        _ROLE.reset(token)


@contextmanager
def asking(number: int, role: str = "") -> Iterator[Asking]:
    """The answers inside are those to one asking, the first or the second. ``role`` is used if none is set."""
    current = Asking(_ROLE.get() or role, number)
    token = _ASKING.set(current)
    try:
        yield current
    finally:
        _ASKING.reset(token)


def this_asking() -> Asking:
    """The innermost :func:`asking` around this call."""
    return _ASKING.get() or Asking(_ROLE.get())


def note_fault(fault: Fault) -> None:
    """Add ``fault`` to the list of the innermost :func:`answer_faults`, if there is one."""
    log = _LOG.get()
    if log is not None:
        now = this_asking()
        log.append(AnswerFault(role=now.role, kind=fault.kind, asking=now.number, text=fault.text))


def pass_on(faults: Iterable[AnswerFault]) -> None:
    """Add what an inner :func:`answer_faults` has collected to the list around it.

    For tasks that ask at once: each collects its own, and they are passed on in an order that is no chance.
    """
    log = _LOG.get()
    if log is not None:
        log.extend(faults)


def note_ending(finish_reason: str) -> None:
    """Called for each answer, with what the server said about its end."""
    current = _ASKING.get()
    if current is not None:
        current.endings.append(finish_reason)
