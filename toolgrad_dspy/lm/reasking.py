"""Asking again for an answer that cannot be used: the same prompt, the answer, and how to write it.

The task stays in front, so that the model answers it anew and does not discuss its mistake. What is said about the
first answer is about its form alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from dspy.utils.exceptions import AdapterParseError

from toolgrad_dspy.lm.reading import Fault

Message = dict[str, Any]

# Characters of the first answer that are shown again, from its beginning: enough to see the form.
SHOWN_AGAIN = 2000


class UnusableAnswerError(AdapterParseError):
    """An answer that does not fit the signature: DSPy's own error for it, with what was wrong.

    ``shown`` is the answer without its thoughts. ``again`` says whether asking again may help.
    """

    def __init__(
        self, adapter_name: str, signature: Any, fault: Fault, shown: str, parsed: dict[str, Any], again: bool = True
    ) -> None:
        super().__init__(adapter_name, signature, shown, fault.text, parsed)
        self.fault = fault
        self.shown = shown
        self.again = again


_TURNS: ContextVar[UnusableAnswerError | None] = ContextVar("toolgrad_reasking", default=None)


@contextmanager
def asking_again(first: UnusableAnswerError) -> Iterator[None]:
    """Prompts formatted inside end with the first answer, and how to write it."""
    token = _TURNS.set(first)
    try:
        yield
    finally:
        _TURNS.reset(token)


def with_first_answer(messages: list[Message], reminder: str) -> list[Message]:
    """``messages``, with two turns more inside :func:`asking_again`. ``reminder`` says what the format is."""
    first = _TURNS.get()
    if first is None:
        return messages
    if not first.shown:  # not every provider takes an empty turn, or two turns of the user in a row
        *before, last = messages
        return [*before, {**last, "content": _extended(last["content"], f"Write the answer itself now. {reminder}")}]
    cut = " Only its beginning is shown here." if len(first.shown) > SHOWN_AGAIN else ""
    again = (
        f"Give the whole answer to the task above again; only its form was wrong: {first.fault.problem}.{cut} "
        f"{reminder}"
    )
    return [
        *messages,
        {"role": "assistant", "content": first.shown[:SHOWN_AGAIN]},
        {"role": "user", "content": again},
    ]


def _extended(content: Any, sentence: str) -> Any:
    """The content of a turn, which is a text or a list of parts, with ``sentence`` after it."""
    if isinstance(content, str):
        return f"{content}\n\n{sentence}"
    return [*content, {"type": "text", "text": sentence}]
