"""The schemas of real servers and APIs: all end, and their examples are valid."""

import json
from collections.abc import Iterable, Sequence

import pytest

from tests.support.real_schemas import DATA, Real, api_schemas, tool_schemas
from toolgrad_dspy.json_schema import Schema, accepts, compile_schema, example, schema_at, schema_problem, sketch
from toolgrad_dspy.records import leaves

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the data beside the repository is not there")

# Of 6,771 schemas of APIs, 25 have no valid example: 6 contradict themselves (``allOf`` of a text and a number, a
# required property that is forbidden), and 19 have ``oneOf`` of open objects that all accept the same values.
FLOOR = 0.995


def invalid(schemas: Iterable[Real]) -> list[str]:
    """The places of the schemas whose example is not valid by them."""
    return [
        place
        for place, schema, root in schemas
        if isinstance(schema, dict) and not accepts(compile_schema(schema, root), example(schema, root))
    ]


def sketched(schemas: Iterable[Real]) -> list[int]:
    """The length of each sketch as JSON."""
    return [len(json.dumps(sketch(schema, root))) for _, schema, root in schemas]


@pytest.fixture(scope="module")
def tools() -> Sequence[Real]:
    return list(tool_schemas())


@pytest.fixture(scope="module")
def apis() -> Sequence[Real]:
    return list(api_schemas())


def test_every_schema_of_a_tool_has_a_valid_example(tools: Sequence[Real]) -> None:
    assert len(tools) > 1_500
    assert [place for place, schema, _ in tools if schema_problem(schema)] == []
    assert invalid(tools) == []
    assert max(sketched(tools)) < 2_000


def test_every_value_of_such_an_example_is_described(tools: Sequence[Real]) -> None:
    for place, schema, _ in tools:
        for pointer, _value in leaves(example(schema)):
            # An entry that was made up in an open object is described by nothing.
            assert schema_at(schema, pointer) is not None or "simulated" in pointer, (place, pointer)


def test_nearly_every_schema_of_an_api_has_a_valid_example(apis: Sequence[Real]) -> None:
    sample = apis[::20]
    assert len(sample) > 300
    assert 1 - len(invalid(sample)) / len(sample) >= FLOOR


def test_every_schema_of_an_api_has_a_sketch_fit_for_a_prompt(apis: Sequence[Real]) -> None:
    lengths = sorted(sketched(apis))
    assert lengths[len(lengths) // 2] < 100
    assert lengths[-1] < 6_000


def test_the_references_of_apis_lead_somewhere(apis: Sequence[Real]) -> None:
    documents = {place.split("#")[0]: root for place, _, root in apis}
    dangling = [
        (name, reference)
        for name, root in documents.items()
        for inner in Schema.of(root).subschemas()
        for reference in inner.dangling()
    ]
    assert dangling == []


@pytest.mark.slow
def test_of_all_schemas_of_apis_nearly_every_one_has_a_valid_example(apis: Sequence[Real]) -> None:
    assert 1 - len(invalid(apis)) / len(apis) >= FLOOR
