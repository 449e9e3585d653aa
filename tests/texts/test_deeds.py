"""What a response says was done to one thing, and was done to another."""

from typing import Any

import pytest

from toolgrad_dspy.records import Observation, Step, Tool, ToolAnnotations, ToolCall
from toolgrad_dspy.texts import claims
from toolgrad_dspy.texts.deeds import Deeds
from toolgrad_dspy.texts.sentences import sentences

RESULTS: dict[str, Any] = {
    "s1": {
        "reservations": [
            {"reservation_id": "rsv-1", "restaurant": "Umi", "date": "2026-05-16"},
            {"reservation_id": "rsv-2", "restaurant": "Da Nino", "date": "2026-05-17"},
            {"reservation_id": "rsv-3", "restaurant": "Pergola", "status": "cancelled"},
        ]
    },
    "s2": {"reservation_id": "rsv-1", "status": "cancelled"},
    "s3": {"message_id": "msg-3", "name": "Ada Quill"},
    "s4": {"contacts": [{"contact_id": "con-1", "name": "Ada Quill"}, {"contact_id": "con-2", "name": "Bo Lund"}]},
}
CALLS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "s1": ("list_reservations", {}, False),
    "s2": ("cancel_reservation", {"reservation_id": "rsv-1"}, True),
    "s3": ("send_message", {"contact_id": "con-1", "text": "See you"}, True),
    "s4": ("find_contacts", {}, False),
}
TOOLS = {
    name: Tool(
        name=name,
        source_name=name,
        description="",
        parameters={},
        source="town",
        category="town",
        annotations=ToolAnnotations(read_only=not writes),
    )
    for name, _, writes in CALLS.values()
}
STEPS = [
    Step(
        id=name,
        call=ToolCall(tool=tool, arguments=arguments),
        observation=Observation(content=RESULTS[name], text=""),
    )
    for name, (tool, arguments, _) in CALLS.items()
]


def misplaced(response: str) -> list[tuple[str, str]]:
    deeds = Deeds(STEPS, TOOLS, RESULTS)
    found = []
    for a, b in sentences(response):
        said = [claim for claim in claims(response) if a <= claim.start < b]
        found += [(claim.text, name.text) for claim, name in deeds.misplaced(response[a:b], a, said)]
    return found


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("The table at Da Nino is cancelled.", [("cancelled", "Da Nino")]),
        ("I have canceled your reservation at Da Nino for May 17.", [("canceled", "Da Nino")]),
        ("I sent your message to Bo Lund.", [("sent", "Bo Lund")]),
    ],
)
def test_what_was_done_to_another_thing_is_misplaced(response: str, expected: list[tuple[str, str]]) -> None:
    assert misplaced(response) == expected


@pytest.mark.parametrize(
    "response",
    [
        "The table at Umi is cancelled.",
        "I cancelled Umi; the one at Da Nino stays.",  # the sentence names what it was done to
        "Your table is cancelled, and Ada Quill has your message.",
        "I sent it to Ada Quill.",
        "Pergola was already cancelled.",  # as its record says
        "There is a table at Da Nino on May 17.",  # nothing is said to be done
        "It is cancelled. Da Nino still expects you on May 17.",
    ],
)
def test_what_was_done_to_the_thing_or_to_nothing_named_is_in_place(response: str) -> None:
    assert misplaced(response) == []
