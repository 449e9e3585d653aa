"""Sessions: each has a world of its own, and the same calls always give the same results."""

import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
from pydantic import JsonValue

from tests.world.residents import OpenWorld, Resident
from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.world import Worlds, WorldSource
from toolgrad_dspy.world.database import World
from toolgrad_dspy.world.sessions import fresh, template

ADDRESS: JsonValue = {"street": "Willow Walk 12", "district": "Riverside"}
STORY: list[tuple[str, dict[str, JsonValue]]] = [
    ("search_books", {"genre": "crime"}),
    ("renew_loan", {"loan_id": "ln-none"}),
    ("add_contact", {"name": "Lena Hartmann", "email": "lena@post.example", "address": ADDRESS}),
    ("find_contacts", {"name": "Lena"}),
    ("create_entry", {"title": "Walk", "date": "2026-05-30", "start": "10:00"}),
    ("create_entry", {"title": "Clash", "date": "2026-05-30", "start": "10:30"}),
    ("list_calendar", {"date_range": {"first": "2026-05-29", "last": "2026-05-31"}}),
    ("list_messages", {"limit": 3}),
]


async def tell(source: WorldSource, seed: int = 0, pause: random.Random | None = None) -> list[str]:
    async with source.session(seed) as session:
        records = []
        for tool, arguments in STORY:
            for _ in range(pause.randrange(4) if pause else 0):
                await asyncio.sleep(0)
            records.append((await session.call(ToolCall(tool=tool, arguments=arguments))).model_dump_json())
        return records


@pytest.fixture
def copy() -> Iterator[Callable[[int], World]]:
    """Makes copies of a seed's world, and closes them."""
    with ExitStack() as stack:
        yield lambda seed: stack.enter_context(closing(fresh(seed)))


def test_sessions_do_not_see_each_others_writes(world: OpenWorld) -> None:
    mine, theirs = world.resident(), world.resident()
    contact = mine("find_contacts", name="Ada Quill")["contacts"][0]["contact_id"]
    for number in range(3):
        mine("send_message", contact_id=contact, text=f"message {number}")
    assert len(mine("list_messages", contact_id=contact, limit=50)["messages"]) == 3 + len(
        theirs("list_messages", contact_id=contact, limit=50)["messages"]
    )
    # Ids count the writes of their own session only.
    sent = {
        resident("send_message", contact_id=contact, text="x")["message_id"]
        for resident in (theirs, world.resident())
    }
    assert len(sent) == 1


def test_the_same_calls_give_the_same_bytes_whatever_runs_beside_them() -> None:
    async def run() -> None:
        async with WorldSource(7) as source:
            alone = await tell(source)
            together = await asyncio.gather(*(tell(source, n, random.Random(n)) for n in range(40)))
            assert all(story == alone for story in together)
        async with WorldSource(7) as again:
            assert await tell(again) == alone
        async with WorldSource(8) as differing:
            assert await tell(differing) != alone

    asyncio.run(run())


def test_a_world_is_the_same_in_another_process() -> None:
    code = (
        "import hashlib; from toolgrad_dspy.world.sessions import template; "
        "print(hashlib.sha256(template(3)).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    other = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(template(3)).hexdigest()


def test_worlds_of_different_seeds_differ_but_are_alike(copy: Callable[[int], World]) -> None:
    assert template(1) != template(2)
    counts = [
        {t: world.number(f"SELECT count(*) FROM {t}") for t in ("place", "book", "contact", "restaurant", "event")}
        for world in (copy(1), copy(2))
    ]
    assert counts[0].keys() == counts[1].keys()
    assert counts[0]["restaurant"] == counts[1]["restaurant"] == 36


def test_every_reference_in_a_fresh_world_leads_somewhere(copy: Callable[[int], World]) -> None:
    for seed in range(10):
        assert copy(seed).rows("PRAGMA foreign_key_check") == []


def test_ids_never_repeat_within_a_kind(copy: Callable[[int], World]) -> None:
    world = copy(0)
    ids = [world.new_id("booking") for _ in range(12_000)]
    taken = [row["booking_id"] for row in world.rows("SELECT booking_id FROM booking ORDER BY booking_id")]
    assert len(set(ids + taken)) == len(ids) + len(taken)


def test_a_server_keeps_the_sessions_that_were_used_last() -> None:
    worlds = Worlds(capacity=2)
    first = worlds.get("a")
    worlds.get("b")
    assert worlds.get("a") is first
    worlds.get("c")
    assert len(worlds) == 2
    assert worlds.get("a") is first
    assert "b" not in worlds
    worlds.clear()


def test_a_call_on_a_closed_session_is_an_observation_and_on_a_closed_source_an_error() -> None:
    async def run() -> None:
        source = WorldSource()
        with pytest.raises(ToolSourceError) as unopened:
            await source.tools()
        assert unopened.value.code == "source_not_open"
        await source.open()
        async with source.session(0) as session:
            pass
        observation = await session.call(ToolCall(tool="search_places"))
        assert observation.error is not None
        assert observation.error.kind == "connection"
        await asyncio.create_task(source.close())
        await source.close()
        with pytest.raises(ToolSourceError) as closed:
            await session.call(ToolCall(tool="search_places"))
        assert closed.value.code == "source_not_open"

    asyncio.run(run())


def test_a_source_opens_again_on_another_loop() -> None:
    source = WorldSource()

    async def run() -> list[str]:
        async with source:
            return await tell(source)

    assert asyncio.run(run()) == asyncio.run(run())


def test_a_source_may_be_closed_by_another_task_than_the_one_that_opened_it() -> None:
    async def run() -> None:
        source = WorldSource()
        await asyncio.create_task(source.open())
        context = source.session(0)
        session = await asyncio.create_task(context.__aenter__())
        assert (await session.call(ToolCall(tool="list_tickets"))).error is None
        await asyncio.create_task(context.__aexit__(None, None, None))
        await asyncio.create_task(source.close())
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_text_is_the_structured_result_as_json(resident: Resident) -> None:
    observation = resident.observe("search_places", category="museum")
    assert json.loads(observation.text) == observation.content
    assert observation.latency > 0


def test_the_package_imports_without_mcp() -> None:
    code = "import sys, toolgrad_dspy, toolgrad_dspy.tools, toolgrad_dspy.records; assert 'mcp' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
