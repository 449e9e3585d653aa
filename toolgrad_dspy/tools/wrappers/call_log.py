"""Calls written down, and answered from what was written down."""

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, Self

from pydantic import TypeAdapter

from toolgrad_dspy.errors import StoreError, os_reason
from toolgrad_dspy.files import store_errors
from toolgrad_dspy.records import Observation, Record, Tool, ToolCall
from toolgrad_dspy.tools.base import Isolation, ToolSession, ToolSource
from toolgrad_dspy.tools.wrappers.base import WrappedSession, WrappedSource


class LoggedSource(Record):
    """The first line of a log: the source whose calls follow."""

    kind: Literal["source"] = "source"
    id: str
    isolation: Isolation
    tools: tuple[Tool, ...]


class LoggedCall(Record):
    """A call in the session with ``seed``, and what it gave."""

    kind: Literal["call"] = "call"
    seed: int
    call: ToolCall
    observation: Observation


_LINE: TypeAdapter[LoggedSource | LoggedCall] = TypeAdapter(LoggedSource | LoggedCall)
_LOG = "log tool calls there"


class CallLog(WrappedSource):
    """Keeps every call in ``calls``, in the order of the answers, and writes them to ``path`` (JSON Lines).

    Raises StoreError where that cannot be written.
    """

    def __init__(self, inner: ToolSource, path: Path | None = None) -> None:
        super().__init__(inner)
        self.calls: list[LoggedCall] = []
        self._path = path

    async def _opened(self) -> None:
        if self._path is not None:
            header = LoggedSource(id=self.id, isolation=self.isolation, tools=tuple(await self._inner.tools()))
            with store_errors(self._path, _LOG):
                self._path.write_text(header.model_dump_json() + "\n", encoding="utf-8")

    def _wrap(self, session: ToolSession, seed: int) -> ToolSession:
        return _LoggingSession(session, self, seed)

    def add(self, logged: LoggedCall) -> None:
        """Append a call to ``calls`` and to the file."""
        self.calls.append(logged)
        if self._path is not None:
            # Opened for each line: what was logged is on disk when the process is killed.
            with store_errors(self._path, _LOG), self._path.open("a", encoding="utf-8") as lines:
                lines.write(logged.model_dump_json() + "\n")


class _LoggingSession(WrappedSession):
    def __init__(self, inner: ToolSession, log: CallLog, seed: int) -> None:
        super().__init__(inner)
        self._log = log
        self._seed = seed

    async def call(self, call: ToolCall) -> Observation:
        observation = await self._inner.call(call)
        self._log.add(LoggedCall(seed=self._seed, call=call, observation=observation))
        return observation


class Replay(ToolSource):
    """Answers calls from a log, and nothing else.

    A session gives what the logged session with its seed got: equal calls get their answers in the order in which
    they were logged, and the last answer is repeated from then on. A call that is not in the log is an observation of
    kind ``connection``, or ``unknown_tool`` where it is of no tool of the log.
    """

    def __init__(
        self, id: str, tools: Iterable[Tool], calls: Iterable[LoggedCall], isolation: Isolation = "session"
    ) -> None:
        self.id = id
        self.isolation = isolation
        self._tools = list(tools)
        self._calls: dict[int, list[LoggedCall]] = defaultdict(list)
        for logged in calls:
            self._calls[logged.seed].append(logged)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The log that :class:`CallLog` wrote. Raises StoreError (``unreadable_file``, ``not_a_call_log``)."""
        try:
            # Not splitlines(), which also ends a line at what JSON leaves as it is in a text, such as U+2028.
            lines = path.read_text(encoding="utf-8").split("\n")
            header, *calls = [_LINE.validate_json(line) for line in lines if line]
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {os_reason(error)}", code="unreadable_file") from error
        except ValueError as error:  # pydantic's, a decoding error, or no first line to unpack
            raise StoreError(f"{path} is not a log of tool calls; log them again", code="not_a_call_log") from error
        if not isinstance(header, LoggedSource):
            raise StoreError(
                f"{path} does not begin with the source of its calls; log them again", code="not_a_call_log"
            )
        return cls(
            header.id, header.tools, [line for line in calls if isinstance(line, LoggedCall)], header.isolation
        )

    async def tools(self) -> list[Tool]:
        return list(self._tools)

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator[ToolSession]:
        yield _ReplaySession(self._calls.get(seed, []), frozenset(tool.name for tool in self._tools))


class _ReplaySession(ToolSession):
    def __init__(self, calls: Iterable[LoggedCall], known: frozenset[str]) -> None:
        self._known = known
        self._answers: dict[str, deque[Observation]] = defaultdict(deque)
        for logged in calls:
            self._answers[_key(logged.call)].append(logged.observation)

    async def call(self, call: ToolCall) -> Observation:
        answers = self._answers.get(_key(call))
        if not answers and call.tool not in self._known:
            return Observation.failure("unknown_tool", f"there is no tool {call.tool!r}")
        if not answers:
            return Observation.failure("not_permitted", "this call is not in the log")
        # The last one stays: a program that asks once more than was logged gets what it got before.
        return answers.popleft() if len(answers) > 1 else answers[0]


def _key(call: ToolCall) -> str:
    return json.dumps([call.tool, call.arguments], sort_keys=True)
