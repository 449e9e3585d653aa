"""A server that dies during a call: the call is made again, and a crash is told as what it is."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.mcp_helpers import script
from tests.support.scripted_model import ScriptedModels, call, propose, reference, select, write
from tests.support.toys import grow
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.program.branch import Branch
from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.records import Observation, Session, ToolCall
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tools.mcp import McpSource

BOOK = call("book_room", room_id="rm-305", guest="Ann Lee", nights=2)
SHOWN = call("get_room", room_id=reference("s1", "/room_id"))


def rooms(*options: str, **settings: Any) -> McpSource:
    settings = {"isolation": "session", "allow_writes": True, **settings}
    return McpSource("rooms", script("rooms", *options), **settings)


def grown(source: McpSource) -> Session:
    """A session that books a room, and then shows the room."""
    models = ScriptedModels(
        proposer=[propose([BOOK]), propose([SHOWN])],
        selector=[select("p1"), select("p1", "c1")],
        updater=[write("Book room Maple, rm-305, for Ann Lee for 2 nights, and show me the room.")],
    )
    return grow(source, models, iterations=2, repairs=0)


def crashes(session: Session) -> int:
    return sum(usage.failures.get("connection", 0) for usage in session.usage.tools.values())


# The session books, and once more on a fresh session; shows the room on both; and on a third without the booking.
@pytest.mark.parametrize("number", range(1, 6))
def test_a_crash_at_any_call_costs_nothing(number: int, tmp_path: Path) -> None:
    whole = grown(rooms())
    hit = grown(rooms("--at", str(number), "--count", str(tmp_path / "calls")))
    assert (whole.status, crashes(whole), crashes(hit)) == ("accepted", 0, 1)
    assert hit.sample == whole.sample
    assert hit.usage.all_tool_calls > whole.usage.all_tool_calls


def test_a_step_that_crashes_the_server_whenever_it_is_repeated_is_left_out_as_that(tmp_path: Path) -> None:
    at = ",".join(map(str, range(2, 20)))  # it works once
    session = grown(rooms("--at", at, "--count", str(tmp_path / "calls")))
    (first, *_) = session.trace.iterations
    assert "replay: book_room is left out: the server crashed when it was repeated" in first.failures[0]
    assert "another result" not in first.failures[0]
    assert 'it said: "serving | fatal: book_room met a bad page' in first.failures[0]


def test_a_call_that_crashes_the_server_twice_is_given_up(tmp_path: Path) -> None:
    session = grown(rooms("--at", "1,2", "--count", str(tmp_path / "calls")))
    (report,) = session.trace.iterations[0].reports
    (attempt,) = report.attempts
    assert attempt.verdict.outcome == "failed"
    assert "the server crashed during the call" in attempt.verdict.reason
    assert session.usage.tools["book_room"].failures == {"connection": 2}
    assert "fatal: book_room met a bad page" in session.usage.tools["book_room"].last_crash


def booking(guest: str) -> ToolCall:
    return ToolCall(tool="book_room", arguments={"room_id": "rm-305", "guest": guest, "nights": 2})


def on_a_branch(source: McpSource, use: Callable[[Branch], Any]) -> Any:
    async def main() -> Any:
        async with Library([source]) as library, Branches(library, 0, Budget(), proposals=3) as branches:
            return await use(branches.trunk)

    return asyncio.run(main())


def test_what_was_written_before_a_crash_is_there_after_it(tmp_path: Path) -> None:
    async def use(branch: Branch) -> list[Observation]:
        for guest in ("Ann Lee", "Bo Chen"):
            await branch.call(booking(guest))
        rooms = [branch.call(ToolCall(tool="get_room", arguments={"room_id": "rm-305"})) for _ in range(3)]
        return list(await asyncio.gather(*rooms))

    found = on_a_branch(rooms("--at", "4", "--count", str(tmp_path / "calls")), use)
    assert [observation.value["nights_taken"] for observation in found] == [4, 4, 4]


def test_a_session_whose_state_cannot_be_made_again_says_so(tmp_path: Path) -> None:
    """Its bookings are of the process: another one gives another result."""

    async def use(branch: Branch) -> list[Observation]:
        again = ToolCall(tool="get_room", arguments={"room_id": "rm-305"})
        return [await branch.call(booking("Ann Lee")), await branch.call(again), await branch.call(again)]

    options = ("--at", "2", "--count", str(tmp_path / "calls"), "--differs")
    booked, *lost = on_a_branch(rooms(*options), use)
    assert booked.error is None
    for observation in lost:
        assert observation.error is not None
        assert observation.error.kind == "connection"
        assert "what it held is lost" in observation.text


def test_of_a_shared_server_only_what_reads_is_sent_again(tmp_path: Path) -> None:
    async def use(branch: Branch) -> tuple[str | None, str | None]:
        read = await branch.call(ToolCall(tool="find_rooms", arguments={"beds": 4}))
        wrote = await branch.call(booking("Ann Lee"))
        return tuple(one.error and one.error.kind for one in (read, wrote))  # type: ignore[return-value]

    source = rooms("--at", "1,3", "--count", str(tmp_path / "calls"), isolation="shared")
    assert on_a_branch(source, use) == (None, "connection")
