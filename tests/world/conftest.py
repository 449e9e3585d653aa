"""A resident who uses the world's tools in process, one session for each test."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from toolgrad_dspy.records import Observation, Tool, ToolCall
from toolgrad_dspy.tools import ToolSession
from toolgrad_dspy.world import WorldSource


class Resident:
    """Calls tools of one session, from synchronous tests."""

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

    def refused(self, tool: str, **arguments: Any) -> str:
        """The message of a call that the tool has to refuse."""
        observation = self.observe(tool, **arguments)
        assert observation.error is not None, observation.text
        assert observation.error.kind == "tool", observation.error
        return observation.error.message


class World:
    """An open source of one seed and the loop it lives on."""

    def __init__(self, runner: asyncio.Runner, source: WorldSource) -> None:
        self.runner = runner
        self.source = source
        self.tools: list[Tool] = runner.run(source.tools())
        self._sessions: list[Any] = []

    def resident(self) -> Resident:
        context = self.source.session(0)
        resident = Resident(self.runner, self.runner.run(context.__aenter__()))
        self._sessions.append(context)
        return resident

    def leave(self) -> None:
        while self._sessions:
            self.runner.run(self._sessions.pop().__aexit__(None, None, None))


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def _world(runner: asyncio.Runner) -> Iterator[World]:
    source = WorldSource()
    runner.run(source.open())
    yield World(runner, source)
    runner.run(source.close())


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    yield _world
    _world.leave()


@pytest.fixture
def resident(world: World) -> Resident:
    return world.resident()
