"""A caller who only knows the schemas gets along: every example is good, for every world."""

import asyncio
import random
from typing import Any

import pytest

from toolgrad_dspy.records import Tool, ToolCall
from toolgrad_dspy.tools import ToolSession
from toolgrad_dspy.world import WorldSource

SEEDS = (0, 1, 2, 3, 4)

PROVIDERS = {
    "place_id": ("search_places", "places"),
    "stop_id": ("search_stops", "stops"),
    "route_id": ("list_disruptions", "disruptions"),
    "book_id": ("search_books", "books"),
    "restaurant_id": ("search_restaurants", "restaurants"),
    "booking_id": ("list_bookings", "bookings"),
    "contact_id": ("find_contacts", "contacts"),
    "event_id": ("search_events", "events"),
    "parcel_id": ("list_parcels", "parcels"),
}


async def ids(session: ToolSession) -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for key, (tool, items) in PROVIDERS.items():
        content: Any = (await session.call(ToolCall(tool=tool, arguments={}))).content
        known[key] = [item[key] for item in content[items]]
        assert known[key], tool
    return known


class Caller:
    """Fills parameters from their schemas alone: examples, enums, defaults, and ids seen before."""

    def __init__(self, tool: Tool, known: dict[str, list[str]], rng: random.Random) -> None:
        self.schema: dict[str, Any] = tool.parameters
        self.known = known
        self.rng = rng

    def call(self, optional: float) -> dict[str, Any]:
        """Arguments with each optional parameter present with that probability."""
        used: list[str] = []
        return self._object(self.schema, optional, used)

    def _object(self, schema: dict[str, Any], optional: float, used: list[str]) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            name: self._value(name, parameter, optional, used)
            for name, parameter in schema["properties"].items()
            if name in required or (name != "cursor" and self.rng.random() < optional)
        }

    def _value(self, name: str, schema: dict[str, Any], optional: float, used: list[str]) -> Any:
        if "$ref" in schema:
            return self._object(self.schema["$defs"][schema["$ref"].rsplit("/", 1)[1]], optional, used)
        key = next((key for key in self.known if name.removesuffix("s").endswith(key)), None)
        if key is not None:
            value = self.rng.choice([known for known in self.known[key] if known not in used])
            used.append(value)  # a trip between a stop and itself is no trip
            return [value] if name.endswith("s") else value
        if "examples" in schema:
            return self.rng.choice(schema["examples"])
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        if "anyOf" in schema:
            kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
            return self._value(name, self.rng.choice(kinds), optional, used)
        if schema.get("type") == "array":
            return [self._value(name, schema["items"], optional, used)]
        if schema.get("type") == "boolean":
            return self.rng.random() < 0.5
        return schema.get("default", schema.get("minimum"))


def is_empty(content: Any) -> bool:
    lists = [value for value in content.values() if isinstance(value, list)]
    return bool(lists) and not any(lists)


async def survey(seed: int, optional: float, times: int) -> dict[str, list[bool]]:
    """For every read-only tool, whether the results of calls made from its schema were empty."""
    outcomes: dict[str, list[bool]] = {}
    async with WorldSource(seed) as source, source.session(0) as session:
        known = await ids(session)
        for tool in await source.tools():
            caller = Caller(tool, known, random.Random(seed))
            for _ in range(0 if tool.writes else times):
                arguments = caller.call(optional)
                observation = await session.call(ToolCall(tool=tool.name, arguments=arguments))
                assert observation.error is None, (seed, tool.name, arguments, observation.error)
                outcomes.setdefault(tool.name, []).append(is_empty(observation.content))
    return outcomes


@pytest.mark.parametrize("seed", SEEDS)
def test_required_parameters_filled_from_the_schema_give_results(seed: int) -> None:
    outcomes = asyncio.run(survey(seed, optional=0, times=6))
    assert [tool for tool, empty in outcomes.items() if any(empty)] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_optional_parameters_filled_from_the_schema_never_fail_and_usually_give_results(seed: int) -> None:
    outcomes = [empty for results in asyncio.run(survey(seed, optional=0.3, times=15)).values() for empty in results]
    assert sum(outcomes) / len(outcomes) < 0.15


@pytest.mark.parametrize("seed", SEEDS)
def test_each_single_example_finds_something(seed: int) -> None:
    async def look() -> list[tuple[str, str, Any]]:
        misses = []
        async with WorldSource(seed) as source, source.session(0) as session:
            known = await ids(session)
            for tool in await source.tools():
                caller = Caller(tool, known, random.Random(seed))
                parameters: Any = {} if tool.writes else tool.parameters["properties"]
                for name, parameter in parameters.items():
                    for example in parameter.get("examples", ()):
                        call = ToolCall(tool=tool.name, arguments={**caller.call(0), name: example})
                        observation = await session.call(call)
                        assert observation.error is None, call
                        if is_empty(observation.content):
                            misses.append((tool.name, name, example))
        return misses

    # Disruptions are rare by design, and whether a day has one depends on the world.
    assert [miss for miss in asyncio.run(look()) if miss[0] != "list_disruptions"] == []
