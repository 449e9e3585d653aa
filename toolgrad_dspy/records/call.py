"""One tool call, its result, and whether that was a success."""

from functools import lru_cache
from typing import Literal, Self

from pydantic import Field, JsonValue
from pydantic_core import from_json

from toolgrad_dspy.records.base import OutsideData, OutsideObject, OutsideText, Record

ErrorKind = Literal[
    "tool",  # the tool reports a failure (MCP isError, a raised exception)
    "http",  # an HTTP status of 400 and above
    "invalid_arguments",  # the arguments do not fit the tool's schema, or the source refuses them
    "unknown_tool",
    "not_permitted",  # a guard of ours refused the call, nothing was sent
    "timeout",
    "connection",  # the server crashed, or went away in another manner, during the call
    "protocol",  # the server answered, but with what is no message, or no result
    "too_large",  # the result has more bytes than the source takes
]

OutcomeKind = Literal[
    "ok",
    "failed",
    "empty",  # a success without content
]


class ToolCall(Record):
    """A call with concrete arguments."""

    tool: str
    arguments: OutsideObject = {}


class ToolError(Record):
    """Why a call gave no result. ``status`` is the HTTP status where there is one."""

    kind: ErrorKind
    message: OutsideText
    status: int | None = None


class Observation(Record):
    """The result of a call. Trouble with a tool is an observation too, never an exception.

    ``content`` is the structured result where the source has one (else None), ``text`` what a model sees.
    ``latency`` is in seconds. It is not stored with the record, so that two runs of one seed store the same bytes;
    the trace keeps it. ``simulated`` marks a result that no real tool produced.
    """

    content: OutsideData = None
    text: OutsideText
    error: ToolError | None = None
    simulated: bool = False
    latency: float = Field(default=0.0, exclude=True)

    def __eq__(self, other: object) -> bool:
        """Equal when both would be stored alike: the latency of a call is not part of its result."""
        if not isinstance(other, Observation):
            return NotImplemented
        return self._stored() == other._stored()

    def __hash__(self) -> int:
        # Pydantic's own would take in the latency. As with every record, one with a list or an object has none.
        return hash(self._stored())

    def _stored(self) -> tuple[object, ...]:
        return self.content, self.text, self.error, self.simulated

    @classmethod
    def failure(
        cls,
        kind: ErrorKind,
        message: str,
        *,
        latency: float = 0.0,
        status: int | None = None,
        simulated: bool = False,
    ) -> Self:
        """A call that gave no result: ``message`` is both the error's and what a model sees.

        >>> Observation.failure("timeout", "no answer within 5 s").error.kind
        'timeout'
        """
        error = ToolError(kind=kind, message=message, status=status)
        return cls(text=message, error=error, latency=latency, simulated=simulated)

    @property
    def value(self) -> JsonValue:
        """The result as data: the structured content, else the text parsed as JSON, else the text itself.

        JSON Pointers into a result (references, argument origins) point into this value. Text with a ``NaN``, a
        lone surrogate or more than some 200 levels stays text: it could not be compared, stored or walked.
        """
        if self.content is not None:
            return self.content
        if self.text.lstrip()[:1] in ("{", "["):
            try:
                return _parsed(self.text) if len(self.text) > _LONG else _parsed.__wrapped__(self.text)
            except ValueError:
                return self.text
        return self.text

    @property
    def is_large(self) -> bool:
        """Whether there is so much in it that going through all of it should not keep an event loop waiting."""
        return len(self.text) > _LARGE_CHARS or not _is_small(self.content)


def _is_small(value: JsonValue) -> bool:
    """Whether there is not much in ``value``: found out by looking at no more than that."""
    waiting, seen = [value], 0
    while waiting and seen < _LARGE_NODES:
        here = waiting.pop()
        if isinstance(here, dict | list):
            seen += len(here)
            if seen < _LARGE_NODES:
                waiting.extend(here.values() if isinstance(here, dict) else here)
        elif isinstance(here, str):
            seen += len(here) // 40
    return seen < _LARGE_NODES


_LARGE_CHARS, _LARGE_NODES = 200_000, 5_000
# A text that is longer is parsed once while it is in use: it is asked for dozens of times.
_LONG = 10_000


@lru_cache(maxsize=8)
def _parsed(text: str) -> JsonValue:
    value: JsonValue = from_json(text.strip(), allow_inf_nan=False)
    return value


class Verdict(Record):
    """Whether an observation counts as a success, the rule that decided, and why."""

    outcome: OutcomeKind
    rule: str
    reason: str = ""
