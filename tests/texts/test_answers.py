"""Whether a response tells what came of each call."""

import pytest

from tests.support.sessions import step
from toolgrad_dspy.records import Tool, ToolAnnotations
from toolgrad_dspy.texts.answers import answers
from toolgrad_dspy.texts.evidence import Evidence

READS = ToolAnnotations(read_only=True)
TOOLS = {
    name: Tool(
        name=name, source_name=name, description=text, parameters={}, source="s", category="c", annotations=READS
    )
    for name, text in (
        ("search_events", "Search events by kind, days and district."),
        ("list_weather_alerts", "Weather alerts in force in the next two weeks."),
    )
}
NO_EVENTS = step("s1", "search_events", {"district": "Riverside"}, {"events": []})
NO_ALERTS = step("s2", "list_weather_alerts", {"district": "Riverside"}, {"alerts": []})


@pytest.mark.parametrize(
    ("response", "silent"),
    [
        ("There are no events in Riverside for the next two weeks.", ["s2"]),
        ("No weather alerts are in force in Riverside.", ["s1"]),
        ("I found no events, and there are no weather alerts.", []),
        ("There are no events. No weather alerts are in force.", []),
        ("I found what you asked for.", ["s1", "s2"]),
    ],
)
def test_of_two_empty_results_each_is_said_to_be_empty(response: str, silent: list[str]) -> None:
    steps = (NO_EVENTS, NO_ALERTS)
    evidence = Evidence({step.id: step.observation.value for step in steps}, [])
    found = answers("Any events, any alerts in Riverside?", response, steps, TOOLS, evidence)
    assert [answer.step.id for answer in found if answer.rule is None] == silent
