"""Which calls tell nothing that an earlier step has not told."""

from pydantic import JsonValue

from toolgrad_dspy.provenance.repeats import changes_nothing, repeated
from toolgrad_dspy.records import Observation, Step, ToolCall


def step(id: str, result: JsonValue, *, tool: str = "look", **arguments: JsonValue) -> Step:
    return Step(
        id=id, call=ToolCall(tool=tool, arguments=arguments), observation=Observation(content=result, text="")
    )


def against(new: Step, *before: Step) -> str | None:
    return repeated(new.call, new.observation, before)


def test_the_same_call_with_the_same_result_repeats_its_last_step() -> None:
    one, two = step("s1", {"left": 3}), step("s2", {"left": 2})
    assert against(step("s3", {"left": 2}), one, two) == "s2"
    assert against(step("s3", {"left": 3}), one, two) is None, "it was 2 in between"


def test_another_call_of_the_tool_repeats_a_distinctive_result_and_no_confirmation() -> None:
    assert against(step("s2", {"name": "Ann Lee"}, word="A"), step("s1", {"name": "Ann Lee"}, word="a")) == "s1"
    assert against(step("s2", {"ok": True}, word="A"), step("s1", {"ok": True}, word="a")) is None
    assert against(step("s2", {"name": "Ann Lee"}, tool="find"), step("s1", {"name": "Ann Lee"})) is None


def test_what_is_only_volatile_is_no_news() -> None:
    plain = step("s1", {"free": 3, "at": "2026-11-27 10:00:00"})
    before = plain.model_copy(update={"volatile": ("/at",)})
    assert against(step("s2", {"free": 3, "at": "2026-11-27 10:00:07"}), before) == "s1"
    assert against(step("s2", {"free": 2, "at": "2026-11-27 10:00:07"}), before) is None
    assert against(step("s2", {"free": 3, "at": "2026-11-27 10:00:07"}), plain) is None


ENTRY: dict[str, JsonValue] = {"entry_id": "cal-6721", "title": "Bike repair", "date": "2026-05-15", "start": "19:00"}


def test_a_whole_record_that_another_tool_has_given_is_no_news() -> None:
    made = step("s1", ENTRY, tool="create_entry")
    assert against(step("s2", ENTRY, tool="get_entry", entry_id="cal-6721"), made) == "s1"
    moved = step("s2", {**ENTRY, "start": "20:00"}, tool="move_entry")
    assert against(step("s3", ENTRY, tool="get_entry"), made, moved) is None, "it has been changed in between"


def test_a_write_that_sets_what_is_so_changes_nothing() -> None:
    made = step("s1", ENTRY, tool="create_entry")
    move = step("s2", ENTRY, tool="move_entry", entry_id="cal-6721", date="2026-05-15", start="19:00")
    assert changes_nothing(move.call, move.observation, [made]) == "s1"
    elsewhere = step("s2", {**ENTRY, "start": "20:00"}, tool="move_entry", entry_id="cal-6721", start="20:00")
    assert changes_nothing(elsewhere.call, elsewhere.observation, [made]) is None
    assert changes_nothing(move.call, move.observation, [made, elsewhere]) is None, "it is moved back"


def test_it_changes_nothing_either_where_the_thing_was_one_of_a_list() -> None:
    other: dict[str, JsonValue] = {**ENTRY, "entry_id": "cal-1", "start": "08:00"}
    listed = step("s1", {"entries": [other, ENTRY]}, tool="list_entries")
    move = step("s2", {**ENTRY, "end": "20:00"}, tool="move_entry", entry_id="cal-6721", start="19:00")
    assert changes_nothing(move.call, move.observation, [listed]) == "s1"
    away = step("s2", {**ENTRY, "start": "08:00"}, tool="move_entry", entry_id="cal-6721", start="08:00")
    assert changes_nothing(away.call, away.observation, [listed]) is None, "to where another one is"


def test_a_write_that_sets_no_field_or_answers_in_short_is_not_taken_for_idle() -> None:
    made = step("s1", ENTRY, tool="create_entry")
    read = step("s2", ENTRY, tool="mark_seen", entry_id="cal-6721")
    assert changes_nothing(read.call, read.observation, [made]) is None
    folder = step("s1", {"path": "/example"}, tool="mkdir", path="/example")
    entered = step("s2", {"path": "/example"}, tool="cd", path="/example")
    assert changes_nothing(entered.call, entered.observation, [folder]) is None
