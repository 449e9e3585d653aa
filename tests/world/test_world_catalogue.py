"""What the world offers: enough tools of enough kinds, described well enough to be called."""

import re
from collections import Counter
from typing import Any

from tests.world.residents import OpenWorld, Resident
from toolgrad_dspy.world import NOW
from toolgrad_dspy.world.errors import NotFound

CONSUMES_ID = re.compile(r"\b(\w+_)?(ids?)$")


def properties(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    named: dict[str, dict[str, Any]] = schema.get("properties", {})
    return named


def nested(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema and all objects defined for it."""
    return [schema, *schema.get("$defs", {}).values()]


def test_there_are_many_tools_in_many_categories(world: OpenWorld) -> None:
    categories = Counter(tool.category for tool in world.tools)
    assert len(world.tools) >= 30
    assert len(categories) >= 7
    assert min(categories.values()) >= 3


def test_many_tools_need_an_id_that_only_another_tool_returns(world: OpenWorld) -> None:
    required: list[Any] = [tool.parameters.get("required", ()) for tool in world.tools]
    assert sum(any(CONSUMES_ID.search(name) for name in names) for names in required) >= 12


def test_many_tools_write_and_say_so(world: OpenWorld) -> None:
    assert sum(tool.writes for tool in world.tools) >= 7
    for tool in world.tools:
        hints = tool.annotations
        assert None not in (hints.read_only, hints.destructive, hints.idempotent), tool.name
        assert hints.open_world is False, tool.name
        assert not (hints.read_only and hints.destructive), tool.name


def test_every_parameter_is_described(world: OpenWorld) -> None:
    for tool in world.tools:
        for schema in nested(tool.parameters):
            for name, parameter in properties(schema).items():
                assert parameter.get("description"), (tool.name, name)


def test_descriptions_start_with_a_verb_and_are_short(world: OpenWorld) -> None:
    for tool in world.tools:
        assert re.match(r"[A-Z][a-z]+ ", tool.description), tool.name
        assert tool.description.endswith("."), tool.name
        assert len(tool.description) < 160, tool.name


def test_ids_are_described_by_the_tool_they_come_from(world: OpenWorld) -> None:
    names = {tool.name for tool in world.tools}
    for tool in world.tools:
        for name, parameter in properties(tool.parameters).items():
            if CONSUMES_ID.search(name):
                assert any(other in parameter["description"] for other in names - {tool.name}), (tool.name, name)


def test_free_text_dates_and_times_carry_examples(world: OpenWorld) -> None:
    without = []
    for tool in world.tools:
        for schema in nested(tool.parameters):
            for name, parameter in properties(schema).items():
                kinds = [parameter, *parameter.get("anyOf", ())]
                free = any(kind.get("type") == "string" and "enum" not in kind for kind in kinds)
                if free and not CONSUMES_ID.search(name) and name != "cursor" and "examples" not in parameter:
                    without.append((tool.name, name))
    assert without == []


def test_schemas_use_the_shapes_that_real_servers_use(world: OpenWorld) -> None:
    texts = [str(tool.parameters) for tool in world.tools]
    shapes = {
        "enum": "'enum':",
        "nested object": "'$ref':",
        "nullable": "{'type': 'null'}",
        "array": "'type': 'array'",
        "default": "'default':",
        "pattern": "'pattern':",
        "closed": "'additionalProperties': False",
    }
    for shape, mark in shapes.items():
        assert sum(mark in text for text in texts) >= 3, shape
    by_name = {tool.name: tool.parameters for tool in world.tools}
    assert len(properties(by_name["list_free_tables"])["when"]["anyOf"]) == 2
    assert len(properties(by_name["plan_trip"])["when"]["anyOf"]) == 3
    assert "cursor" in properties(by_name["search_books"])
    assert "page" in properties(by_name["search_places"])


def test_every_tool_declares_what_it_returns(world: OpenWorld) -> None:
    assert all(tool.returns and tool.returns["type"] == "object" for tool in world.tools)


def test_the_world_is_large_enough_for_hundreds_of_different_samples(resident: Resident) -> None:
    assert resident("search_places")["total"] >= 150
    assert resident("search_restaurants")["total"] >= 25
    assert resident("find_contacts")["total"] == 60
    assert resident("search_events")["total"] >= 60
    assert len(resident("search_stops")["stops"]) == 30
    assert len(resident("get_forecast", district="Harbour", date="2026-05-18", days=7)["days"]) == 7


def test_the_clock_stands_still(resident: Resident) -> None:
    assert NOW.isoformat() == "2026-05-12T09:00:00"
    contact = resident("find_contacts", name="Ada Quill")["contacts"][0]["contact_id"]
    sent = {resident("send_message", contact_id=contact, text="hello")["sent_at"] for _ in range(2)}
    assert sent == {"2026-05-12T09:00"}


def test_no_result_ever_shows_the_id_of_the_user(resident: Resident) -> None:
    assert resident.refused("get_contact", contact_id="me").kind is NotFound
    assert resident.refused("find_free_time", date="2026-05-13", contact_ids=["me"]).kind is NotFound
