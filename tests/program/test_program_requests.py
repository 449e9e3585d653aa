"""What the updater is told that the query has to ask for."""

from pydantic import JsonValue

from toolgrad_dspy.lm.rehearsal.demands import read_request
from toolgrad_dspy.program.requests import named_values, request_line
from toolgrad_dspy.records import Observation, Origin, Step, Tool, ToolCall
from toolgrad_dspy.texts import Demand

TOOL = Tool(
    name="find_events",
    source_name="find_events",
    description="Search events (concerts, talks, ...) by kind; may find none. Slow.",
    parameters={"type": "object"},
    source="s",
    category="c",
)
STEP = Step(id="s1", call=ToolCall(tool="find_events", arguments={}), observation=Observation(text="{}", content={}))


def value(pointer: str, given: JsonValue, choice: bool = False, step: str = "s1") -> Demand:
    return Demand("choice" if choice else "value", step, "find_events", pointer, given)


def test_a_request_is_what_the_tool_does_with_the_values_to_say() -> None:
    required = [
        value("/title", 'The "Old" Mill (I)'),
        value("/attendees/0", "Ada"),
        value("/attendees/1", "Bo"),
        value("/dateRange/min_days", 2),
        value("/kind", "tram_stop", choice=True),
        value("/free", True, choice=True),
        value("/day", "2026-05-12", step="s2"),
    ]
    assert request_line(STEP, TOOL, required) == (
        r'Search events by kind (title "The \"Old\" Mill (I)", attendees "Ada" and "Bo", '
        "date range min days 2, kind tram stop, free yes)"
    )


def test_a_request_without_values_has_no_parentheses_of_its_own() -> None:
    assert request_line(STEP, TOOL, []) == "Search events by kind"


def test_a_description_takes_time_in_proportion_to_its_length() -> None:
    for text in (" " * 200_000, "(" * 200_000, " (x" * 100_000, "(x) " * 100_000):
        hostile = TOOL.model_copy(update={"description": text})
        assert len(request_line(STEP, hostile, [])) < 200


def test_what_earlier_results_gave_is_named_as_a_person_speaks_of_it() -> None:
    pointers = ("/place_id", "/attendee_ids/0", "/attendee_ids/1", "/day")
    origins = tuple(Origin(pointer=p, kind="result", step="s0", path="/x", match="exact") for p in pointers)
    step = STEP.model_copy(update={"origins": origins})
    line = request_line(step, TOOL, [value("/limit", 3)])
    assert line == "Search events by kind, for the place and the attendee and the day found before (limit 3)"
    assert read_request(line) == ["limit 3"]
    bare = STEP.model_copy(update={"origins": (origins[0].model_copy(update={"pointer": "/id"}),)})
    assert request_line(bare, TOOL, []) == "Search events by kind, for what was found before"


def test_a_tool_without_a_description_is_called_by_its_name() -> None:
    bare = TOOL.model_copy(update={"description": ""})
    assert request_line(STEP, bare, []) == "find_events"


def test_a_request_is_one_line_whatever_its_values() -> None:
    text = request_line(STEP, TOOL, [value("/text", "one\ntwo\u2028three"), value("/kind", "a\nb", choice=True)])
    assert "\n" not in text


def test_values_of_one_name_stand_together() -> None:
    assert named_values([value("/a/0", 1), value("/b", "x"), value("/a/1", 2)]) == 'a 1 and 2, b "x"'


def test_rehearsal_reads_what_a_request_has_to_say() -> None:
    required = [
        value("/title", 'The "Old" Mill (I), late'),
        value("/limit", 2),
        value("/kind", "tram_stop", choice=True),
    ]
    assert read_request(request_line(STEP, TOOL, required)) == [
        r'title "The \"Old\" Mill (I), late"',
        "limit 2",
        "kind tram stop",
    ]
    assert read_request(request_line(STEP, TOOL, [])) == []


def test_reading_a_request_takes_time_in_proportion_to_its_length() -> None:
    hostile = " (" * 2_000 + '"' * 2_001 + ")"
    assert read_request(hostile) == []
