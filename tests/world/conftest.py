"""An open world, and a resident with a session of its own for each test."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.world.residents import OpenWorld, Resident
from toolgrad_dspy.world import WorldSource


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def _world(runner: asyncio.Runner) -> Iterator[OpenWorld]:
    source = WorldSource()
    runner.run(source.open())
    yield OpenWorld(runner, source)
    runner.run(source.close())


@pytest.fixture
def world(_world: OpenWorld) -> Iterator[OpenWorld]:
    yield _world
    _world.leave()


@pytest.fixture
def resident(world: OpenWorld) -> Resident:
    return world.resident()
