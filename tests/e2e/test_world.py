"""The whole loop on the world over each transport: the same samples, whatever carries the calls."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import JsonValue

from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, run_sessions
from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.runs import canonical
from toolgrad_dspy.tools import Library, ToolSource
from toolgrad_dspy.tools.mcp.config import load_mcp_config
from toolgrad_dspy.tools.mcp.source import McpSource
from toolgrad_dspy.tools.mcp.targets import HttpTarget, StdioTarget
from toolgrad_dspy.world import SESSION_HEADER, WorldSource

SEED = 3
SESSIONS = 4


async def samples(source: ToolSource) -> list[str]:
    """Four samples on ``source``, as they would be stored."""
    async with Library([source]) as library:
        program = ToolGrad(library, Models.from_environment(), ProgramConfig(iterations=4))
        sessions = await run_sessions(program, draw(0, SESSIONS, 0, 0).train, max_concurrency=2)
    assert [session.status for session in sessions] == ["accepted"] * SESSIONS
    return [canonical(session.sample) for session in sessions if session.sample is not None]


def in_process() -> list[str]:
    return asyncio.run(samples(WorldSource(SEED)))


@asynccontextmanager
async def served_over_http() -> AsyncIterator[str]:
    """The world's command, serving HTTP on a free loopback port; its URL."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "toolgrad_dspy.world", "--http", "--port", "0", "--seed", str(SEED)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            while b"http://" not in (line := await process.stderr.readline()):
                assert line, "the server says where it listens"
        yield next(word for word in line.decode().split() if word.startswith("http://"))
    finally:
        process.terminate()
        await process.communicate()


@pytest.mark.slow
def test_over_stdio_a_process_for_every_session_gives_the_same_samples_as_in_process() -> None:
    target = StdioTarget(sys.executable, ("-m", "toolgrad_dspy.world", "--seed", str(SEED)))
    source = McpSource("world", target, isolation="session", allow_writes=True)
    assert asyncio.run(samples(source)) == in_process()


@pytest.mark.slow
def test_over_http_sessions_that_name_themselves_give_the_same_samples_as_in_process() -> None:
    async def run() -> list[str]:
        async with served_over_http() as url:
            target = HttpTarget(url, {SESSION_HEADER: "${SESSION}"})
            return await samples(McpSource("world", target, isolation="session"))

    assert asyncio.run(run()) == in_process()


def test_two_sessions_over_http_do_not_see_each_others_writes(tmp_path: Path) -> None:
    async def run() -> None:
        async with served_over_http() as url:
            entry = {"url": url, "headers": {SESSION_HEADER: "${SESSION}"}, "isolation": "session"}
            (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"world": entry}}))
            async with Library(load_mcp_config(tmp_path / "servers.json").sources()) as library:
                walk: dict[str, JsonValue] = {"title": "Walk", "date": "2026-05-30", "start": "10:00"}
                enter = ToolCall(tool="create_entry", arguments=walk)
                async with library.session(1) as first, library.session(1) as second:
                    assert (await first.call(enter)).error is None
                    assert (await second.call(enter)).error is None
                    assert (await second.call(enter)).error is not None

    asyncio.run(run())
