"""The same world over stdio and HTTP as in process, and what is isolated over each."""

import asyncio
import json
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import TextContent

from toolgrad_dspy.world import SESSION_HEADER, SESSION_META, Worlds, build_server

STORY: list[tuple[str, dict[str, Any]]] = [
    ("search_places", {"category": "museum"}),
    ("get_place", {"place_id": "plc-none"}),
    ("find_contacts", {"name": "Ada Quill"}),
    ("create_entry", {"title": "Walk", "date": "2026-05-30", "start": "10:00"}),
    ("create_entry", {"title": "Clash", "date": "2026-05-30", "start": "10:30"}),
    ("get_forecast", {"district": "Atlantis"}),
    ("list_calendar", {"date_range": {"first": "2026-05-30", "last": "2026-05-30"}}),
]


async def tell(client: Client, meta: Any = None) -> list[str]:
    results = [await client.call_tool(tool, arguments, meta=meta) for tool, arguments in STORY]
    return [
        json.dumps([r.is_error, r.structured_content, [b.text for b in r.content if isinstance(b, TextContent)]])
        for r in results
    ]


async def in_process() -> tuple[list[str], list[dict[str, Any]]]:
    worlds = Worlds(3)
    async with Client(build_server(worlds)) as client:
        tools = [tool.model_dump(mode="json") for tool in (await client.list_tools()).tools]
        results = await tell(client)
    worlds.clear()
    return results, tools


@asynccontextmanager
async def http_server() -> AsyncIterator[str]:
    """The server of seed 3 on a free loopback port."""
    worlds = Worlds(3, capacity=8)
    app = build_server(worlds).streamable_http_app()
    # With the protocol named, asyncio turns Nagle's algorithm off; without, every answer is 40 ms late.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            await task
            worlds.clear()


def test_stdio_gives_the_same_tools_and_results_as_in_process() -> None:
    async def run() -> None:
        expected, tools = await in_process()
        command = StdioServerParameters(command=sys.executable, args=["-m", "toolgrad_dspy.world", "--seed", "3"])
        async with Client(command) as client:
            assert [tool.model_dump(mode="json") for tool in (await client.list_tools()).tools] == tools
            assert await tell(client) == expected

    asyncio.run(run())


def test_http_isolates_the_sessions_that_a_client_names() -> None:
    async def run() -> None:
        expected, _ = await in_process()
        async with http_server() as url:
            async with Client(url) as client:
                for name in ("a", "b"):
                    assert await tell(client, meta={SESSION_META: name}) == expected
            async with (
                create_mcp_http_client(headers={SESSION_HEADER: "c"}) as headers,
                Client(streamable_http_client(url, http_client=headers)) as client,
            ):
                assert await tell(client) == expected
                assert await tell(client) != expected

    asyncio.run(run())


def test_http_without_a_session_name_shares_one_world_unless_the_protocol_has_sessions() -> None:
    async def run() -> None:
        expected, _ = await in_process()
        async with http_server() as url:
            async with Client(url) as first:
                assert await tell(first) == expected
            async with Client(url) as second:
                assert await tell(second) != expected
            for _ in range(2):
                async with Client(url, mode="legacy") as client:
                    assert await tell(client) == expected

    asyncio.run(run())


def test_the_command_serves_http_on_loopback() -> None:
    async def run() -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "toolgrad_dspy.world", "--http", "--port", str(port), "--seed", "3",
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    await writer.wait_closed()
                    break
            async with Client(f"http://127.0.0.1:{port}/mcp") as client:
                assert await tell(client) == (await in_process())[0]
        finally:
            process.terminate()
            await process.wait()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_building_a_server_leaves_the_applications_logging_alone() -> None:
    before = (logging.getLogger().handlers[:], logging.getLogger().level)
    build_server(Worlds())
    assert (logging.getLogger().handlers, logging.getLogger().level) == before
