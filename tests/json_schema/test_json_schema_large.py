"""Large schemas take time that grows with their size, and numbers of any size are read."""

import time
from typing import Any

import pytest

from toolgrad_dspy.json_schema import Plain, sketch
from toolgrad_dspy.json_schema.enumerated import enumerated, unique

MANY = 20_000


def test_equal_values_are_kept_once_and_in_their_order() -> None:
    assert unique(["b", "a", "b", [1], [1], {"x": [2]}, {"x": [2]}, None]) == ["b", "a", [1], {"x": [2]}, None]


@pytest.mark.parametrize(
    "make", [str, lambda number: {"id": number}, lambda number: [number]], ids=["text", "object", "list"]
)
def test_an_enumeration_of_many_values_is_gone_through_at_once(make: Any) -> None:
    schema: Any = {"enum": [make(number) for number in range(MANY)]}
    start = time.process_time()
    assert len(enumerated(schema)) == MANY
    Plain().of({"type": "object", "properties": {"a": schema}}, "a")
    assert time.process_time() - start < 2


def test_a_sketch_looks_at_the_properties_that_it_shows() -> None:
    schema: Any = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(MANY)}}
    start = time.process_time()
    sketch(schema)
    assert time.process_time() - start < 2


def test_a_bound_may_have_hundreds_of_digits() -> None:
    assert Plain().of({"type": "object", "properties": {"a": {"type": "integer", "maximum": 10**400}}}, "a")
