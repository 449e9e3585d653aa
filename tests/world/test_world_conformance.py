"""The world keeps the contract of tool sources."""

import asyncio

import pytest

from toolgrad_dspy.records import ToolCall
from toolgrad_dspy.tools.conformance import CHECKS, Case, Check
from toolgrad_dspy.world import WorldSource

DAY = {"first": "2026-05-30", "last": "2026-05-30"}
CASE = Case(
    make=WorldSource,
    good=ToolCall(tool="search_places", arguments={"category": "park"}),
    failing=ToolCall(tool="get_place", arguments={"place_id": "plc-none"}),
    write=ToolCall(tool="create_entry", arguments={"title": "Walk", "date": DAY["first"], "start": "10:00"}),
    read=ToolCall(tool="list_calendar", arguments={"date_range": dict(DAY)}),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_world_keeps_the_contract_of_tool_sources(check: Check) -> None:
    asyncio.run(check(CASE))
