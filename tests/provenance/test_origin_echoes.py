"""A result that only repeats what its call, or an earlier one, was given is no origin."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.origins import EarlierResult, trace_origins
from toolgrad_dspy.provenance.references import resolve
from toolgrad_dspy.records import Observation, Origin, Tool, ToolCall

Made = tuple[str, dict[str, Any], Any]


def tool(name: str, properties: dict[str, Any] | None = None) -> Tool:
    parameters: dict[str, Any] = {"type": "object", "properties": properties or {}}
    return Tool(name=name, source_name=name, description="", parameters=parameters, source="s", category="")


def last(*calls: Made, properties: dict[str, Any] | None = None) -> dict[str, Origin]:
    """The origins of the last of ``calls``, each (tool, arguments, result), by pointer."""
    earlier: list[EarlierResult] = []
    observations: dict[str, Observation] = {}
    origins: tuple[Origin, ...] = ()
    for number, (name, drafted, result) in enumerate(calls, 1):
        arguments, references = resolve(drafted, lambda step: (step, observations[step]))
        assert isinstance(arguments, dict)
        origins = trace_origins(tool(name, properties), arguments, references, earlier)
        step = f"s{number}"
        observations[step] = Observation(content=result, text="")
        earlier.append(EarlierResult(step, observations[step], ToolCall(tool=name, arguments=arguments), origins))
    return {origin.pointer: origin for origin in origins}


def given(step: str, path: str) -> dict[str, str]:
    return {"$from": step, "$path": path}


CITY = {"city": "Porto", "stations": [{"station": "st-11"}]}


@pytest.mark.parametrize("value", ["Porto", "PORTO", given("s1", "/city")])
def test_what_the_user_stated_stays_the_users_where_a_result_repeats_it(value: Any) -> None:
    origin = last(("find", {"city": "Porto"}, CITY), ("book", {"town": value}, None))["/town"]
    assert (origin.kind, origin.step, origin.sources) == ("user", None, ())
    assert origin.echo is not None
    assert (origin.echo.step, origin.echo.path) == ("s1", "/city")


def test_it_stays_so_along_a_chain_of_results_that_repeat_it() -> None:
    origin = last(
        ("find", {"city": "Porto"}, CITY),
        ("forecast", {"place": given("s1", "/city")}, {"place": "Porto", "rain": 0.25}),
        ("list_hotels", {"station": "st-11"}, {"near": "Porto"}),
        ("book", {"town": given("s3", "/near")}, None),
    )["/town"]
    assert (origin.kind, origin.echo and origin.echo.step) == ("user", "s3")


def test_a_small_number_is_only_the_users_again_under_a_name_of_its_kind() -> None:
    booked = ("book", {"party_size": 4}, {"party_size": 4, "floor": 4})
    assert last(booked, ("seat", {"guests": given("s1", "/party_size")}, None))["/guests"].kind == "user"
    floor = last(booked, ("open", {"floor": 4}, None))["/floor"]
    assert (floor.kind, floor.path) == ("result", "/floor")


def test_a_choice_stays_the_schemas_where_a_parameter_without_choices_takes_it() -> None:
    chosen = {"kind": {"enum": ["museum", "park"]}}
    found = ("search", {"kind": "museum"}, [{"kind": "museum", "id": "pl-7"}])
    origin = last(found, ("tour", {"kind": given("s1", "/0/kind")}, None), properties=chosen)["/kind"]
    assert (origin.kind, origin.match, origin.echo and origin.echo.path) == ("schema", "enum", "/0/kind")


def test_what_follows_from_an_echo_is_the_users() -> None:
    booked = ("book", {"date": "2026-05-13"}, {"at": "2026-05-13"})
    assert last(booked, ("remind", {"day": "13 May"}, None))["/day"].kind == "user"


def test_what_a_call_was_given_from_a_result_still_comes_from_there() -> None:
    origin = last(
        ("list_orders", {"page": 1}, {"orders": [{"id": "ord-4471"}]}),
        ("get_order", {"order_id": "ord-4471"}, {"order_id": "ord-4471", "state": "new"}),
        ("ship", {"order": given("s2", "/order_id")}, None),
    )["/order"]
    assert (origin.kind, origin.step, origin.path) == ("result", "s1", "/orders/0/id")
    assert origin.echo is not None
    assert origin.echo.step == "s2"


def test_a_value_that_another_result_shows_of_its_own_comes_from_there() -> None:
    origin = last(
        ("list_orders", {"page": 1}, {"orders": [{"id": "ord-4471"}]}),
        ("list_parcels", {"page": 1}, {"parcels": [{"order": "ord-4471"}]}),
        ("ship", {"order": given("s2", "/parcels/0/order")}, None),
    )["/order"]
    assert (origin.kind, origin.step) == ("result", "s2")


def test_numbers_of_any_size_are_compared() -> None:
    huge = 10**5000
    origin = last(("count", {"limit": huge}, {"limit": huge}), ("count", {"limit": given("s1", "/limit")}, None))
    assert origin["/limit"].kind == "user"
