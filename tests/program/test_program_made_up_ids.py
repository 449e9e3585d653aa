"""Ids that come from nowhere, and templates in place of values: such a call is not sent, and the report says why."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue

from tests.support.scripted_model import ScriptedModels, call, propose, reference, repair, select, write
from tests.support.toys import functions, grow, notebook
from toolgrad_dspy.cli.show import session_lines
from toolgrad_dspy.json_schema import accepts, compile_schema
from toolgrad_dspy.lm.schemas import held
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.program.known_ids import KnownIds
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.made_up import id_parameters
from toolgrad_dspy.provenance.origins import KNOWN_IDS, LONGEST_ID, EarlierResult
from toolgrad_dspy.records import Observation, Session, Verdict
from toolgrad_dspy.rendering import ToolLines
from toolgrad_dspy.tools import FunctionSource, Library


class Place(BaseModel):
    place_id: str
    title: str


class Places(BaseModel):
    places: list[Place]


SENT: list[Any] = []


def search_places(word: str) -> Places:
    """Search places."""
    return Places(places=[Place(place_id="pl_42", title=f"The {word}")])


def open_place(place_id: str) -> dict[str, str]:
    """Open a place."""
    SENT.append(place_id)
    return {"title": "The Harbour"}


def open_known(place_id: Annotated[str, Field(description="such as pl_0001, the town hall")]) -> dict[str, str]:
    """Open a place that is known."""
    SENT.append(place_id)
    return {"title": "The Town Hall"}


def open_listed(place_id: Literal["pl_1", "pl_2"]) -> dict[str, str]:
    """Open a listed place."""
    SENT.append(place_id)
    return {"title": "The Listed"}


def open_example(place_id: Annotated[str, Field(examples=["pl_0009"])]) -> dict[str, str]:
    """Open a place as in the example."""
    SENT.append(place_id)
    return {"title": "The Ninth"}


def open_many(filter: dict[str, list[str]]) -> dict[str, str]:
    """Open many places."""
    SENT.append(filter)
    return {"title": "Many"}


def open_country(country_code: str) -> dict[str, str]:
    """Open a country."""
    SENT.append(country_code)
    return {"title": "The Country"}


class Country(BaseModel):
    country_code: str


def list_countries() -> list[Country]:
    """List the countries."""
    return [Country(country_code="NZ")]


@pytest.fixture(autouse=True)
def nothing_sent() -> None:
    SENT.clear()


def verdict(session: Session) -> Verdict:
    return session.trace.iterations[0].reports[0].attempts[-1].verdict


def trying(source: FunctionSource, *calls: dict[str, Any], **settings: Any) -> Session:
    models = ScriptedModels(proposer=[propose(list(calls))], selector=[select("none")])
    return grow(source, models, **{"repairs": 0, **settings})


@pytest.mark.parametrize("value", ["pl_7", "example", "my favourite place", "42"])
def test_an_id_from_nowhere_is_not_sent_and_the_report_names_the_tools_that_give_such_ids(value: str) -> None:
    session = trying(functions(search_places, open_place, list_countries), call("open_place", place_id=value))
    assert SENT == []
    assert session.usage.tool_calls == 0
    assert verdict(session).rule == "made_up_id"
    assert "search_places" in verdict(session).reason
    assert value in verdict(session).reason
    assert "list_countries" not in verdict(session).reason


def test_an_id_from_nowhere_within_an_argument_is_none_less() -> None:
    session = trying(functions(search_places, open_many), call("open_many", filter={"place_ids": ["pl_7"]}))
    assert (SENT, verdict(session).rule) == ([], "made_up_id")


def test_an_id_of_an_earlier_result_is_sent_by_reference_and_as_it_is() -> None:
    for given in (reference("#1", "/places/0/place_id"), "pl_42"):
        session = trying(
            functions(search_places, open_place),
            call("search_places", word="harbour"),
            call("open_place", place_id=given),
        )
        assert verdict(session).outcome == "ok"
    assert SENT == ["pl_42", "pl_42"]


@pytest.mark.parametrize(
    ("tool", "value"), [("open_known", "pl_0001"), ("open_listed", "pl_2"), ("open_example", "pl_0009")]
)
def test_an_id_that_the_schema_or_its_description_names_is_sent(tool: str, value: str) -> None:
    session = trying(functions(search_places, open_known, open_listed, open_example), call(tool, place_id=value))
    assert [value] == SENT
    assert verdict(session).outcome == "ok"


def test_an_id_that_no_tool_gives_may_be_known_to_the_user() -> None:
    session = trying(functions(open_place), call("open_place", place_id="pl_7"))
    assert SENT == ["pl_7"]
    assert verdict(session).outcome == "ok"


def test_a_code_that_people_say_is_sent_and_one_that_looks_like_an_id_is_not() -> None:
    source = functions(list_countries, open_country)
    assert verdict(trying(source, call("open_country", country_code="US"))).outcome == "ok"
    assert SENT == ["US"]
    assert verdict(trying(source, call("open_country", country_code="c_4711"))).rule == "made_up_id"
    assert SENT == ["US"]


def test_what_earlier_steps_gave_shows_too_which_tools_give_ids() -> None:
    guess = propose([call("read_note", note_id="note_77")])
    models = ScriptedModels(
        proposer=[guess, propose([call("add_note", text="milk")]), propose([call("read_note", note_id="note_88")])],
        selector=[select("p1")],
        updater=[write("Note down milk.")],
    )
    log: list[str] = []
    session = grow(notebook(log), models, iterations=3, repairs=0)
    rules = [iteration.reports[0].attempts[0].verdict.rule for iteration in session.trace.iterations]
    assert rules[0] != "made_up_id", "nothing declares that it gives such ids"
    assert rules[2] == "made_up_id"
    assert log.count("read_note") == 1
    assert "add_note" in session.trace.iterations[2].reports[0].reason


def test_a_made_up_id_is_mended_by_a_look_up() -> None:
    models = ScriptedModels(
        proposer=[propose([call("open_place", place_id="pl_7")])],
        executor=[
            repair(
                call("search_places", word="harbour"),
                call("open_place", place_id=reference("#1", "/places/0/place_id")),
            )
        ],
        selector=[select("p1")],
        updater=[write("Open the harbour for me.")],
    )
    session = grow(functions(search_places, open_place), models)
    assert session.status == "accepted", session.reason
    assert SENT[0] == "pl_42"
    (prompt,) = models.prompts("executor")
    assert "search_places(" in prompt.inputs["tools"], "a repair sees the whole mini-batch"
    assert "search_places" in prompt.inputs["attempts"]


def list_events(day: str, place_id: str | None = None) -> dict[str, Any]:
    """List the events of a day."""
    SENT.append((day, place_id))
    return {"title": "A concert"}


def test_a_made_up_id_that_may_be_left_out_is_left_out() -> None:
    models = ScriptedModels(
        proposer=[propose([call("list_events", day="2026-05-13", place_id="pl_7")])],
        selector=[select("p1")],
        updater=[write("What is on on 2026-05-13?")],
    )
    session = grow(functions(search_places, list_events), models, repairs=0)
    assert session.status == "accepted", session.reason
    assert SENT[0] == ("2026-05-13", None)
    assert session.sample is not None
    assert session.sample.workflow.steps[0].call.arguments == {"day": "2026-05-13"}
    (attempt,) = session.trace.iterations[0].reports[0].attempts
    assert [reason.partition(" is made up")[0] for reason in attempt.left_out] == ['place_id = "pl_7"']
    assert any("left out: place_id" in line for line in session_lines(session)), "a person reads it, too"


@pytest.mark.parametrize("word", ["{{$from}}", "<word>", "your_word"])
def test_a_template_in_place_of_a_value_is_not_sent_and_can_be_mended(word: str) -> None:
    models = ScriptedModels(
        proposer=[propose([call("search_places", word=word)])],
        executor=[repair(call("search_places", word="harbour"))],
        selector=[select("p1")],
        updater=[write("Which places are there for harbour?")],
    )
    session = grow(functions(search_places), models)
    assert session.status == "accepted", session.reason
    refused, mended = session.trace.iterations[0].reports[0].attempts
    assert (refused.verdict.rule, refused.observation) == ("placeholder", None)
    assert "write the value itself" in models.prompts("executor")[0].inputs["attempts"]
    assert mended.call.arguments == {"word": "harbour"}


def test_of_a_long_made_up_value_only_its_beginning_is_told() -> None:
    session = trying(functions(search_places), call("search_places", word="$from " + "x" * 100_000))
    assert verdict(session).rule == "placeholder"
    assert len(verdict(session).reason) < 400


def test_a_template_in_an_argument_that_may_be_left_out_is_left_out() -> None:
    session = trying(functions(list_events), call("list_events", day="2026-05-13", place_id="{place_id}"))
    assert SENT == [("2026-05-13", None)]
    (attempt,) = session.trace.iterations[0].reports[0].attempts
    assert "stands for a value and is none" in attempt.left_out[0]


def echo(word: str = "{{word}}") -> dict[str, str]:
    """Say a word again, in a template."""
    SENT.append(word)
    return {"template": word}


def test_a_template_that_the_schema_or_a_result_has_is_a_value() -> None:
    session = trying(
        functions(echo, search_places),
        call("echo", word="{{word}}"),
        call("search_places", word=reference("#1", "/template")),
    )
    assert session.trace.iterations[0].reports[0].outcome == "ok"


def test_a_call_that_is_made_already_without_the_made_up_id_is_not_made_again() -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("list_events", day="2026-05-13")]),
            propose([call("list_events", day="2026-05-13", place_id="pl_7")]),
        ],
        selector=[select("p1")],
        updater=[write("What is on on 2026-05-13?")],
    )
    session = grow(functions(search_places, list_events), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert [iteration.added for iteration in session.trace.iterations] == [("s1",), ()]
    assert len(SENT) == 2, "once, and once more in the replay"


@pytest.mark.parametrize("giver", [True, False])
def test_a_tool_that_takes_an_id_is_shown_where_a_tool_at_hand_gives_it_or_none_at_all_does(giver: bool) -> None:
    models = ScriptedModels(proposer=lambda prompt: propose(), selector=[select("none")])
    tools: list[Callable[..., Any]] = [list_countries, open_place, *([search_places] if giver else [])]
    grow(functions(*tools), models)
    shown = {line.partition("(")[0] for line in models.prompts("proposer")[0].inputs["tools"].split("\n")}
    assert shown == {tool.__name__ for tool in tools}


def test_a_tool_is_out_of_reach_while_the_mini_batch_has_no_tool_that_gives_its_id() -> None:
    shown = []
    for index in range(12):
        models = ScriptedModels(proposer=lambda prompt: propose(), selector=[select("none")])
        grow(functions(list_countries, open_place, search_places), models, index=index, mini_batch=2)
        lines = models.prompts("proposer")[0].inputs["tools"].split("\n")
        shown.append(frozenset(line.partition("(")[0] for line in lines))
    assert frozenset({"open_place", "search_places"}) in shown
    assert frozenset({"list_countries"}) in shown, "without open_place, which was drawn with it"
    assert not any("open_place" in names and "search_places" not in names for names in shown)


def held_ids(which: Literal["make", "stable"], **settings: Any) -> list[set[tuple[bool, ...]]]:
    """For the proposer's calls before and after a search, and the schema of the block that ``which`` names: whether
    the call that opens the id that was found, and one that opens another, fit it; both as a first call and as a later
    one.
    """
    seen: list[set[tuple[bool, ...]]] = []

    def propose_and_look(prompt: Any) -> dict[str, Any]:
        block = held()
        assert block is not None
        schema = getattr(block, which)()["proposals"]
        fit = set()
        for before in ([], [call("search_places", word="sea")]):
            proposals: list[JsonValue] = [
                [{"instruction": "Open.", "calls": [*before, call("open_place", place_id=i)]}] * 2
                for i in ("pl_42", "pl_7")
            ]
            fit.add(tuple(accepts(compile_schema(schema), made) for made in proposals))
        seen.append(fit)
        return propose([call("search_places", word="harbour")], [call("open_known", place_id="pl_0001")])

    models = ScriptedModels(
        proposer=propose_and_look, selector=lambda prompt: select("p1"), updater=[write("Look for harbour.")]
    )
    grow(functions(search_places, open_place, open_known, list_countries), models, iterations=5, **settings)
    return seen


@pytest.mark.parametrize("mini_batch", [3, 4], ids=["a part of the library", "all of it"])
def test_an_answer_that_is_held_to_a_schema_can_only_have_ids_that_a_result_has(mini_batch: int) -> None:
    first, *later = held_ids("make", mini_batch=mini_batch, proposals=2)
    assert first == {(False, False)}
    assert {(True, False)} in later
    assert not any(other_fits for fits in later for _, other_fits in fits)


def test_for_a_library_that_fits_a_mini_batch_there_is_a_schema_that_stays_the_same() -> None:
    assert held_ids("stable", mini_batch=4, proposals=2) == [{(True, True)}] * 5


def test_a_parameter_whose_description_names_an_id_is_open() -> None:
    async def tools() -> list[tuple[str, tuple[str, ...]]]:
        async with Library([functions(open_place, open_known, open_example)]) as library:
            return [(tool.source_name, id_parameters(tool)) for tool in library.tools]

    assert dict(asyncio.run(tools())) == {"open_place": ("place_id",), "open_known": (), "open_example": ()}


def test_a_result_cannot_make_the_schema_of_answers_large() -> None:
    rows: list[JsonValue] = [{"place_id": i} for i in ("x" * (LONGEST_ID + 1), *(f"pl_{n}" for n in range(1000)))]
    value: JsonValue = {"places": rows, "place_id": "pl_999"}

    async def known() -> KnownIds:
        async with Library([functions(search_places, open_place, open_known)]) as library:
            state = State(0, 0, ProgramConfig(mini_batch=2), library, ToolLines(library.tools))
            return state.known_ids(library.tools, EarlierResult("a1", Observation(text="", content=value)))

    (ids,) = asyncio.run(known()).values()
    assert ids[:2] == ("pl_0", "pl_1")
    assert len(ids) == KNOWN_IDS
