"""Large schemas take time that grows with their size, and numbers of any size are read."""

import resource
import time
from typing import Any

import pytest

from toolgrad_dspy.json_schema import Plain, argument_problem, compile_schema, schema_problem, sketch
from toolgrad_dspy.json_schema.effort import PARTS
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


def test_a_schema_of_very_many_parts_is_refused_and_says_so() -> None:
    properties: Any = {f"p{number}": {"type": "string"} for number in range(PARTS + 1)}
    assert schema_problem({"type": "object", "properties": properties}) == "the schema: it has more than 50,000 parts"


@pytest.mark.parametrize(
    "value", ["x" * 2_000_000, 10**3_000_000, list(range(100_000)), {"k" * 1_000_000: 1}], ids=type
)
def test_a_large_value_that_none_of_many_alternatives_takes_costs_no_memory_for_each(value: Any) -> None:
    validator = compile_schema({"properties": {"a": {"oneOf": [{"const": {"v": at}} for at in range(5_000)]}}})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    problem = argument_problem(validator, {"a": value})
    assert problem == "arguments: not valid by the schema, and too large to say where"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "kB"


def test_a_bound_may_have_hundreds_of_digits() -> None:
    assert Plain().of({"type": "object", "properties": {"a": {"type": "integer", "maximum": 10**400}}}, "a")
