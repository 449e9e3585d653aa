"""The order that state asks for: found by replaying in other orders, and stored beside what values ask for."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.order import by_value, by_value_and_state, differs, shuffled
from tests.support.scripted_model import ScriptedModels, call, propose, select, write
from tests.support.servers.folders import folders
from tests.support.servers.shop import shop
from tests.support.toys import functions, grow, notebook
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ProgramConfig, ToolGrad, run_session
from toolgrad_dspy.records import Session
from toolgrad_dspy.tools import FunctionSource, Library
from toolgrad_dspy.tools.base import ToolSource


def grown(source: ToolSource, *calls: dict[str, Any]) -> Session:
    """A sample of these calls, each in an iteration and a chain of its own."""
    models = ScriptedModels(
        proposer=[propose([made]) for made in calls],
        selector=lambda prompt: select("p1"),
        updater=lambda prompt: write(" ".join(str(value) for made in calls for value in made["arguments"].values())),
    )
    session = grow(source, models, iterations=len(calls))
    assert session.sample is not None
    assert len(session.sample.workflow.steps) == len(calls), session.trace
    return session


def after(session: Session) -> dict[str, tuple[str, ...]]:
    assert session.sample is not None
    return {step.id: step.after for step in session.sample.workflow.steps if step.after}


def chains(session: Session) -> list[tuple[str, list[str]]]:
    assert session.sample is not None
    return [(chain.id, [step.id for step in chain.steps]) for chain in session.sample.workflow.chains]


def test_a_step_that_needs_what_another_wrote_comes_after_it_and_continues_its_chain() -> None:
    session = grown(folders(), call("mkdir", folder="drafts"), call("cd", folder="drafts"))
    assert after(session) == {"s2": ("s1",)}
    assert chains(session) == [("c1", ["s1", "s2"])]


def test_a_write_stays_after_a_read_that_it_would_change() -> None:
    session = grown(folders(), call("ls"), call("mkdir", folder="drafts"), call("pwd"))
    assert after(session) == {"s2": ("s1",)}
    assert chains(session) == [("c1", ["s1", "s2"]), ("c3", ["s3"])]


def test_only_what_does_not_follow_from_the_rest_is_stored() -> None:
    """The list comes after both writes, and after the first one anyway."""
    session = grown(folders(), call("mkdir", folder="drafts"), call("cd", folder="drafts"), call("pwd"))
    assert after(session) == {"s2": ("s1",), "s3": ("s2",)}


def test_writes_that_do_not_meet_are_in_no_order() -> None:
    session = grown(
        shop(), call("move_house", user_id=1, new_city="Oslo"), call("place_order", user_id=2, product_id=3)
    )
    assert after(session) == {}
    assert len(chains(session)) == 2


def test_two_writes_that_do_not_commute_are_in_order_though_neither_shows_it() -> None:
    """Where the folder is made depends on the current one, which only the list tells."""
    session = grown(folders(), call("cd", folder="reports"), call("mkdir", folder="plan.md"), call("ls"))
    assert after(session) == {"s2": ("s1",), "s3": ("s2",)}


def test_the_last_of_two_equal_settings_stays_the_last() -> None:
    session = grown(
        shop(), call("move_house", user_id=1, new_city="Oslo"), call("move_house", user_id=1, new_city="Turku")
    )
    assert after(session) == {"s2": ("s1",)}


def test_a_sample_without_writes_costs_no_call_more() -> None:
    def topic(word: str) -> dict[str, str]:
        """Find a topic."""
        return {"title": f"about {word}"}

    session = grown(functions(topic), call("topic", word="tea"), call("topic", word="rum"))
    assert session.usage.replayed_calls == 2
    assert session.sample is not None
    assert session.sample.workflow.ordered
    assert len(chains(session)) == 2


def test_one_write_among_reads_costs_a_call_for_each_other_step_and_one_more() -> None:
    session = grown(notebook(), call("find_topic", word="tea"), call("add_note", text="rum"), call("list_notes"))
    taken = 3
    without, early = 1, 2
    # The trunk was adopted with the write: no branch has repeated it.
    assert session.usage.replayed_calls == taken + without + early
    assert after(session) == {"s3": ("s2",)}


def test_on_a_source_that_cannot_be_replayed_all_stays_on_its_side_of_a_write() -> None:
    board: list[str] = []

    def read_board() -> dict[str, Any]:
        """Read the board."""
        return {"title": "board", "lines": list(board)}

    def pin(text: str) -> dict[str, Any]:
        """Pin a line to the board."""
        board.append(text)
        return {"pinned": text}

    def count(word: str) -> dict[str, Any]:
        """Count letters."""
        return {"letters": 1000 + len(word)}

    source = FunctionSource("board", [read_board, pin, count], writes=["pin"])
    session = grown(
        source,
        call("read_board"),
        call("count", word="tea"),
        call("pin", text="rum"),
        call("count", word="coffee"),
        call("pin", text="milk"),
    )
    assert session.usage.replayed_calls == 0
    assert after(session) == {"s3": ("s1", "s2"), "s4": ("s3",), "s5": ("s4",)}


def test_where_the_order_takes_too_many_calls_each_step_comes_after_the_one_before_it() -> None:
    def make(seed: int) -> list[Callable[..., Any]]:
        total = [0]

        def add(number: int) -> dict[str, Any]:
            """Add a number."""
            total[0] += number
            return {"total": 1000 + total[0]}

        return [add]

    source = FunctionSource("sums", make, isolation="session", writes=["add"])
    session = grown(source, *(call("add", number=number) for number in range(20, 35)))
    assert after(session) == {f"s{number}": (f"s{number - 1}",) for number in range(2, 16)}
    assert len(session.trace.notes) == 1


@pytest.mark.parametrize("source", [folders, shop])
def test_samples_give_the_same_results_in_any_order_that_their_steps_allow(source: Callable[[], ToolSource]) -> None:
    async def main() -> tuple[int, int]:
        async with Library([source()]) as library:
            program = ToolGrad(library, Models.from_environment(), ProgramConfig())
            sessions = [await run_session(program, 0, index) for index in range(5)]
            by_values = [await differs(library, session, by_value, 4) for session in sessions]
            by_both = [await differs(library, session, by_value_and_state, 4) for session in sessions]
        return sum(by_values), sum(by_both)

    by_values, by_both = asyncio.run(main())
    assert by_values >= 3, "else there is nothing to find"
    assert by_both == 0


def test_a_random_order_keeps_what_is_needed_first() -> None:
    session = grown(folders(), call("mkdir", folder="drafts"), call("cd", folder="drafts"), call("pwd"))
    assert session.sample is not None
    steps = session.sample.workflow.steps
    needs = {step.id: step.depends_on for step in steps}
    assert {tuple(s.id for s in shuffled(steps, needs, random.Random(n))) for n in range(9)} == {("s1", "s2", "s3")}
