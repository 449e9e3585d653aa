"""Residents, who use the world's tools in process and from synchronous tests."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Self

from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import ToolSession
from toolgrad_dspy.world import WorldSource
from toolgrad_dspy.world.errors import WorldError


@dataclass(frozen=True, slots=True)
class Refusal:
    """The kind of a refusal, which is the ``label`` of a class in ``world/errors.py``, and its text."""

    kind: type[WorldError]
    text: str

    @classmethod
    def read(cls, message: str) -> Self:
        label, _, text = message.partition(": ")
        return cls(KINDS[label], text)


KINDS: dict[str, type[WorldError]] = {kind.label: kind for kind in WorldError.__subclasses__()}


class Resident:
    """Calls the tools of one session."""

    def __init__(self, runner: asyncio.Runner, session: ToolSession) -> None:
        self._runner = runner
        self._session = session

    def observe(self, tool: str, **arguments: Any) -> Observation:
        return self._runner.run(self._session.call(ToolCall(tool=tool, arguments=arguments)))

    def __call__(self, tool: str, **arguments: Any) -> Any:
        """The structured result of a call that has to succeed."""
        observation = self.observe(tool, **arguments)
        assert observation.error is None, observation.error
        return observation.content

    def refused(self, tool: str, **arguments: Any) -> "Refusal":
        """How the tool refuses a call that it has to refuse."""
        observation = self.observe(tool, **arguments)
        assert observation.error is not None, observation.text
        assert observation.error.kind == "tool", observation.error
        return Refusal.read(observation.error.message)


class OpenWorld:
    """An open source, and the loop on which it was opened; it makes residents, each with a session of its own."""

    def __init__(self, runner: asyncio.Runner, source: WorldSource) -> None:
        self.runner = runner
        self.source = source
        self.tools: list[Tool] = runner.run(source.tools())
        self._sessions: list[AbstractAsyncContextManager[ToolSession]] = []

    def resident(self) -> Resident:
        context = self.source.session(0)
        resident = Resident(self.runner, self.runner.run(context.__aenter__()))
        self._sessions.append(context)
        return resident

    def leave(self) -> None:
        while self._sessions:
            self.runner.run(self._sessions.pop().__aexit__(None, None, None))
