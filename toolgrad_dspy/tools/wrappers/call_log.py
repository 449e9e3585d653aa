"""Calls written down, and answered from what was written down."""

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, Self

from pydantic import TypeAdapter, ValidationError

from toolgrad_dspy.errors import StoreError, os_reason
from toolgrad_dspy.records import Observation, Record, Tool, ToolCall
from toolgrad_dspy.tools.base import Isolation, ToolSession, ToolSource
from toolgrad_dspy.tools.wrappers.base import WrappedSession, WrappedSource


class LoggedSource(Record):
    """The first line of a recording."""

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


class CallLog(WrappedSource):
    """Keeps every call in ``calls``, in the order of the answers, and writes them to ``path`` (JSON Lines)."""

    def __init__(self, inner: ToolSource, path: Path | None = None) -> None:
        super().__init__(inner)
        self.calls: list[LoggedCall] = []
        self._path = path

    async def open(self) -> None:
        await self._inner.open()
        if self._path is not None:
            header = LoggedSource(id=self.id, isolation=self.isolation, tools=tuple(await self._inner.tools()))
            self._path.write_text(header.model_dump_json() + "\n", encoding="utf-8")

    def _wrap(self, session: ToolSession, seed: int) -> ToolSession:
        return _RecordingSession(session, self, seed)

    def add(self, recorded: LoggedCall) -> None:
        self.calls.append(recorded)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as lines:
                lines.write(recorded.model_dump_json() + "\n")


class _RecordingSession(WrappedSession):
    def __init__(self, inner: ToolSession, recording: CallLog, seed: int) -> None:
        super().__init__(inner)
        self._recording = recording
        self._seed = seed

    async def call(self, call: ToolCall) -> Observation:
        observation = await self._inner.call(call)
        self._recording.add(LoggedCall(seed=self._seed, call=call, observation=observation))
        return observation


class Replay(ToolSource):
    """Answers calls from a recording, and nothing else.

    A session gives what the session with its seed got: equal calls get their answers in the order they were
    recorded, the last of them again and again. A call that was not recorded is an observation of kind
    ``connection``.
    """

    def __init__(
        self, id: str, tools: Iterable[Tool], calls: Iterable[LoggedCall], isolation: Isolation = "session"
    ) -> None:
        self.id = id
        self.isolation = isolation
        self._tools = list(tools)
        self._calls: dict[int, list[LoggedCall]] = defaultdict(list)
        for recorded in calls:
            self._calls[recorded.seed].append(recorded)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The recording that :class:`CallLog` wrote. Raises StoreError."""
        try:
            head, *calls = [_LINE.validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {os_reason(error)}") from error
        except (ValidationError, ValueError) as error:
            raise StoreError(f"{path} is not a recording of tool calls; record it again") from error
        if not isinstance(head, LoggedSource):
            raise StoreError(f"{path} does not begin with the source it was recorded from; record it again")
        return cls(head.id, head.tools, [line for line in calls if isinstance(line, LoggedCall)], head.isolation)

    async def tools(self) -> list[Tool]:
        return list(self._tools)

    @asynccontextmanager
    async def session(self, seed: int) -> AsyncIterator[ToolSession]:
        yield _ReplaySession(self._calls.get(seed, []))


class _ReplaySession(ToolSession):
    def __init__(self, calls: Iterable[LoggedCall]) -> None:
        self._answers: dict[str, deque[Observation]] = defaultdict(deque)
        for recorded in calls:
            self._answers[_key(recorded.call)].append(recorded.observation)

    async def call(self, call: ToolCall) -> Observation:
        answers = self._answers.get(_key(call))
        if not answers:
            return Observation.failure("connection", "this call is not in the recording")
        return answers.popleft() if len(answers) > 1 else answers[0]


def _key(call: ToolCall) -> str:
    return json.dumps([call.tool, call.arguments], sort_keys=True)
