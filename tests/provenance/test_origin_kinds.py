"""Equal values of different things: which names mean the same."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.origins import EarlierResult, trace_origins
from toolgrad_dspy.provenance.origins.kinds import kind_at, same_kind
from toolgrad_dspy.records import Observation, Tool, ToolCall


def kind_of(
    arguments: dict[str, Any],
    result: Any,
    *,
    by: str = "",
    of: str = "act",
    properties: Any = None,
    category: str = "",
) -> str:
    """The kind of the origin of the only argument that ``of`` is called with after ``by`` gave ``result``."""
    parameters = {"type": "object", "properties": properties or {}}
    named = Tool(name=of, source_name=of, description="", parameters=parameters, source="s", category=category)
    observation = Observation(content=result, text="")
    earlier = EarlierResult("s1", observation, ToolCall(tool=by, arguments={}) if by else None, category=category)
    (origin,) = trace_origins(named, arguments, {}, [earlier])
    return origin.kind


@pytest.mark.parametrize(
    ("arguments", "of", "result", "by"),
    [
        ({"id": 3}, "get_order", {"orders": [{"id": 3}]}, "list_orders"),
        ({"order_id": 3}, "ship", {"orders": [{"id": 3}]}, "search"),
        ({"order_id": 3}, "ship", [{"id": 3}], "list_orders"),
        ({"order": 3}, "ship", {"results": [{"id": 3}]}, "searchOrders"),
        ({"item_id": 3}, "ship", {"items": [{"id": 3}]}, "get_order"),
        ({"order_id": 3}, "ship", {"items": [{"id": 3}]}, "list_orders"),
        ({"id": 7}, "get_customer", {"order": {"customer_id": 7}}, "get_order"),
        ({"room": 12}, "open", {"rooms": [{"number": 12}]}, "list"),
        ({"user": {"id": 5}}, "block", {"user_id": 5}, "whoami"),
        ({"population": 1500}, "find_towns", {"population": 1500}, "get_town"),
    ],
)
def test_an_undistinctive_value_comes_from_a_place_of_its_kind(arguments: Any, of: str, result: Any, by: str) -> None:
    assert kind_of(arguments, result, by=by, of=of) == "result"


@pytest.mark.parametrize(
    ("arguments", "of", "result", "by"),
    [
        ({"id": 3}, "get_employee", {"orders": [{"id": 3}]}, "list_orders"),
        ({"id": 3}, "get_employee", {"id": 3}, "get_order"),
        ({"employee_id": 3}, "pay", [{"id": 3}], "list_orders"),
        ({"order_id": 3}, "ship", {"orders": [{"customer": {"id": 3}}]}, "list_orders"),
        ({"id": 3}, "get_user", {"count": 3}, "count_users"),
        ({"room": 12}, "open", {"rooms": [{"size": 12}]}, "list_rooms"),
        ({"amount": 1500}, "transfer", {"population": 1500}, "get_town"),
        ({"amount": 10000}, "transfer", {"distance": 10000.0}, "get_route"),
        ({"year": 2024}, "list_events", {"stars": 2024}, "get_repository"),
        ({"max_price": 20}, "search", {"price": 20}, "get_item"),
        ({"time": "19:30"}, "book_table", {"closes": "19:30"}, "get_place"),
        ({"code": "1500"}, "redeem", {"population": "1500"}, "get_town"),
    ],
)
def test_of_another_thing_it_is_the_users(arguments: Any, of: str, result: Any, by: str) -> None:
    assert kind_of(arguments, result, by=by, of=of) == "user"


def test_a_common_word_is_no_chance_among_two_values_and_is_among_many() -> None:
    many = {"status": "active", "town": "Ulm", "owner": "Kim", "since": "2019-03-02"}
    assert kind_of({"mood": "active"}, {"status": "active"}) == "result"
    assert kind_of({"mood": "active"}, many) == "user"
    assert kind_of({"status": "active"}, many) == "result"


def test_an_id_that_looks_like_one_needs_no_kind() -> None:
    assert kind_of({"id": "emp_0042"}, {"orders": [{"handled_by": "emp_0042"}]}, by="list_orders") == "result"


def test_a_description_that_names_the_tool_declares_a_relation() -> None:
    described = {"who": {"type": "integer", "description": "The id of the employee, from list_staff."}}
    assert kind_of({"who": 3}, [{"id": 3}], by="list_staff", of="pay") == "user"
    assert kind_of({"who": 3}, [{"id": 3}], by="list_staff", of="pay", properties=described) == "result"


def test_the_category_says_what_a_tool_is_about_whose_name_does_not() -> None:
    assert kind_of({"employee_id": 3}, [{"id": 3}], by="search", category="employees") == "result"
    assert kind_of({"employee_id": 3}, [{"id": 3}], by="search", category="orders") == "user"


@pytest.mark.parametrize("pointer", ["", "/", "/0", "/a~1b/~0", "/Größe/id", "/" + "x" * 3000, "/1/2/3"])
def test_any_pointer_has_a_kind(pointer: str) -> None:
    kind = kind_at(pointer, "get", "")
    assert same_kind(kind, kind) in (True, False)
