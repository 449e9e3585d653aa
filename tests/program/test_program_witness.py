"""Steps are repeated as they are taken: what varies is noted, and what cannot be repeated is left out alone."""

import itertools
from collections.abc import Callable
from typing import Any

from tests.support.scripted_model import ScriptedModels, call, propose, reference, select, write
from tests.support.toys import grow
from toolgrad_dspy.records import Session, Step
from toolgrad_dspy.tools import FunctionSource


def steps(session: Session) -> tuple[Step, ...]:
    assert session.sample is not None
    return session.sample.workflow.steps


def desk(ran: list[str] | None = None) -> FunctionSource:
    """Tickets under ids that no two sessions share, as a server draws them at random, and a clock that goes on."""
    log = [] if ran is None else ran
    drawn, seconds = itertools.count(0x7F3A09C1, 7919), itertools.count(10)

    def make(seed: int) -> list[Callable[..., Any]]:
        tickets: dict[str, str] = {}

        def open_ticket(text: str) -> dict[str, Any]:
            """Open a ticket."""
            log.append("open_ticket")
            ticket = f"t_{next(drawn):x}"
            tickets[ticket] = text
            return {"ticket_id": ticket, "opened": f"2026-11-27 10:00:{next(seconds)}"}

        def change_ticket(ticket_id: str, text: str) -> dict[str, Any]:
            """Change the text of a ticket."""
            log.append("change_ticket")
            if ticket_id not in tickets:
                raise LookupError(f"there is no ticket {ticket_id}")
            tickets[ticket_id] = text
            return {"changed": True}

        def list_tickets() -> dict[str, Any]:
            """List all tickets."""
            log.append("list_tickets")
            return {"tickets": [{"ticket_id": name, "text": text} for name, text in tickets.items()]}

        def roll_dice() -> dict[str, Any]:
            """Roll two dice, and write the sum into a new ticket."""
            log.append("roll_dice")
            total = next(drawn) % 11 + 2
            tickets[f"t_{next(drawn):x}"] = str(total)
            return {"total": total}

        def forecast() -> dict[str, Any]:
            """Tell the weather."""
            return {"sky": f"{next(drawn) % 100} clouds", "air": "mild"}

        return [open_ticket, change_ticket, list_tickets, roll_dice, forecast]

    return FunctionSource("desk", make, isolation="session", writes=["open_ticket", "change_ticket", "roll_dice"])


def test_random_ids_and_times_are_volatile_and_later_calls_are_repeated_with_those_of_the_session() -> None:
    changing = call("change_ticket", ticket_id=reference("s1", "/ticket_id"), text="rain")
    models = ScriptedModels(
        proposer=[propose([call("open_ticket", text="snow")]), propose([changing]), propose([call("list_tickets")])],
        selector=[select("p1"), select("p1", "c1"), select("p1", "c1")],
        updater=[write("Open a ticket about snow, make it rain, and show me all.")],
    )
    session = grow(desk(), models, iterations=3)
    assert session.status == "accepted", session.reason
    opened, changed, listed = steps(session)
    assert opened.volatile == ("/ticket_id", "/opened")
    # The trunk has drawn another id by now: what it gives is read with the sample's.
    ticket = opened.observation.value["ticket_id"]  # type: ignore[call-overload, index]
    assert listed.observation.value == {"tickets": [{"ticket_id": ticket, "text": "rain"}]}
    assert changed.call.arguments["ticket_id"] == ticket
    assert [failure for iteration in session.trace.iterations for failure in iteration.failures] == []


def test_a_call_that_gives_something_else_is_left_out_alone_and_the_trunk_has_not_its_write() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("roll_dice"), call("open_ticket", text="snow")]),
            propose([call("list_tickets")]),
        ],
        selector=[select("p1"), select("p1", "c1")],
        updater=[write("Open a ticket about snow, and show me all.")],
    )
    session = grow(desk(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert [step.call.tool for step in steps(session)] == ["open_ticket", "list_tickets"]
    assert [row["text"] for row in steps(session)[1].observation.value["tickets"]] == ["snow"]  # type: ignore[call-overload, index, union-attr]
    first = session.trace.iterations[0]
    assert first.added == ("s1",)
    assert "roll_dice" in first.failures[0]
    assert [attempt.kept for attempt in first.reports[0].attempts] == [False, True]


def test_what_uses_the_result_of_a_call_that_cannot_be_repeated_is_left_out_with_it() -> None:
    rolled = call("open_ticket", text=reference("#1", "/sky"))
    models = ScriptedModels(
        proposer=[propose([call("forecast"), rolled, call("open_ticket", text="snow")])],
        selector=[select("p1")],
        updater=[write("Open a ticket about snow.")],
    )
    session = grow(desk(), models)
    assert session.status == "accepted", session.reason
    assert [step.call.arguments for step in steps(session)] == [{"text": "snow"}]
    assert len(session.trace.iterations[0].failures) == 2


def test_a_call_that_cannot_be_repeated_is_not_tried_again_and_the_proposer_is_told() -> None:
    models = ScriptedModels(proposer=[propose([call("forecast")])] * 2, selector=[select("p1")])
    session = grow(desk(), models, iterations=2, repairs=0)
    assert session.status == "failed"
    assert "forecast" in session.reason
    assert "forecast" in models.prompts("proposer")[1].inputs["failed"]
    assert session.trace.iterations[1].reports[0].attempts[0].observation is None


def test_what_one_session_has_found_does_not_decide_what_another_stores() -> None:
    """Two sessions of one program, of which only the first meets a clock that goes on between two calls."""
    ticks = iter([10, 11, 12, 12])

    def make(seed: int) -> list[Callable[..., Any]]:
        def now() -> dict[str, Any]:
            """Tell the time."""
            return {"zone": "Europe/Berlin", "time": f"10:00:{next(ticks)}"}

        return [now]

    source = FunctionSource("clock", make, isolation="session", writes=[])
    stored = []
    for _ in range(2):
        models = ScriptedModels(
            proposer=[propose([call("now")])], selector=[select("p1")], updater=[write("What time is it?")]
        )
        stored.append(steps(grow(source, models))[0].volatile)
    assert stored == [("/time",), ()]
