"""Tool sessions of one sample: what is tried beside the accepted steps leaves no mark."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModels, call, propose, reference, repair, select, write
from tests.support.toys import grow, lottery, notebook
from toolgrad_dspy.lm.calls.budget import Budget
from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.records import Session, ToolCall
from toolgrad_dspy.tools import FunctionSource, Library
from toolgrad_dspy.tools.base import ToolSession


def ping() -> str:
    """Answer."""
    return "pong"


def results(session: Session) -> list[Any]:
    assert session.sample is not None
    return [step.observation.value for step in session.sample.workflow.steps]


def test_a_write_that_was_not_chosen_is_invisible_later() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("add_note", text="left")], [call("add_note", text="right")]),
            propose([call("list_notes")]),
        ],
        selector=[select("p2"), select("p1", "c1")],
        updater=[write("Note down right and show me all notes.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert results(session)[1] == {"notes": [{"note_id": "note_1001", "text": "right"}]}


def test_the_chosen_branch_goes_on_and_each_step_is_repeated_once_as_it_is_taken() -> None:
    log: list[str] = []
    models = ScriptedModels(
        proposer=[propose([call("add_note", text="milk")]), propose([call("list_notes")])],
        selector=[select("p1"), select("p1", "c1")],
        updater=[write("Note down milk and show me all notes.")],
    )
    session = grow(notebook(log), models, iterations=2)
    assert session.status == "accepted", session.reason
    # Once for the sample, and once more when it was taken; at last the list without the note.
    assert log == ["add_note", "add_note", "list_notes", "list_notes", "list_notes"]
    assert (session.usage.tool_calls, session.usage.replayed_calls) == (2, 3)


def test_a_second_writing_proposal_sees_the_accepted_writes() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("add_note", text="milk")]),
            propose([call("list_notes")], [call("add_note", text="eggs"), call("list_notes")]),
        ],
        selector=[select("p1"), select("p2", "c1")],
        updater=[write("Note down milk, then eggs, and show me all notes.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert [note["text"] for note in results(session)[2]["notes"]] == ["milk", "eggs"]
    assert [note["text"] for note in results_of(session, 2, "p1")["notes"]] == ["milk"]


def results_of(session: Session, iteration: int, proposal: str) -> Any:
    reports = session.trace.iterations[iteration - 1].reports
    report = next(report for report in reports if report.proposal == proposal)
    assert report.attempts[-1].observation is not None
    return report.attempts[-1].observation.value


@pytest.mark.parametrize("tool", ["add_note", "clumsy_add"])
def test_a_write_that_a_chosen_report_discarded_or_that_failed_does_not_stay(tool: str) -> None:
    # The first draft's write is discarded: it fails (clumsy_add has written by then) and is mended by a look-up.
    failing = call(tool, text="refused" if tool == "add_note" else "half-written")
    models = ScriptedModels(
        proposer=[propose([failing, call("find_topic", word="tea")]), propose([call("list_notes")])],
        executor=[repair(call("find_topic", word="coffee"))],
        selector=[select("p1"), select("p1", "c1")],
        updater=[write("Find topics for coffee and tea, and show me all notes.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert results(session)[-1] == {"notes": []}


def test_a_call_that_saw_a_discarded_write_is_left_out_and_can_be_made_again() -> None:
    ghost = propose([call("clumsy_add", text="ghost"), call("list_notes")])
    models = ScriptedModels(
        proposer=[ghost, propose([call("add_note", text="milk"), call("list_notes")])],
        executor=[repair(call("list_notes"))],
        selector=[select("p1"), select("p1")],
        updater=[write("Note down milk and show me all notes.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    (failure,) = session.trace.iterations[0].failures
    assert "list_notes" in failure
    assert session.trace.iterations[0].added == ()
    assert [note["text"] for note in results(session)[1]["notes"]] == ["milk"]


def test_a_tool_of_a_shared_source_is_not_replayed() -> None:
    models = ScriptedModels(
        proposer=[propose([call("draw_lot")])], selector=[select("p1")], updater=[write("Draw me a lot.")]
    )
    session = grow(lottery("shared"), models)
    assert session.status == "accepted", session.reason
    assert results(session) == [{"lot_id": 5000}]
    assert session.usage.replayed_calls == 0


def test_an_empty_report_of_writes_is_accepted_like_any_other() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("list_notes")]),
            propose([call("read_note", note_id=reference("s1", "/notes/0/note_id"))]),
        ],
        selector=[select("p1")],
        updater=[write("Show me all notes.")],
    )
    session = grow(notebook(), models, iterations=2, repairs=0)
    assert session.status == "accepted", session.reason
    assert session.trace.iterations[0].reports[0].outcome == "empty"
    failed = session.trace.iterations[1].reports[0]
    assert failed.outcome == "failed"
    assert failed.attempts[0].verdict.rule == "reference"
    assert "/notes/0" in failed.reason


def test_a_session_that_fails_to_close_does_not_keep_the_others_open() -> None:
    closed: list[int] = []

    class Failing(FunctionSource):
        @asynccontextmanager
        async def session(self, seed: int) -> AsyncIterator[ToolSession]:
            async with super().session(seed) as session:
                yield session
                closed.append(len(closed) + 1)
                if len(closed) == 1:
                    raise OSError("the first does not close")

    async def use_three(library: Library) -> None:
        async with Branches(library, 0, Budget(), 3) as branches:
            for branch in (branches.trunk, await branches.branch([]), await branches.branch([])):
                await branch.call(ToolCall(tool="ping"))

    async def main() -> None:
        async with Library([Failing("s", [ping], writes=[])]) as library:
            with pytest.raises(OSError, match="the first"):
                await use_three(library)

    asyncio.run(main())
    assert closed == [1, 2, 3]
